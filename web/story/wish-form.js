/** The form of wishes: the lists, and whom the story is for. */

import { keep, recall } from "../components/kept.js";
import { WishField } from "./wish-field.js";
import { OWN_WORDS, storyRequest, tidyName, WISHES } from "./wishes.js";

/** @typedef {import("./wishes.js").Wish} Wish */
/** @typedef {import("./wishes.js").WishList} WishList */

export class WishForm {
  #template;
  /** @type {Map<Wish, WishField>} */
  #fields = new Map();
  #child = document.createElement("input");

  /**
   * @param {HTMLElement} host  fires `input` when a wish has changed
   * @param {import("./wishes.js").Choices} choices
   */
  constructor(host, choices) {
    this.#template = choices.template;
    for (const wish of WISHES) {
      const field = new WishField(wish, choices[wish], OWN_WORDS[wish]);
      this.#fields.set(wish, field);
      host.append(field.element);
    }
    host.append(this.#childField());
  }

  /** @returns {WishList} */
  get wishes() {
    const phrases = WISHES.map((wish) => [wish, this.#fields.get(wish)?.phrase ?? ""]);
    return { ...Object.fromEntries(phrases), child: tidyName(this.#child.value) };
  }

  set wishes(wishes) {
    for (const [wish, field] of this.#fields) field.phrase = wishes[wish];
  }

  /** @param {WishList} wishes */
  requestFor(wishes) {
    return storyRequest(this.#template, wishes);
  }

  /** Other wishes; the length is the evening's, not chance's. */
  surprise() {
    for (const [wish, field] of this.#fields) if (wish !== "length") field.chooseAtRandom();
  }

  #childField() {
    const field = document.createElement("div");
    field.className = "field";
    const label = document.createElement("label");
    label.textContent = "Child’s name";
    label.htmlFor = this.#child.id = "child";
    this.#child.type = "text";
    this.#child.maxLength = 30;
    this.#child.autocomplete = "off";
    this.#child.autocapitalize = "words";
    this.#child.placeholder = "if you like";
    this.#child.value = this.#child.defaultValue = recall("child") ?? "";
    this.#child.addEventListener("change", () => keep("child", tidyName(this.#child.value) || null));
    field.append(label, this.#child);
    return field;
  }
}
