/** Settings: instructions, how the model chooses its words, looks, and what this device keeps. */

import { deviceChoice, keepDeviceChoice } from "../components/device-choice.js";
import { icon } from "../components/icon.js";
import { installation } from "../components/install.js";
import { keep, recall } from "../components/kept.js";
import { Panel } from "../components/panel.js";
import { formatBytes } from "../components/status-panel.js";
import { askToKeep, storageRoom } from "../components/storage-room.js";
import { toast } from "../components/toast.js";
import { html, nothing, render } from "../vendor/lit-html/lit-html.js";
import { live } from "../vendor/lit-html/directives/live.js";
import { answerSettings, keepAnswerSettings, keepSystemPrompt, systemPrompt } from "./settings.js";

/** @typedef {import("../components/engine-session.js").EngineSession} EngineSession */
/** @typedef {import("../components/device-choice.js").DeviceChoice} DeviceChoice */
/** @typedef {import("../components/storage-room.js").Room} Room */
/** @typedef {import("./settings.js").AnswerSettings} AnswerSettings */

/**
 * A slider. Its default is the model's own.
 * @type {{name: "temperature" | "top_p" | "top_k" | "min_p" | "repetition_penalty", label: string, hint: string, min: number, max: number, step: number}[]}
 */
const SLIDERS = [
  { name: "temperature", label: "Temperature", hint: "0 always takes the likeliest word; more is livelier, and wilder.", min: 0, max: 2, step: 0.05 },
  { name: "top_p", label: "Top-p", hint: "The likeliest words that together have this probability.", min: 0.05, max: 1, step: 0.01 },
  { name: "top_k", label: "Top-k", hint: "So many of the likeliest words; 0 for all.", min: 0, max: 200, step: 1 },
  { name: "min_p", label: "Min-p", hint: "Words at least this likely, compared with the likeliest.", min: 0, max: 0.5, step: 0.01 },
  { name: "repetition_penalty", label: "Repetition penalty", hint: "Above 1, words that were used become less likely.", min: 1, max: 1.5, step: 0.01 },
];

/** @type {{name: "max_tokens" | "seed", label: string, hint: string, placeholder: string, max: number}[]} */
const NUMBERS = [
  { name: "max_tokens", label: "Longest answer", hint: "In tokens, of which an English word has one or two.", placeholder: "as long as it fits", max: 1_000_000 },
  { name: "seed", label: "Seed", hint: "The same seed gives the same answer to the same words.", placeholder: "a new one each time", max: 2 ** 32 - 1 },
];

const THEMES = [
  { value: "", label: "As the system", symbol: "smartphone" },
  { value: "light", label: "Light", symbol: "sun" },
  { value: "dark", label: "Dark", symbol: "moon" },
];

/** @type {{value: DeviceChoice, label: string}[]} */
const DEVICES = [
  { value: "auto", label: "Automatic" },
  { value: "webgpu", label: "Graphics" },
  { value: "wasm", label: "Processor" },
];

export class SettingsPanel {
  #panel;
  #session;
  #models;
  /** @type {Room} */
  #room = { used: 0, available: 0, kept: false };

