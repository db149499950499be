/** Past chats: found, renamed, removed, taken out and in. */

import { icon } from "../components/icon.js";
import { addMenu } from "../components/menu.js";
import { Panel } from "../components/panel.js";
import { saveFile } from "../components/save-file.js";
import { lazily } from "../components/tasks.js";
import { toast } from "../components/toast.js";
import { Glowworm } from "../glowworm.js";
import { html, nothing, render } from "../vendor/lit-html/lit-html.js";
import { repeat } from "../vendor/lit-html/directives/repeat.js";
import { fromJson, toJson, toMarkdown } from "./transfer.js";

/** @typedef {import("./chat-store.js").ChatStore} ChatStore */
/** @typedef {import("./chat-store.js").Stored} Stored */

const SNIPPET_BEFORE = 24;
const SNIPPET_LENGTH = 110;

const day = lazily(() => new Intl.DateTimeFormat(undefined, { dateStyle: "medium" }));
const time = lazily(() => new Intl.DateTimeFormat(undefined, { timeStyle: "short" }));

export class ChatsPanel {
  #panel;
  #store;
  #current;
  /** @type {Stored[]} all chats, the newest first */
  #all = [];
  #query = "";
  /** @type {string | null} the chat that is being renamed */
  #renamed = null;
  #list = document.createElement("div");
  #export = document.createElement("button");

