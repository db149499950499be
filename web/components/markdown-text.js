/**
 * Markdown that grows, as the model writes it. Only what has changed is drawn again: a block of text that is complete
 * stays the element it was. Nothing in it becomes markup but by Markdown, and nothing in it fetches anything.
 */

import DOMPurify from "../vendor/dompurify/purify.es.mjs";
import { Marked } from "../vendor/marked/marked.js";
import { copyButton } from "./copy-button.js";
import { typeset } from "./quotation-marks.js";

/** @typedef {import("../vendor/marked/marked.js").Token} Token */

const TAGS = `a blockquote br code del em h1 h2 h3 h4 h5 h6 hr input li ol p pre strong table tbody td th thead tr ul`.split(" ");
const ATTRIBUTES = ["align", "checked", "class", "disabled", "href", "start", "type"];

const marked = new Marked({
  gfm: true,
  breaks: true, // models mean a line break when they write one
  renderer: {
    html: ({ text }) => escaped(text),
    image: ({ text, href }) => escaped(text || href), // would be fetched from elsewhere
  },
});

const purify = DOMPurify(window);
purify.addHook("afterSanitizeAttributes", (node) => {
  if (node.nodeName === "A") {
    node.setAttribute("target", "_blank");
    node.setAttribute("rel", "noopener noreferrer nofollow");
  }
  // What scrolls by itself must be reachable by keyboard.
  if (node.nodeName === "PRE" || node.nodeName === "TABLE") node.setAttribute("tabindex", "0");
  if (node.nodeName === "INPUT") node.setAttribute("aria-label", node.hasAttribute("checked") ? "done" : "to do");
});

export class MarkdownText {
  #element;
  #onShown;
  #text = "";
  #shown = ""; // what #blocks was drawn from
  #frame = 0;
  /** @type {{raw: string, nodes: ChildNode[]}[]} what is in the document, block by block */
  #blocks = [];

  /**
   * @param {HTMLElement} element
   * @param {() => void} [onShown]  after the document has changed
   */
  constructor(element, onShown) {
    this.#element = element;
    this.#onShown = onShown;
  }

  /**
   * Shows a text at the next frame, however often it is set until then.
   * @param {string} text
   */
  set(text) {
    if (text === this.#text) return;
    this.#text = text;
    this.#frame ||= requestAnimationFrame(() => this.flush());
  }

  /** Shows what was set last, now. */
  flush() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    if (this.#shown === this.#text) return;
    this.#shown = this.#text;
    const tokens = marked.lexer(this.#text).filter(({ type }) => type !== "space" && type !== "def");
    let same = 0;
    while (same < this.#blocks.length && tokens[same]?.raw === this.#blocks[same].raw) same++;
    if (same === this.#blocks.length && same === tokens.length) return;
    for (const { nodes } of this.#blocks.splice(same)) for (const node of nodes) node.remove();
    for (const token of tokens.slice(same)) {
      const nodes = drawn(token);
      this.#element.append(...nodes);
      this.#blocks.push({ raw: token.raw, nodes });
    }
    this.#onShown?.();
  }
}

/**
 * @param {Token} token
 * @returns {ChildNode[]}
 */
function drawn(token) {
  const fragment = purify.sanitize(marked.parser([token]), {
    ALLOWED_TAGS: TAGS,
    ALLOWED_ATTR: ATTRIBUTES,
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    RETURN_DOM_FRAGMENT: true,
  });
  typesetText(fragment);
  for (const code of fragment.querySelectorAll("pre")) addCopyButton(code);
  return [...fragment.childNodes];
}

/**
 * Gives quotation marks their sides, in everything but code.
 * @param {DocumentFragment} fragment
 */
function typesetText(fragment) {
  const texts = document.createTreeWalker(fragment, NodeFilter.SHOW_TEXT);
  let before = "";
  while (texts.nextNode()) {
    const node = /** @type {Text} */ (texts.currentNode);
    const { data } = node;
    if (node.previousSibling?.nodeName === "BR") before = "";
    if (!node.parentElement?.closest("code")) node.data = typeset(data, before);
    before = data.at(-1) ?? "";
  }
}

/** @param {HTMLPreElement} code */
function addCopyButton(code) {
  const block = document.createElement("div");
  block.className = "code-block";
  code.replaceWith(block);
  block.append(code, copyButton("Copy code", () => code.textContent));
}

/** @param {string} text */
function escaped(text) {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
