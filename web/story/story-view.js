/** A tale on its page: picture, title, and the text in sentences, each of which can be lit. */

import { typeset } from "../components/quotation-marks.js";
import { describePicture, drawPicture } from "./illustration/picture.js";
import { paragraphsOf, sentencesOf } from "./typesetting.js";

/** @typedef {import("./tale.js").Tale} Tale */
/** @typedef {import("./illustration/picture.js").Subject} Subject */

export class StoryView {
  #picture;
  #title;
  #text;
  #frame = 0;
  /** @type {string[]} */
  #parts = [];
  /** What each paragraph's element shows. @type {WeakMap<Element, string>} */
  #shown = new WeakMap();

  /** @param {{picture: HTMLElement, title: HTMLElement, text: HTMLElement}} elements */
  constructor({ picture, title, text }) {
    this.#picture = picture;
    this.#title = title;
    this.#text = text;
  }

  /** The sentences as they stand on the page. @returns {HTMLElement[]} */
  get sentences() {
    return [...this.#text.querySelectorAll(/** @type {"span"} */ (".sentence"))];
  }

  /** @param {Tale} tale */
  show({ title, parts, wishes, hour, seed }) {
    this.draw({ ...wishes, hour, seed });
    this.#title.textContent = typeset(title);
    this.#title.hidden = false;
    this.write(parts);
    this.flush();
  }

  /** @param {Subject} subject */
  draw(subject) {
    const svg = drawPicture(subject);
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", describePicture(subject));
    this.#picture.replaceChildren(svg);
  }

  /**
   * Shows the text with the next frame.
   * @param {string[]} parts  of the tale
   */
  write(parts) {
    this.#parts = parts;
    this.#frame ||= requestAnimationFrame(() => this.flush());
  }

  /** Shows what was written; only paragraphs that have changed are touched. */
  flush() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    /** @type {{text: string, opens: boolean}[]} */
    const paragraphs = this.#parts.flatMap((part, number) =>
      paragraphsOf(part.trim()).map((text, index) => ({ text, opens: number > 0 && index === 0 })),
    );
    const elements = [...this.#text.children];
    elements.slice(paragraphs.length).forEach((element) => element.remove());
    paragraphs.forEach(({ text, opens }, index) => {
      const element = elements[index] ?? this.#text.appendChild(document.createElement("p"));
      if (this.#shown.get(element) === text && element.classList.contains("part") === opens) return;
      element.classList.toggle("part", opens);
      this.#shown.set(element, text);
      setSentences(element, sentencesOf(typeset(text)));
    });
  }
}

/**
 * @param {Element} paragraph
 * @param {string[]} sentences
 */
function setSentences(paragraph, sentences) {
  const spans = [...paragraph.children];
  sentences.forEach((sentence, index) => {
    if (spans[index]) {
      if (spans[index].textContent !== sentence) spans[index].textContent = sentence;
      return;
    }
    const span = document.createElement("span");
    span.className = "sentence";
    span.textContent = sentence;
    if (index > 0) paragraph.append(" ");
    paragraph.append(span);
  });
  if (spans.length > sentences.length) {
    const last = spans[sentences.length - 1];
    while (last.nextSibling) last.nextSibling.remove();
  }
}
