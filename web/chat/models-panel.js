/** Models: which one runs and on what, which others there are, and what of them is here. */

import { icon } from "../components/icon.js";
import { Panel } from "../components/panel.js";
import { formatBytes } from "../components/status-panel.js";
import { askToKeep } from "../components/storage-room.js";
import { describeDevice } from "../components/model-facts.js";
import { Glowworm, GlowwormError } from "../glowworm.js";
import { html, nothing, render } from "../vendor/lit-html/lit-html.js";
import { repeat } from "../vendor/lit-html/directives/repeat.js";

/** @typedef {import("../components/engine-session.js").EngineSession} EngineSession */
/** @typedef {import("../glowworm.js").CatalogueEntry} CatalogueEntry */
/** @typedef {import("../glowworm.js").StoredFile} StoredFile */
/** @typedef {import("./model-list.js").ModelList} ModelList */

/**
 * A download of this tab.
 * @typedef {object} Download
 * @property {AbortController} controller
 * @property {number} done   bytes
 * @property {number} total  bytes
 */

/** @type {Record<string, string>} */
const PLACES = {
  disk: "kept in this browser",
  file: "opened from your disk",
  memory: "in memory only, because the browser's storage took no more",
};

export class ModelsPanel {
  #panel;
  #session;
  #list;
  #open;
  /** @type {Map<string, StoredFile>} by name */
  #stored = new Map();
  /** @type {Map<string, Download>} by name */
  #downloads = new Map();
  /** @type {Map<string, string>} why a download ended, by name */
  #troubles = new Map();
  /** @type {string | null} the model that is about to be deleted, if the user means it */
  #doomed = null;

