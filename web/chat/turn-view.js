/** One message on the page: what it says, and what can be done with it. */

import { copyButton } from "../components/copy-button.js";
import { describeStats } from "../components/figures.js";
import { iconButton, iconElement } from "../components/icon.js";
import { MarkdownText } from "../components/markdown-text.js";
import { StreamedText } from "../components/streamed-text.js";

/** @typedef {import("./thread.js").Message} Message */
/** @typedef {import("./conversation.js").Phase} Phase */

/**
 * What a message's buttons do.
 * @typedef {object} Actions
 * @property {(question: Message) => void} edit
 * @property {() => void} regenerate
 * @property {() => void} goOn
 * @property {(version: Message) => void} show
 */

/**
 * How a message stands among the others.
 * @typedef {object} Standing
 * @property {Phase} phase
 * @property {Message[]} versions  the message, and what was written instead of it
 * @property {boolean} isLast
 * @property {boolean} canAsk      whether the engine would answer now
 */

/** Endings after which an answer may have more to say. */
const UNFINISHED = new Set(["abort", "length", "failed"]);

class TurnView {
  element = document.createElement("article");
  body = document.createElement("div");
  actions = document.createElement("div");
  #versions = document.createElement("div");
  /** @type {string} what the row of versions shows */
  #shown = "";

  /**
   * @param {string} label
   * @param {string} className
   */
  constructor(label, className) {
    this.element.setAttribute("aria-label", label);
    this.element.className = `turn ${className}`;
    this.body.className = "turn-body";
    this.actions.className = "turn-actions";
    this.#versions.className = "versions";
  }

  /**
   * @param {Message} message
   * @param {Message[]} versions
   * @param {Actions} actions
   * @param {boolean} enabled
   */
  updateVersions(message, versions, actions, enabled) {
    const at = versions.indexOf(message);
    const key = `${at} ${versions.length} ${enabled}`;
    if (key === this.#shown) return;
    this.#shown = key;
    if (versions.length < 2) return this.#versions.remove();
    const count = document.createElement("span");
    count.textContent = `${at + 1} / ${versions.length}`;
    const step = (/** @type {number} */ to, /** @type {string} */ name, /** @type {string} */ label) => {
      const button = iconButton(name, label, () => actions.show(versions[to]));
      button.disabled = !enabled || !versions[to];
      return button;
    };
    const earlier = step(at - 1, "chevron-left", "Earlier version");
    this.#versions.replaceChildren(earlier, count, step(at + 1, "chevron-right", "Later version"));
    this.actions.prepend(this.#versions);
  }
}

export class QuestionView extends TurnView {
  #message;
  #actions;

  /**
   * @param {Message} message
   * @param {Actions} actions
   */
  constructor(message, actions) {
    super("You", "you");
    this.#message = message;
    this.#actions = actions;
    const text = new StreamedText(this.body);
    text.append(message.text);
    text.flush();
    this.edit = iconButton("pencil", "Edit", () => actions.edit(this.#message));
    this.actions.append(copyButton("Copy", () => this.#message.text), this.edit);
    this.element.append(this.body, this.actions);
  }

  /**
   * @param {Message} message
   * @param {Standing} standing
   */
  update(message, { versions, canAsk }) {
    this.#message = message;
    this.edit.disabled = !canAsk;
    this.updateVersions(message, versions, this.#actions, canAsk);
  }
}

export class AnswerView extends TurnView {
  #text;
  #message;
  #actions;
  #remarks = document.createElement("div");
  #figures = document.createElement("p");
  #thinking = document.createElement("span");
  #copy;
  #regenerate;
  #goOn = document.createElement("button");

  /**
   * @param {Message} message
   * @param {Actions} actions
   * @param {() => void} onGrown
   */
  constructor(message, actions, onGrown) {
    super("Assistant", "assistant");
    this.#message = message;
    this.#actions = actions;
    this.#text = new MarkdownText(this.body, onGrown);
    this.body.classList.add("prose");
    this.#thinking.className = "thinking";
    this.#figures.className = "figures";
    this.#copy = copyButton("Copy", () => this.#message.text);
    this.#regenerate = iconButton("refresh-cw", "Regenerate", () => actions.regenerate());
    this.#goOn.type = "button";
    this.#goOn.className = "small go-on";
    this.#goOn.append(iconElement("play"), "Continue");
    this.#goOn.addEventListener("click", () => actions.goOn());
    this.actions.append(this.#copy, this.#regenerate, this.#figures);
    this.element.append(this.body, this.#thinking, this.#remarks, this.#goOn, this.actions);
  }

  /**
   * @param {Message} message
   * @param {Standing} standing
   */
  update(message, { phase, versions, isLast, canAsk }) {
    this.#message = message;
    const busy = phase === "writing" || phase === "elsewhere";
    this.#text.set(message.text);
    if (!busy) this.#text.flush();
    if (busy) this.element.setAttribute("aria-busy", "true");
    else this.element.removeAttribute("aria-busy");
    this.#thinking.hidden = !busy || message.text !== "";
    this.#updateRemarks(message, phase);
    this.#figures.textContent = !busy && message.stats ? describeStats(message.stats) : "";
    this.#figures.hidden = this.#figures.textContent === "";
    this.#copy.hidden = busy || message.text === "";
    this.#regenerate.hidden = !isLast || !canAsk;
    const unfinished = phase === "interrupted" || (phase === "ended" && UNFINISHED.has(message.end ?? ""));
    this.#goOn.hidden = !unfinished || !isLast || !canAsk || message.text === "";
    this.actions.hidden = busy;
    this.updateVersions(message, versions, this.#actions, canAsk);
  }

  /** Shows what has been written since. */
  grow() {
    this.#thinking.hidden = true;
    this.#text.set(this.#message.text);
  }

  /**
   * @param {Message} message
   * @param {Phase} phase
   */
  #updateRemarks({ text, notices = [], end }, phase) {
    const sentences = [...notices];
    if (phase === "elsewhere") sentences.push("Being written in another tab.");
    if (phase === "interrupted") sentences.push(text ? "The answer was interrupted." : "The answer was interrupted before its first word.");
    if (phase === "ended" && !text) sentences.push(end === "failed" ? "No answer." : "Stopped before the first word.");
    if (sentences.join() === [...this.#remarks.children].map(({ textContent }) => textContent).join()) return;
    this.#remarks.replaceChildren(
      ...sentences.map((sentence) => {
        const line = document.createElement("p");
        line.className = "notice";
        line.textContent = sentence;
        return line;
      }),
    );
  }
}
