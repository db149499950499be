/** Which model is loaded: chosen, remembered for the next visit, and introduced where nothing has been said yet. */

import { byId } from "../components/dom.js";
import { describeModel } from "../components/model-facts.js";
import { keepLastModel } from "./settings.js";

/** @typedef {import("../components/engine-session.js").EngineSession} EngineSession */
/** @typedef {import("./model-list.js").ModelList} ModelList */

export class ModelChoice {
  #session;
  #list;
  #ask;
  #select = byId("model", HTMLSelectElement);
  #prompts = byId("prompts", HTMLElement);

  /**
   * @param {EngineSession} session
   * @param {ModelList} list
   * @param {(question: string) => void} ask
   */
  constructor(session, list, ask) {
    this.#session = session;
    this.#list = list;
    this.#ask = ask;
    this.#select.addEventListener("change", () => this.open(this.#select.value));
    session.addEventListener("loaded", () => this.#show());
    byId("open-general", HTMLElement).addEventListener("click", () => byId("models", HTMLElement).click());
  }

  /** Reads the site's list and shows what can be chosen. */
  async offer() {
    await this.#list.read().catch((error) => console.warn("The list of models could not be read.", error));
    this.#show();
  }

  /** @param {string | File} model  name, address or file */
  open(model) {
    keepLastModel(typeof model === "string" ? model : "");
    void this.#session.load(model);
    this.#show();
  }

  /** @param {boolean} canAsk */
  update(canAsk) {
    for (const button of this.#prompts.children) /** @type {HTMLButtonElement} */ (button).disabled = !canAsk;
  }

  #show() {
    const { models } = this.#list;
    const { model } = this.#session;
    const chosen = this.#list.entryOf(model)?.name;
    this.#select.replaceChildren(
      ...models.map(({ name, title = name }) => new Option(title, name, name === chosen, name === chosen)),
    );
    if (!chosen) this.#select.selectedIndex = -1;
    this.#select.hidden = models.length < 2;
    const { info } = this.#session.engine ?? {};
    const { title = info?.name } = this.#list.entryOf(model) ?? {};
    byId("running", HTMLElement).textContent = info ? describeModel(info, title) : "";
    const { about, prompts, general } = this.#list.abilitiesOf(model);
    byId("about", HTMLElement).textContent = about;
    byId("elsewhere", HTMLElement).hidden = general;
    this.#prompts.replaceChildren(
      ...prompts.map((prompt) => {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = prompt;
        button.disabled = this.#session.state !== "ready";
        button.addEventListener("click", () => this.#ask(prompt));
        return button;
      }),
    );
  }
}
