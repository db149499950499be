/** How a conversation looks: articles in a log, the newest at the end. A message keeps its article while it is shown. */

import { AnswerView, QuestionView } from "./turn-view.js";

/** @typedef {import("./conversation.js").Conversation} Conversation */
/** @typedef {import("./turn-view.js").Actions} Actions */

export class LogView {
  #log;
  #actions;
  #onGrown;
  /** @type {Map<string, QuestionView | AnswerView>} by the message's id, in order */
  #views = new Map();

  /**
   * @param {HTMLElement} log
   * @param {Actions} actions
   * @param {() => void} onGrown  after something was added
   */
  constructor(log, actions, onGrown) {
    this.#log = log;
    this.#actions = actions;
    this.#onGrown = onGrown;
  }

  /**
   * Shows the conversation as it is now.
   * @param {Conversation} conversation
   */
  update(conversation) {
    const { thread, canAsk } = conversation;
    const { path } = thread;
    const former = this.#views;
    this.#views = new Map(
      path.map((message) => {
        const view =
          former.get(message.id) ??
          (message.role === "user" ? new QuestionView(message, this.#actions) : new AnswerView(message, this.#actions, this.#onGrown));
        const phase = conversation.phaseOf(message);
        view.update(message, { phase, versions: thread.versions(message), isLast: message === path.at(-1), canAsk });
        return [message.id, view];
      }),
    );
    for (const [id, view] of former) if (!this.#views.has(id)) view.element.remove();
    for (const { element } of this.#views.values()) if (!element.isConnected) this.#log.append(element);
    this.#onGrown();
  }

  /** Shows what has been written since to the last message. */
  grow() {
    const last = [...this.#views.values()].at(-1);
    if (last instanceof AnswerView) last.grow();
  }
}
