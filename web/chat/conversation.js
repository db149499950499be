/** A conversation: questions and answers in turn. Knows nothing of the page or of the engine. */

/** @typedef {import("../glowworm.js").Message} Message */

/**
 * @typedef {{question: string, answer: string}} Exchange  the answer is empty until it has begun
 */

export class Conversation {
  /** @type {Exchange[]} */
  #exchanges = [];

  get isEmpty() {
    return this.#exchanges.length === 0;
  }

  /** The exchange that is going on or was the last, if there is one. */
  get last() {
    return this.#exchanges.at(-1);
  }

  /** @param {string} question */
  ask(question) {
    this.#exchanges.push({ question, answer: "" });
  }

  clear() {
    this.#exchanges = [];
  }

  /**
   * What the model is given to answer the last question. Earlier questions that never got an answer
   * (stopped or failed before the first word) are left out, because roles must alternate.
   * @returns {Message[]}
   */
  toMessages() {
    const { last } = this;
    if (!last) return [];
    const answered = this.#exchanges.slice(0, -1).filter(({ answer }) => answer !== "");
    return [
      ...answered.flatMap(({ question, answer }) => [
        /** @type {Message} */ ({ role: "user", content: question }),
        /** @type {Message} */ ({ role: "assistant", content: answer }),
      ]),
      { role: "user", content: last.question },
    ];
  }
}