  /**
   * @param {HTMLButtonElement} opener
   * @param {EngineSession} session
   * @param {import("./model-list.js").ModelList} models
   */
  constructor(opener, session, models) {
    this.#session = session;
    this.#models = models;
    this.#panel = new Panel(opener, "Settings", () => {
      this.#draw();
      void this.#measure();
    });
    const redraw = () => this.#panel.isOpen && this.#draw();
    session.addEventListener("statechange", redraw);
    installation.addEventListener("change", redraw);
  }

  async #measure() {
    this.#room = await storageRoom();
    this.#draw();
  }

  #draw() {
    render(
      html`
        <section class="panel-section">
          <h3>Instructions</h3>
          <div class="labelled">
            <label for="system-prompt">System prompt</label>
            <textarea id="system-prompt" rows="3" placeholder="Such as: answer briefly, in plain words."
              .value=${live(systemPrompt())} @input=${this.#keepSystemPrompt}></textarea>
            <p class="hint">Goes before every chat. The storyteller was never taught to follow any; general models were.</p>
          </div>
        </section>
        ${this.#answers()}
        ${this.#choice("Runs on", "device", DEVICES, deviceChoice().device, this.#chooseDevice)}
        ${this.#choice("Looks", "theme", THEMES, recall("theme") ?? "", this.#chooseTheme)}
        ${this.#device()}
      `,
      this.#panel.body,
    );
  }

  #answers() {
    const info = this.#session.engine?.info;
    if (!info) return nothing;
    const settings = answerSettings(info.name);
    return html`<section class="panel-section">
      <h3>How ${this.#models.entryOf(this.#session.model)?.title ?? info.name} answers</h3>
      ${SLIDERS.map(({ name, label, hint, min, max, step }) => {
        const value = settings[name] ?? info.sampling[name];
        return html`<div class="labelled">
          <label for=${name}><span>${label}</span><output for=${name}>${Number(value.toFixed(2))}</output></label>
          <input type="range" id=${name} min=${min} max=${max} step=${step} .value=${live(String(value))} aria-describedby=${`${name}-hint`}
            @input=${(/** @type {InputEvent} */ { target }) => this.#set(name, /** @type {HTMLInputElement} */ (target).value)}>
          <p class="hint" id=${`${name}-hint`}>${hint}</p>
        </div>`;
      })}
      ${NUMBERS.map(
        ({ name, label, hint, placeholder, max }) => html`<div class="labelled">
          <label for=${name}>${label}</label>
          <input type="number" id=${name} min=${name === "seed" ? 0 : 1} max=${max} step="1" placeholder=${placeholder} inputmode="numeric"
            .value=${live(String(settings[name] ?? ""))} aria-describedby=${`${name}-hint`}
            @input=${(/** @type {Event} */ { target }) => this.#setNumber(name, /** @type {HTMLInputElement} */ (target))}>
          <p class="hint" id=${`${name}-hint`}>${hint}</p>
        </div>`,
      )}
      <div class="row">
        <button type="button" class="small" ?disabled=${Object.keys(settings).length === 0} @click=${this.#reset}>
          ${icon("undo-2")}The model's own values
        </button>
      </div>
    </section>`;
  }

  /**
   * @param {string} title
   * @param {string} name
   * @param {{value: string, label: string, symbol?: string}[]} options
   * @param {string} chosen
   * @param {(event: Event) => void} onChange
   */
  #choice(title, name, options, chosen, onChange) {
    return html`<section class="panel-section">
      <h3 id=${`${name}-title`}>${title}</h3>
      <div class="choice" role="radiogroup" aria-labelledby=${`${name}-title`}>
        ${options.map(
          ({ value, label, symbol }) => html`<label>
            <input type="radio" name=${name} value=${value} .checked=${live(value === chosen)} @change=${onChange}>
            ${symbol ? icon(symbol) : nothing}${label}
          </label>`,
        )}
      </div>
    </section>`;
  }

  #device() {
    const { used, available, kept } = this.#room;
    const isOffline = document.body.dataset.offline === "true";
    return html`<section class="panel-section">
      <h3>On this device</h3>
      ${available
        ? html`<div>
            <progress class="level" aria-label="Storage used" max="1" .value=${used / available}></progress>
            <p class="hint">${formatBytes(used)} of ${formatBytes(available)} that the browser allows are used.</p>
          </div>`
        : nothing}
      <p class="hint">
        ${isOffline
          ? "Ready offline: page and model are here, and nothing more is fetched."
          : "Not ready offline yet: the page or its model is not stored."}
        ${kept
          ? "The browser keeps them until you remove them."
          : "The browser may remove them when the device runs short of space."}
      </p>
      <div class="row">
        ${kept || !available ? nothing : html`<button type="button" class="small" @click=${this.#keepStorage}>${icon("hard-drive")}Keep them</button>`}
        ${installation.isOffered
          ? html`<button type="button" class="small" @click=${() => void installation.ask()}>${icon("download")}Install</button>`
          : nothing}
      </div>
    </section>`;
  }

  /**
   * @param {keyof AnswerSettings} name
   * @param {string} value  "" for the model's own
   */
  #set(name, value) {
    const { info } = this.#session.engine ?? {};
    if (!info) return;
    const { [name]: _, ...others } = answerSettings(info.name);
    const isOwn = value === "" || Number(value) === info.sampling[name];
    keepAnswerSettings(info.name, isOwn && name !== "seed" ? others : { ...others, ...(value !== "" && { [name]: Number(value) }) });
    this.#draw();
  }

  /**
   * @param {"max_tokens" | "seed"} name
   * @param {HTMLInputElement} field
   */
  #setNumber(name, field) {
    if (field.validity.valid) this.#set(name, field.value);
  }

  #reset = () => {
    const { info } = this.#session.engine ?? {};
    if (info) keepAnswerSettings(info.name, {});
    this.#draw();
  };

  #keepSystemPrompt = (/** @type {Event} */ { target }) => {
    keepSystemPrompt(/** @type {HTMLTextAreaElement} */ (target).value);
  };

  #chooseTheme = (/** @type {Event} */ { target }) => {
    const { value } = /** @type {HTMLInputElement} */ (target);
    keep("theme", value || null);
    if (value) document.documentElement.dataset.theme = value;
    else delete document.documentElement.dataset.theme;
  };

  #chooseDevice = (/** @type {Event} */ { target }) => {
    keepDeviceChoice(/** @type {DeviceChoice} */ (/** @type {HTMLInputElement} */ (target).value));
    void this.#session.load(this.#session.model);
  };

  #keepStorage = async () => {
    const isKept = await askToKeep();
    if (!isKept) toast("The browser does not promise that yet; it does for pages that are installed or often used.");
    await this.#measure();
  };
}