  /**
   * @param {HTMLButtonElement} opener
   * @param {ChatStore | null} store
   * @param {() => string} current  the id of the chat that is open
   */
  constructor(opener, store, current) {
    this.#store = store;
    this.#current = current;
    this.#panel = new Panel(opener, "Chats", () => {
      this.#query = "";
      this.#renamed = null;
      void this.#read();
    });
    store?.addEventListener("change", () => this.#panel.isOpen && void this.#read());
    this.#list.className = "panel-section";
    const foot = document.createElement("div");
    foot.className = "row panel-foot";
    render(
      html`<label class="button small">${icon("upload")}Import<input
            type="file" class="visually-hidden" accept=".json,application/json" @change=${this.#import}></label>
        <span class="grow"></span>
        <button type="button" class="quiet small danger" @click=${() => void this.#remove(this.#all)}>${icon("trash-2")}Delete all</button>`,
      foot,
    );
    this.#export.type = "button";
    this.#export.className = "small";
    render(html`${icon("download")}Export`, this.#export);
    foot.prepend(this.#export);
    addMenu(this.#export, [
      { label: "All chats as JSON", run: () => this.#saveAs("json", toJson, "application/json") },
      { label: "All chats as Markdown", run: () => this.#saveAs("md", toMarkdown, "text/markdown") },
    ]);
    this.#panel.body.append(this.#list, foot);
  }

  async #read() {
    this.#all = (await this.#store?.readAll()) ?? [];
    this.#draw();
  }

  #draw() {
    const found = this.#all.flatMap((stored) => {
      const match = matchOf(stored, this.#query);
      return match === null ? [] : [{ ...stored, match }];
    });
    render(
      html`
        <label class="search">
          ${icon("search")}
          <input type="search" aria-label="Search chats" placeholder="Search" .value=${this.#query} @input=${this.#search}>
        </label>
        ${found.length === 0 ? html`<p class="hint empty-list">${this.#emptyHint()}</p>` : nothing}
        <ul class="chat-rows" aria-label="Past chats">
          ${repeat(found, ({ chat }) => chat.id, (entry) => html`<li>${this.#row(entry)}</li>`)}
        </ul>
      `,
      this.#list,
    );
    this.#export.disabled = this.#all.length === 0;
  }

  #emptyHint() {
    if (!this.#store) return "This window keeps no chats; open the page in an ordinary window.";
    return this.#query ? "No chat has these words." : "What you talk about is kept here, on this device only.";
  }

  /** @param {Stored & {match: string}} entry */
  #row({ chat, messages, match }) {
    if (chat.id === this.#renamed) {
      return html`<form class="row" @submit=${this.#rename}>
        <input type="text" class="grow" name="title" aria-label="Title" .value=${chat.title} @keydown=${this.#cancelOnEscape}>
        <button type="submit" class="small">Save</button>
      </form>`;
    }
    const updated = new Date(chat.updated);
    const when = updated.toDateString() === new Date().toDateString() ? time().format(updated) : day().format(updated);
    return html`
      <a href=${`#chat=${chat.id}`} aria-current=${chat.id === this.#current() ? "true" : nothing} @click=${() => this.#panel.close()}>
        <span class="chat-title">${chat.title}</span>
        <span class="hint">${match || when}</span>
      </a>
      <button type="button" class="quiet small icon-only" title="Rename" aria-label=${`Rename “${chat.title}”`}
        @click=${() => this.#startRenaming(chat.id)}>${icon("pencil")}</button>
      <button type="button" class="quiet small icon-only danger" title="Delete" aria-label=${`Delete “${chat.title}”`}
        @click=${() => void this.#remove([{ chat, messages }])}>${icon("trash-2")}</button>
    `;
  }

  #search = (/** @type {InputEvent} */ { target }) => {
    this.#query = /** @type {HTMLInputElement} */ (target).value;
    this.#draw();
  };

  /** @param {string} id */
  #startRenaming(id) {
    this.#renamed = id;
    this.#draw();
    const field = /** @type {HTMLInputElement | null} */ (this.#list.querySelector("input[name='title']"));
    field?.focus();
    field?.select();
  }

  #rename = async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const title = String(new FormData(/** @type {HTMLFormElement} */ (event.target)).get("title")).trim();
    const id = this.#renamed;
    this.#renamed = null;
    if (id && title) await this.#store?.rename(id, title);
    else this.#draw();
  };

  #cancelOnEscape = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Escape") return;
    event.preventDefault(); // or the panel would close
    this.#renamed = null;
    this.#draw();
  };

  /**
   * @param {string} suffix
   * @param {(stored: Stored[]) => string} write
   * @param {string} type
   */
  #saveAs(suffix, write, type) {
    saveFile(new File([write(this.#all)], `glowworm-chats.${suffix}`, { type }));
  }

  /** @param {Stored[]} removed */
  async #remove(removed) {
    if (removed.length === 0) return;
    await this.#store?.remove(removed.map(({ chat }) => chat.id));
    Glowworm.forgetConversations().catch(({ message }) => toast(message));
    const what = removed.length === 1 ? `“${removed[0].chat.title}” is deleted.` : `${removed.length} chats are deleted.`;
    toast(what, { label: "Undo", run: () => void this.#store?.restore(removed) });
  }

  #import = async (/** @type {Event} */ { target }) => {
    const input = /** @type {HTMLInputElement} */ (target);
    const file = input.files?.[0];
    input.value = ""; // so that the same file can be chosen again
    if (!file) return;
    try {
      const stored = fromJson(await file.text());
      await this.#store?.restore(stored);
      toast(stored.length === 1 ? "One chat is here now." : `${stored.length} chats are here now.`);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      toast(error.message);
    }
  };
}

/**
 * @param {Stored} stored
 * @param {string} query
 * @returns {string | null} where the words are found, "" in the title or for no query, null for nowhere
 */
function matchOf({ chat, messages }, query) {
  const words = query.trim().toLocaleLowerCase();
  if (!words || chat.title.toLocaleLowerCase().includes(words)) return "";
  for (const { text } of messages) {
    const at = text.toLocaleLowerCase().indexOf(words);
    if (at === -1) continue;
    const start = Math.max(0, at - SNIPPET_BEFORE);
    const snippet = text.slice(start, start + SNIPPET_LENGTH).replace(/\s+/g, " ");
    return `${start > 0 ? "… " : ""}${snippet}`;
  }
  return null;
}
