/** The site's models, and which of them is loaded. */

import { Glowworm } from "../glowworm.js";

/** @typedef {import("../glowworm.js").CatalogueEntry} CatalogueEntry */

/** What any instruction-tuned model can do, for one that the list does not know. */
const GENERAL = {
  about: "Answers questions, explains, writes and rewrites. Small models make mistakes, so check what matters.",
  prompts: [
    "Explain in three sentences how a rainbow forms.",
    "Write a short, friendly reply that says no to an invitation.",
    "Give me five ideas for a rainy afternoon with children.",
  ],
};

export class ModelList {
  /** @type {CatalogueEntry[]} */
  models = [];
  #standard = "";

  /** Reads the list, which an old copy of the page may not have. */
  async read() {
    const { default: standard, models } = await Glowworm.models();
    this.#standard = standard;
    this.models = models;
  }

  /**
   * @param {string | Blob} model  what the engine was asked for: name, address, file, "" for the default
   * @returns {CatalogueEntry | undefined}
   */
  entryOf(model) {
    return this.models.find(({ name }) => name === (model || this.#standard));
  }

  /**
   * Whether the engine was asked for this file.
   * @param {string | Blob} model
   * @param {{name: string, url: string}} file  of the list, or stored
   */
  isMeant(model, { name, url }) {
    const entry = this.entryOf(model);
    return entry ? entry.name === name : typeof model === "string" && URL.parse(model, document.baseURI)?.href === url;
  }

  /**
   * What loads a file.
   * @param {{name: string, url: string}} file  of the list, or stored
   * @returns {string} its name if it is listed, else its address
   */
  keyOf({ name, url }) {
    return this.models.some((entry) => entry.name === name) ? name : url;
  }

  /**
   * @param {string | Blob} model
   * @returns {{about: string, prompts: string[], general: boolean}} what it can do, what to ask it, and whether it is
   *     one for everything
   */
  abilitiesOf(model) {
    const { about, prompts = GENERAL.prompts } = this.entryOf(model) ?? {};
    return { about: about ?? GENERAL.about, prompts: prompts.slice(0, 3), general: about === undefined };
  }
}
