/** A panel beside the page: a dialog with a title and a way out, opened by a button. */

import { iconButton } from "./icon.js";

export class Panel {
  /** Where the panel's content goes. */
  body = document.createElement("div");
  #dialog = document.createElement("dialog");

  /**
   * @param {HTMLButtonElement} opener
   * @param {string} title
   * @param {() => void} onOpen  before the panel is seen
   */
  constructor(opener, title, onOpen) {
    const heading = document.createElement("h2");
    heading.textContent = title;
    heading.id = `${opener.id}-title`;
    const head = document.createElement("div");
    head.className = "panel-head";
    head.append(heading, iconButton("x", "Close", () => this.close(), "quiet icon-only"));
    this.body.className = "panel-body";
    this.#dialog.className = "panel";
    this.#dialog.id = `${opener.id}-panel`;
    this.#dialog.setAttribute("aria-labelledby", heading.id);
    this.#dialog.append(head, this.body);
    this.#dialog.addEventListener("click", ({ target }) => {
      if (target === this.#dialog) this.close(); // beside the content: on the page behind
    });
    document.body.append(this.#dialog);
    opener.setAttribute("aria-haspopup", "dialog");
    opener.addEventListener("click", () => {
      onOpen();
      this.#dialog.showModal();
    });
  }

  get isOpen() {
    return this.#dialog.open;
  }

  close() {
    this.#dialog.close();
  }
}
