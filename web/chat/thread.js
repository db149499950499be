/**
 * One conversation as a tree of messages: a question asked anew or an answer given again stands beside the one it
 * replaces, so nothing written is ever lost. What is shown is the path from the first message to `leaf`.
 * Knows nothing of the page, the engine or storage.
 */

/** @typedef {import("../glowworm.js").Message} Prompt */
/** @typedef {import("../glowworm.js").Stats} Stats */

/**
 * How an answer ended: a reason of the engine's figures, or "failed". Null while it is being written; a stored
 * answer with null that nobody writes was interrupted. Questions have "stop".
 * @typedef {NonNullable<Stats["stop_reason"]> | "failed" | null} Ending
 */

/**
 * @typedef {object} Message
 * @property {string} id
 * @property {string} chat
 * @property {string | null} parent  the message it follows; null for the first
 * @property {"user" | "assistant"} role
 * @property {string} text
 * @property {number} created        ms since 1970
 * @property {Ending} end
 * @property {string[]} [notices]    sentences for the user about the answer
 * @property {Stats} [stats]         of the answer, without its loading
 * @property {string} [model]        the name of the model that answered
 */

export class Thread {
  /** @type {Map<string, Message>} in the order they were written */
  #messages = new Map();
  /** @type {string | null} */
  #leaf = null;

  /**
   * @param {string} id
   * @param {Message[]} [messages]
   * @param {string | null} [leaf]  the last message shown; default: the newest
   */
  constructor(id = crypto.randomUUID(), messages = [], leaf = null) {
    this.id = id;
    this.merge(messages);
    this.#leaf = this.#newestBelow(leaf !== null && this.#messages.has(leaf) ? leaf : null);
  }

  get isEmpty() {
    return this.#messages.size === 0;
  }

  /** The id of the last message shown. */
  get leaf() {
    return this.#leaf;
  }

  /** @returns {Message | undefined} the last message shown */
  get last() {
    return this.#leaf === null ? undefined : this.#messages.get(this.#leaf);
  }

  /** @returns {Message[]} from the first message to the last shown */
  get path() {
    const path = [];
    for (let at = this.last; at; at = at.parent === null ? undefined : this.#messages.get(at.parent)) path.unshift(at);
    return path;
  }

  /** @returns {Message[]} every version of every message, oldest first */
  get messages() {
    return [...this.#messages.values()];
  }

  /** @param {string} id */
  get(id) {
    return this.#messages.get(id);
  }

  /**
   * Adds a message and shows it.
   * @param {"user" | "assistant"} role
   * @param {string} text
   * @param {string | null} parent
   * @returns {Message}
   */
  add(role, text, parent = this.#leaf) {
    /** @type {Message} */
    const message = {
      id: crypto.randomUUID(),
      chat: this.id,
      parent,
      role,
      text,
      created: Math.max(Date.now(), (this.#messages.get(parent ?? "")?.created ?? 0) + 1), // after what it follows
      end: role === "user" ? "stop" : null,
    };
    this.#messages.set(message.id, message);
    this.#leaf = message.id;
    return message;
  }

  /**
   * Takes in what another tab has written. While the messages shown end where they did, they go on with it.
   * @param {Message[]} messages
   * @param {string} [mine]  the message that is being written here, which nobody else knows better
   */
  merge(messages, mine) {
    for (const message of messages.toSorted((one, other) => one.created - other.created)) {
      if (message.id !== mine) this.#messages.set(message.id, message);
    }
    if (mine === undefined) this.#leaf = this.#newestBelow(this.#leaf);
  }

  /**
   * The messages that stand in one place, oldest first: a message, and what was written instead of it.
   * @param {Message} message
   * @returns {Message[]}
   */
  versions({ parent }) {
    return [...this.#messages.values()].filter((other) => other.parent === parent);
  }

  /**
   * Shows a message and the newest of what follows it.
   * @param {string} id
   */
  show(id) {
    this.#leaf = this.#newestBelow(id);
  }

  /**
   * What the model is given to write `answer`, or to go on with it if it has begun. Earlier questions that never got
   * an answer are left out, because roles must alternate.
   * @param {Message} answer
   * @returns {Prompt[]}
   */
  promptFor(answer) {
    /** @type {Message[]} */
    const before = [];
    for (let at = this.#parentOf(answer); at; at = this.#parentOf(at)) before.unshift(at);
    /** @type {Prompt[]} */
    const prompts = [];
    for (const { role, text } of answer.text ? [...before, answer] : before) {
      if (role === prompts.at(-1)?.role) prompts.pop();
      if (role === "assistant" && !text) prompts.pop();
      else prompts.push({ role, content: text });
    }
    return prompts;
  }

  /** @param {Message} message */
  #parentOf({ parent }) {
    return parent === null ? undefined : this.#messages.get(parent);
  }

  /**
   * @param {string | null} id  null: of the whole tree
   * @returns {string | null}
   */
  #newestBelow(id) {
    for (let at = id; ; ) {
      const next = [...this.#messages.values()].findLast(({ parent }) => parent === at);
      if (!next) return at;
      at = next.id;
    }
  }
}
