/**
 * The conversation that is open: asks the engine, writes down what comes of it as it comes, and follows what other
 * tabs write. Knows nothing of how it looks.
 */

import { Thread } from "./thread.js";

/** @typedef {import("../components/engine-session.js").EngineSession} EngineSession */
/** @typedef {import("../glowworm.js").ChatOptions} ChatOptions */
/** @typedef {import("../glowworm.js").Message} Prompt */
/** @typedef {import("../glowworm.js").Stats} Stats */
/** @typedef {import("./chat-store.js").ChatStore} ChatStore */
/** @typedef {import("./thread.js").Message} Message */

/** How often an answer that is being written is saved: what a crash may cost. */
const SAVE_EVERY_MS = 300;
const TITLE_LENGTH = 60;

/**
 * What becomes of a message: it is being written here, or in another tab, or was broken off with the page, or it has
 * ended as its `end` says.
 * @typedef {"writing" | "elsewhere" | "interrupted" | "ended"} Phase
 */

/**
 * What an answer is asked for with.
 * @typedef {object} Request
 * @property {(prompts: Prompt[]) => Prompt[]} prompts  from the conversation's messages to what the model is given
 * @property {() => ChatOptions} options
 */

/**
 * Fires `change` when other messages are to be shown, `grown` when the answer being written has grown, `asked` when an
 * answer is awaited, `opened` when another conversation is open, `trouble` (a CustomEvent whose `detail` is a sentence) when it cannot be kept.
 */
export class Conversation extends EventTarget {
  thread = new Thread();
  #session;
  #store;
  #request;
  /** @type {Message | null} */
  #writing = null;
  /** @type {Set<string>} answers that another tab is writing */
  #elsewhere = new Set();

