/** One wish: a list to choose from and, where allowed, a line for one's own words. */

import { tidyPhrase } from "./wishes.js";

/** @typedef {import("./wishes.js").Choice} Choice */

const OWN = "own words";

export class WishField {
  element = document.createElement("div");
  #select = document.createElement("select");
  /** @type {HTMLInputElement | null} */
  #own = null;
  #wish;
  #choices;

  /**
   * Its element fires `input` whenever the wish has changed.
   *
   * @param {import("./wishes.js").Wish} wish
   * @param {Choice[]} choices
   * @param {string} [example]  of own words; without it only the list counts
   */
  constructor(wish, choices, example) {
    this.#wish = wish;
    this.#choices = choices;
    const name = wish[0].toUpperCase() + wish.slice(1);
    const label = document.createElement("label");
    label.textContent = name;
    label.htmlFor = this.#select.id = `wish-${wish}`;
    this.#select.append(...choices.map(({ label, phrase }) => new Option(label, phrase)));
    this.element.className = "field";
    this.element.append(label, this.#select);
    if (example !== undefined) this.#offerOwnWords(name, example);
  }

  /** What the request says, in the middle of a sentence. */
  get phrase() {
    const own = this.#select.value === OWN ? tidyPhrase(this.#wish, this.#own?.value ?? "") : this.#select.value;
    return own || this.#choices[0].phrase;
  }

  /** Shows a phrase: as one of the list, or as own words. */
  set phrase(phrase) {
    const listed = this.#choices.some((choice) => choice.phrase === phrase);
    if (!listed && !this.#own) return;
    this.#select.value = listed ? phrase : OWN;
    if (this.#own && !listed) this.#own.value = phrase;
    this.#showOwn();
  }

  chooseAtRandom() {
    this.#select.selectedIndex = Math.floor(Math.random() * this.#choices.length);
    this.#showOwn();
  }

  /**
   * @param {string} name
   * @param {string} example
   */
  #offerOwnWords(name, example) {
    const own = (this.#own = document.createElement("input"));
    own.type = "text";
    own.maxLength = 80;
    own.autocapitalize = "none"; // a capital is a name
    own.autocomplete = "off";
    own.placeholder = `such as: ${example}`;
    own.setAttribute("aria-label", `${name} in your own words`);
    this.#select.append(new Option("Write your own …", OWN));
    this.#select.addEventListener("change", () => {
      this.#showOwn();
      if (!own.hidden) own.focus();
    });
    this.element.append(own);
    this.#showOwn();
  }

  #showOwn() {
    if (this.#own) this.#own.hidden = this.#select.value !== OWN;
  }
}