  /**
   * @param {HTMLButtonElement} opener
   * @param {EngineSession} session
   * @param {ModelList} list
   * @param {(model: string | File) => void} open  loads a model
   */
  constructor(opener, session, list, open) {
    this.#session = session;
    this.#list = list;
    this.#open = open;
    this.#panel = new Panel(opener, "Models", () => {
      this.#doomed = null;
      void this.#read();
    });
    session.addEventListener("statechange", () => this.#panel.isOpen && void this.#read());
    this.#draw(); // so that the way to open a file is there from the start, for tools that fill in forms
  }

  async #read() {
    this.#stored = new Map((await Glowworm.stored()).map((file) => [file.name, file]));
    this.#draw();
  }

  #draw() {
    const listed = this.#list.models;
    const others = [...this.#stored.values()].filter(({ name }) => !listed.some((entry) => entry.name === name));
    render(
      html`
        ${this.#running()}
        <section class="panel-section">
          <h3>On offer here</h3>
          ${repeat(listed, ({ name }) => name, (entry) => this.#offer(entry))}
          ${repeat(others, ({ name }) => name, ({ name, url, bytes }) =>
            this.#offer({ name, url, bytes, title: decodeURIComponent(url.split("/").at(-1) ?? name) }))}
        </section>
        <section class="panel-section">
          <h3>Your own</h3>
          <p class="hint">
            A general model, such as the instruction-tuned Gemma 3 with 270 million or 1 billion parameters, answers
            questions, explains and writes. Open it as a GGUF file (F32, F16, BF16, Q8_0 or Q4_0), or drop the file
            anywhere on this page. It is read where it lies; nothing is uploaded.
          </p>
          <div class="row">
            <label class="button">${icon("file-up")}Open a model file<input
                type="file" class="visually-hidden" accept=".gguf" @change=${this.#openFile}></label>
          </div>
        </section>
      `,
      this.#panel.body,
    );
  }

  #running() {
    const info = this.#session.engine?.info;
    if (!info) return nothing;
    const entry = this.#list.entryOf(this.#session.model);
    const { title = info.name, family = info.family, licence = info.license } = entry ?? {};
    const memory = info.weight_bytes + info.kv_bytes + info.arena_bytes;
    return html`<section class="panel-section">
      <h3>Running</h3>
      <div class="card">
        <div>
          <strong>${title}</strong>
          <p class="hint">${this.#list.abilitiesOf(this.#session.model).about}</p>
        </div>
        <dl class="facts">
          <dt>Kind</dt>
          <dd>${[family, `${inMillions(info.parameters)} parameters`, licence].filter(Boolean).join(", ")}</dd>
          <dt>Runs on</dt>
          <dd>${describeDevice(info.device)}${info.device.reason ? html`<span class="hint">${info.device.reason}</span>` : nothing}</dd>
          <dt>Size</dt>
          <dd>${formatBytes(info.size_bytes)}, ${PLACES[info.place]}</dd>
          <dt>Memory</dt>
          <dd>${formatBytes(memory)}, of which ${formatBytes(info.kv_bytes)} for the conversation</dd>
          <dt>Context</dt>
          <dd>${info.context.toLocaleString()} tokens</dd>
        </dl>
      </div>
    </section>`;
  }

  /** @param {CatalogueEntry} entry */
  #offer(entry) {
    const { name, title = name, bytes, family, licence } = entry;
    const stored = this.#stored.get(name);
    const download = this.#downloads.get(name);
    const isRunning = this.#session.engine !== null && this.#list.isMeant(this.#session.model, entry);
    const arrived = download?.done ?? stored?.arrivedBytes ?? 0;
    const total = download?.total || stored?.bytes || bytes || 0;
    const isPart = !stored?.whole && (download !== undefined || arrived > 0);
    const facts = [total ? formatBytes(total) : "", family, licence].filter(Boolean).join(" · ");
    const trouble = this.#troubles.get(name);
    return html`<article class="card" aria-label=${title}>
      <div>
        <strong>${title}</strong>
        <p class="hint">${facts}${stored?.whole ? " · on this device" : ""}</p>
      </div>
      ${isPart
        ? html`<div>
            <progress aria-label="Downloaded" max="1" .value=${total ? arrived / total : 0}></progress>
            <p class="hint">${formatBytes(arrived)} of ${formatBytes(total)}${download ? "" : ", paused"}</p>
          </div>`
        : nothing}
      ${trouble ? html`<p class="trouble" role="alert">${trouble}</p>` : nothing}
      <div class="row">
        ${isRunning
          ? html`<span class="hint grow">${icon("check")} Running</span>`
          : html`<button type="button" class="small" @click=${() => this.#use(entry)}>${icon("play")}Use</button>`}
        ${stored?.whole ? nothing : this.#downloadButton(entry, download, arrived > 0)}
        ${stored && !download ? this.#deleteButton(stored) : nothing}
      </div>
    </article>`;
  }

  /**
   * @param {CatalogueEntry} entry
   * @param {Download | undefined} download
   * @param {boolean} isBegun
   */
  #downloadButton(entry, download, isBegun) {
    if (download) {
      return html`<button type="button" class="small" @click=${() => download.controller.abort()}>${icon("pause")}Pause</button>`;
    }
    return html`<button type="button" class="small" @click=${() => void this.#download(entry)}>
      ${isBegun ? html`${icon("play")}Resume` : html`${icon("download")}Download`}
    </button>`;
  }

  /** @param {StoredFile} stored */
  #deleteButton({ name, arrivedBytes }) {
    if (this.#doomed === name) {
      return html`<button type="button" class="small danger" @click=${() => void this.#delete(name)}>
        ${icon("trash-2")}Delete ${formatBytes(arrivedBytes)}
      </button>`;
    }
    const doom = () => {
      this.#doomed = name;
      this.#draw();
    };
    return html`<button type="button" class="quiet small danger" @click=${doom}>${icon("trash-2")}Delete</button>`;
  }

  /** @param {CatalogueEntry} entry */
  #use(entry) {
    this.#downloads.get(entry.name)?.controller.abort();
    this.#open(this.#list.keyOf(entry));
    this.#panel.close();
  }

  /** @param {CatalogueEntry} entry */
  async #download(entry) {
    const { name, bytes = 0 } = entry;
    const controller = new AbortController();
    const download = { controller, done: this.#stored.get(name)?.arrivedBytes ?? 0, total: bytes };
    this.#downloads.set(name, download);
    this.#troubles.delete(name);
    this.#draw();
    void askToKeep();
    try {
      await Glowworm.download(this.#list.keyOf(entry), {
        signal: controller.signal,
        onProgress: (done, total) => {
          Object.assign(download, { done, total });
          this.#draw();
        },
      });
    } catch (error) {
      if (!controller.signal.aborted) this.#troubles.set(name, sentenceOf(error));
    }
    this.#downloads.delete(name);
    await this.#read();
  }

  /** @param {string} name */
  async #delete(name) {
    this.#doomed = null;
    try {
      await Glowworm.remove(name);
    } catch (error) {
      this.#troubles.set(name, sentenceOf(error));
    }
    await this.#read();
  }

  #openFile = (/** @type {Event} */ { target }) => {
    const input = /** @type {HTMLInputElement} */ (target);
    const file = input.files?.[0];
    input.value = ""; // so that the same file can be opened again
    if (!file) return;
    this.#open(file);
    this.#panel.close();
  };
}

/** @param {unknown} error */
function sentenceOf(error) {
  if (error instanceof GlowwormError) return error.message;
  console.error(error);
  return "Something went wrong in this page; reload it.";
}

/** @param {number} parameters */
function inMillions(parameters) {
  if (parameters >= 1e9) return `${(parameters / 1e9).toFixed(1)} billion`;
  return `${(parameters / 1e6).toFixed(parameters < 1e7 ? 1 : 0)} million`;
}