  /**
   * @param {EngineSession} session
   * @param {ChatStore | null} store  null: nothing is kept
   * @param {Request} request
   */
  constructor(session, store, request) {
    super();
    this.#session = session;
    this.#store = store;
    this.#request = request;
    store?.addEventListener("change", (event) => void this.#follow(/** @type {CustomEvent} */ (event).detail));
  }

  /** Whether a question would be answered now. */
  get canAsk() {
    return this.#session.canAsk && this.#writing === null;
  }

  /**
   * @param {Message} message
   * @returns {Phase}
   */
  phaseOf(message) {
    if (message === this.#writing) return "writing";
    if (this.#elsewhere.has(message.id)) return "elsewhere";
    return message.end === null ? "interrupted" : "ended";
  }

  /** Leaves this conversation for an empty one. */
  startNew() {
    this.#leaveFor(new Thread());
  }

  /**
   * Opens a stored conversation.
   * @param {string} id
   * @returns {Promise<boolean>} false when there is none
   */
  async open(id) {
    if (id === this.thread.id) return true;
    const stored = await this.#store?.read(id);
    if (!stored) return false;
    this.#leaveFor(new Thread(id, stored.messages, stored.chat.leaf));
    await this.#watchOthers();
    return true;
  }

  /**
   * Asks a question and has it answered.
   * @param {string} question
   * @param {Message} [instead]  the question that this one stands in for
   */
  ask(question, instead) {
    if (!this.canAsk) return;
    const asked = this.thread.add("user", question, instead ? instead.parent : this.thread.leaf);
    const answer = this.thread.add("assistant", "");
    void this.#answer(answer, asked);
  }

  /** Has the last question answered again; an answer that holds anything is kept beside the new one. */
  regenerate() {
    const { last } = this.thread;
    if (last?.role !== "assistant" || !this.canAsk) return;
    void this.#answer(last.text ? this.thread.add("assistant", "", last.parent) : last);
  }

  /** Lets the last answer go on where it ends. */
  goOn() {
    const { last } = this.thread;
    if (last?.role === "assistant" && this.canAsk) void this.#answer(last);
  }

  /**
   * Shows another version of a message.
   * @param {Message} message
   */
  show(message) {
    this.thread.show(message.id);
    this.dispatchEvent(new Event("change"));
    void this.#save(this.thread, []);
  }

  /**
   * @param {Message} message
   * @param {Message} [asked]  its question, if that is not stored yet
   */
  async #answer(message, asked) {
    const { thread } = this;
    const { info } = /** @type {import("../glowworm.js").Glowworm} */ (this.#session.engine);
    this.#writing = message;
    this.dispatchEvent(new Event("asked"));
    Object.assign(message, { text: message.text.trimEnd(), end: null, model: info.name, notices: [], stats: undefined });
    this.dispatchEvent(new Event("change"));
    const release = holdLock(message);
    let saving = this.#save(thread, asked ? [asked, message] : [message], asked !== undefined);
    let savedAt = performance.now();
    const stats = await this.#session.ask(
      () => this.#request.prompts(thread.promptFor(message)),
      this.#request.options(),
      {
        text: (piece) => {
          message.text += message.text ? piece : piece.trimStart();
          this.dispatchEvent(new Event("grown"));
          if (performance.now() - savedAt < SAVE_EVERY_MS) return;
          savedAt = performance.now();
          saving = saving.then(() => this.#save(thread, [message]));
        },
        notice: (sentence) => {
          message.notices?.push(sentence);
          this.dispatchEvent(new Event("change"));
        },
      },
      () => this.goOn(),
    );
    message.end = stats ? (stats.stop_reason ?? "stop") : "failed";
    if (stats) message.stats = withoutLoading(stats);
    this.#writing = null;
    this.dispatchEvent(new Event("change"));
    await saving;
    await this.#save(thread, [message]);
    release();
  }

  /** @param {Thread} thread */
  #leaveFor(thread) {
    this.#session.stop();
    this.#elsewhere.clear();
    this.thread = thread;
    this.dispatchEvent(new Event("opened"));
    this.dispatchEvent(new Event("change"));
  }

  /**
   * Takes in what another tab has written to this conversation.
   * @param {string} id
   */
  async #follow(id) {
    const { thread } = this;
    if (id !== thread.id || thread.isEmpty) return;
    const stored = await this.#store?.read(id);
    if (thread !== this.thread) return;
    if (!stored) return this.startNew();
    const writing = this.#writing && thread.get(this.#writing.id);
    thread.merge(stored.messages, writing?.id);
    await this.#watchOthers();
    this.dispatchEvent(new Event("change"));
  }

  /** Finds out which unfinished answers another tab is writing, and looks again when it ends or is closed. */
  async #watchOthers() {
    const { thread } = this;
    const { held = [] } = await navigator.locks.query().catch(() => ({ held: [] })); // none where nothing may be stored
    const names = new Set(held.map(({ name }) => name));
    const before = this.#elsewhere;
    this.#elsewhere = new Set(
      thread.path
        .filter((message) => message.end === null && message !== this.#writing && names.has(lockName(message)))
        .map(({ id }) => id),
    );
    this.dispatchEvent(new Event("change"));
    for (const id of this.#elsewhere) {
      if (before.has(id)) continue; // is awaited already
      void navigator.locks.request(lockName({ id }), { mode: "shared" }, () => {}).then(async () => {
        if (!this.#elsewhere.delete(id) || thread !== this.thread) return;
        await this.#follow(thread.id);
      });
    }
  }

  /**
   * @param {Thread} thread
   * @param {Message[]} messages
   * @param {boolean} [begins]  whether the chat may not be stored yet
   */
  async #save(thread, messages, begins) {
    try {
      await this.#store?.write(thread.id, messages, { title: titleOf(thread), leaf: thread.leaf }, begins);
    } catch (error) {
      const full = error instanceof DOMException && error.name === "QuotaExceededError";
      const why = full ? "The browser's storage is full" : "The browser does not store anything now";
      this.dispatchEvent(
        new CustomEvent("trouble", { detail: `${why}, so this chat will be gone with this tab; export it to keep it.` }),
      );
    }
  }
}

/**
 * @param {Thread} thread
 * @returns {string} what a list calls the conversation, unless the user has named it
 */
export function titleOf(thread) {
  const [first = ""] = thread.path[0]?.text.trim().split("\n") ?? [];
  return first.length > TITLE_LENGTH ? `${first.slice(0, TITLE_LENGTH).trimEnd()} …` : first;
}

/**
 * Marks an answer as being written, for other tabs, until the function that comes back is called or the tab is gone.
 * @param {Message} message
 * @returns {() => void}
 */
function holdLock(message) {
  const { promise, resolve } = Promise.withResolvers();
  navigator.locks.request(lockName(message), () => promise).catch(() => {}); // no locks where nothing may be stored
  return () => resolve(undefined);
}

/** @param {{id: string}} message */
function lockName({ id }) {
  return `glowworm answer ${id}`;
}

/**
 * @param {Stats} stats
 * @returns {Stats}
 */
function withoutLoading({ load: _, ...stats }) {
  return { ...stats, load: {} };
}
