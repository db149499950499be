/**
 * Where one writes: the message's field with its buttons. An earlier question is edited here too, and what is written
 * survives a reload.
 */

import { byId } from "../components/dom.js";
import { keepInTab, recallInTab } from "../components/kept.js";

/** @typedef {import("./thread.js").Message} Message */

const DRAFT = "draft";

/** Fires `send` when the user wants what is written to be sent, and `stop`. */
export class Composer extends EventTarget {
  #field = byId("message", HTMLTextAreaElement);
  #send = byId("send", HTMLButtonElement);
  #stop = byId("stop", HTMLButtonElement);
  #editing = byId("editing", HTMLElement);
  /** @type {Message | undefined} */
  #edited;
  /** @type {string} what was being written before an earlier question was edited */
  #draft = "";
  #canAsk = false;

  constructor() {
    super();
    byId("composer", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#field.addEventListener("input", () => this.#changed());
    this.#field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#submit();
    });
    this.#stop.addEventListener("click", () => {
      this.dispatchEvent(new Event("stop"));
      this.focus();
    });
    byId("cancel-edit", HTMLButtonElement).addEventListener("click", () => this.cancelEdit());
    this.text = this.#field.value || (recallInTab(DRAFT) ?? ""); // somebody may have begun before this script came
  }

  get text() {
    return this.#field.value.trim();
  }

  set text(text) {
    this.#field.value = text;
    this.#changed();
  }

  /** The question that is being edited. */
  get edited() {
    return this.#edited;
  }

  /** @param {{canAsk: boolean, generating: boolean}} now */
  update({ canAsk, generating }) {
    this.#canAsk = canAsk;
    this.#send.hidden = generating;
    this.#send.disabled = !canAsk || this.text === "";
    this.#stop.hidden = !generating;
  }

  focus() {
    this.#field.focus();
  }

  /**
   * Takes an earlier question to be written anew.
   * @param {Message} question
   */
  edit(question) {
    if (!this.#edited) this.#draft = this.#field.value;
    this.#edited = question;
    this.#editing.hidden = false;
    this.text = question.text;
    this.focus();
  }

  /** @returns {boolean} whether there was something to cancel */
  cancelEdit() {
    if (!this.#edited) return false;
    this.#endEdit(this.#draft);
    this.focus();
    return true;
  }

  /** Empties the field: what was in it has been sent. */
  clear() {
    this.#endEdit(this.#edited ? this.#draft : "");
  }

  /** @param {string} text */
  #endEdit(text) {
    this.#edited = undefined;
    this.#draft = "";
    this.#editing.hidden = true;
    this.text = text;
  }

  #submit() {
    if (this.text && this.#canAsk) this.dispatchEvent(new Event("send"));
  }

  #changed() {
    this.#send.disabled = !this.#canAsk || this.text === "";
    if (!this.#edited) keepInTab(DRAFT, this.#field.value || null);
    if (CSS.supports("field-sizing", "content")) return;
    this.#field.style.height = "auto";
    this.#field.style.height = `${this.#field.scrollHeight}px`;
  }
}
