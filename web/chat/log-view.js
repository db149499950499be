/** How a conversation looks: articles in a log, the newest at the end. */

import { describeStats } from "../components/figures.js";
import { StreamedText } from "../components/streamed-text.js";

/** @typedef {import("../glowworm.js").Stats} Stats */

export class LogView {
  #log;
  #onGrown;

  /**
   * @param {HTMLElement} log
   * @param {() => void} onGrown  after something was added
   */
  constructor(log, onGrown) {
    this.#log = log;
    this.#onGrown = onGrown;
  }

  /** @param {string} text */
  addQuestion(text) {
    const article = this.#addArticle("You", "turn you");
    const streamed = new StreamedText(article);
    streamed.append(text);
    streamed.flush();
    this.#onGrown();
  }

  /** @returns {AnswerView} */
  addAnswer() {
    const view = new AnswerView(this.#addArticle("Assistant", "turn assistant"), this.#onGrown);
    this.#onGrown();
    return view;
  }

  clear() {
    this.#log.replaceChildren();
  }

  /**
   * @param {string} label
   * @param {string} className
   */
  #addArticle(label, className) {
    const article = document.createElement("article");
    article.setAttribute("aria-label", label);
    article.className = className;
    this.#log.append(article);
    return article;
  }
}

/** One answer, from the first sign of life to its figures. */
export class AnswerView {
  #article;
  #body = document.createElement("div");
  #thinking = document.createElement("span");
  #onGrown;
  #text;

  /**
   * @param {HTMLElement} article
   * @param {() => void} onGrown
   */
  constructor(article, onGrown) {
    this.#article = article;
    this.#onGrown = onGrown;
    this.#text = new StreamedText(this.#body, { onShown: onGrown });
    this.#thinking.className = "thinking";
    this.restart();
  }

  get text() {
    return this.#text.text;
  }

  /** Empties the answer and shows that one is awaited. */
  restart() {
    this.#text.clear();
    this.#article.replaceChildren(this.#body, this.#thinking);
    this.#article.setAttribute("aria-busy", "true");
  }

  /** @param {string} piece */
  append(piece) {
    this.#thinking.remove();
    this.#text.append(piece);
  }

  /** @param {string} sentence */
  notice(sentence) {
    this.#addLine("notice", sentence);
  }

  /** @param {Stats | null} stats  null when the answer failed */
  finish(stats) {
    this.#text.flush();
    this.#thinking.remove();
    this.#article.removeAttribute("aria-busy");
    const figures = stats ? describeStats(stats) : "";
    if (figures) this.#addLine("figures", figures);
    else if (!this.text) this.#addLine("notice", stats ? "Stopped before the first word." : "No answer.");
    this.#onGrown();
  }

  remove() {
    this.#article.remove();
  }

  /**
   * @param {string} className
   * @param {string} text
   */
  #addLine(className, text) {
    const line = document.createElement("p");
    line.className = className;
    line.textContent = text;
    this.#article.append(line);
    this.#onGrown();
  }
}
