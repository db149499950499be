/** Plain text that grows: shown as paragraphs, once a frame, without ever being read as markup. */

export class StreamedText {
  #element;
  #onShown;
  #paragraphBreak;
  #text = "";
  #shown = 0; // characters of #text that are in the document
  #frame = 0;
  /** @type {Text | null} the end of the last paragraph */
  #end = null;

  /**
   * @param {HTMLElement} element
   * @param {{lineIsParagraph?: boolean, onShown?: () => void}} [options]
   *     lineIsParagraph: a single line break ends a paragraph too; onShown: after the document has changed
   */
  constructor(element, { lineIsParagraph = false, onShown } = {}) {
    this.#element = element;
    this.#onShown = onShown;
    this.#paragraphBreak = lineIsParagraph ? /\n\s*/ : /\n[^\S\n]*\n\s*/;
  }

  /** All text so far. */
  get text() {
    return this.#text;
  }

  /** @param {string} piece */
  append(piece) {
    this.#text += piece;
    this.#frame ||= requestAnimationFrame(() => this.flush());
  }

  clear() {
    this.#text = "";
    this.#shown = 0;
    this.#end = null;
    this.#element.replaceChildren();
  }

  /** Shows what has come so far. White space at the end waits for what follows it. */
  flush() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const solid = this.#text.trimEnd().length;
    if (solid <= this.#shown) return;
    const fresh = this.#text.slice(this.#shown, solid);
    this.#shown = solid;
    const [first, ...others] = fresh.split(this.#paragraphBreak);
    if (first || !this.#end) this.#continueParagraph(first);
    for (const paragraph of others) {
      this.#end = null;
      this.#continueParagraph(paragraph);
    }
    this.#onShown?.();
  }

  /** @param {string} text */
  #continueParagraph(text) {
    if (this.#end) {
      this.#end.appendData(text);
      return;
    }
    const leading = text.trimStart();
    if (!leading) return;
    const paragraph = document.createElement("p");
    this.#end = document.createTextNode(leading);
    paragraph.append(this.#end);
    this.#element.append(paragraph);
  }
}
