/**
 * A page's dealings with the engine: loads it, asks it, and builds it again when its device is lost.
 * Keeps `document.body.dataset.state` ("loading", "ready", "generating" or "error"), `window.glowworm`
 * and the status panel in step. Knows nothing of what the page asks for.
 */

import { Glowworm, GlowwormError } from "../glowworm.js";
import { deviceChoice } from "./device-choice.js";

/** @typedef {import("../glowworm.js").Message} Message */
/** @typedef {import("../glowworm.js").ChatOptions} ChatOptions */
/** @typedef {import("../glowworm.js").Stats} Stats */
/** @typedef {import("../glowworm.js").LoadEvent} LoadEvent */
/** @typedef {import("./status-panel.js").StatusPanel} StatusPanel */
/** @typedef {"loading" | "ready" | "generating" | "error"} PageState */

/**
 * Where an answer goes.
 * @typedef {object} AnswerSink
 * @property {(text: string) => void} text
 * @property {(sentence: string) => void} notice
 */

/** A download that takes this long to watch can be paused. */
const PAUSABLE_BYTES = 10e6;

export class EngineSession extends EventTarget {
  /** @type {Glowworm | null} */
  engine = null;
  #status;
  /** @type {string | Blob} what was asked for last: a name, an address, a file, "" for the default */
  model = "";
  /** @type {AbortController | null} of the answer that is being given */
  #answering = null;
  /** @type {AbortController | null} of the model that is being loaded */
  #loading = null;
  /** @type {Promise<void> | null} */
  #reloading = null;
  /** @type {unknown} the last error the user was told */
  #shown = null;

  /** @param {StatusPanel} status */
  constructor(status) {
    super();
    this.#status = status;
  }

  /** @returns {PageState} */
  get state() {
    return /** @type {PageState} */ (document.body.dataset.state);
  }

  /** Whether a question would be answered now. */
  get canAsk() {
    return this.engine !== null && this.#answering === null && this.#loading === null && this.#reloading === null;
  }

  /**
   * Loads a model in place of the one that is there. Failures are shown, not thrown.
   * @param {string | Blob} model  name, URL or file; "" for the default
   */
  async load(model) {
    this.#loading?.abort();
    this.stop();
    const loading = (this.#loading = new AbortController());
    const former = this.engine;
    this.#letGo();
    this.model = model;
    this.#status.hide();
    this.#setState("loading");
    await former?.close().catch(() => {});
    /** @type {string[]} */
    const notices = [];
    const pause = { label: "Pause", run: () => this.#pause(loading) };
    let pausable = false;
    try {
      const engine = await Glowworm.load(model, {
        ...deviceChoice(),
        signal: loading.signal,
        onProgress: (event) => {
          if (this.#loading !== loading) return; // told late: loading has failed or was given up
          if (event.phase === "notice") {
            notices.push(event.message);
            this.#status.remark(event.message); // some say why loading takes so long
          } else {
            if (event.phase === "download") pausable = event.total > PAUSABLE_BYTES && event.done < event.total;
            this.#status.progress(event, pausable ? pause : undefined);
          }
        },
      });
      this.#loading = null;
      this.#take(engine);
      if (notices.length > 0) this.#status.notice(notices.join(" "), { label: "Close", run: () => this.#status.hide() });
    } catch (error) {
      if (loading.signal.aborted) return; // another model is being loaded
      this.#loading = null;
      this.#fail(error, { label: "Try again", run: () => void this.load(model) });
    }
  }

  /**
   * Gives up loading for now. What has been fetched is kept.
   * @param {AbortController} loading
   */
  #pause(loading) {
    loading.abort();
    this.#loading = null;
    const resume = { label: "Resume", run: () => void this.load(this.model) };
    this.#status.notice("Fetching the model is paused; what has arrived is kept.", resume);
  }

  /**
   * Asks for an answer. A device that is lost meanwhile is replaced. The answer then begins again, or,
   * where `messages` is a function that now puts what came of it at the end, goes on from there.
   *
   * @param {Message[] | (() => Message[])} messages
   * @param {ChatOptions} options
   * @param {AnswerSink} sink
   * @param {() => void} retry  what the user's "Try again" does
   * @returns {Promise<Stats | null>} null when it failed, which has been shown
   */
  async ask(messages, options, sink, retry) {
    const { engine } = this;
    if (!engine || !this.canAsk) return null;
    const answering = (this.#answering = new AbortController());
    const current = () => (typeof messages === "function" ? messages() : messages);
    this.#status.hide();
    this.#setState("generating");
    try {
      const { signal } = answering;
      let lost = await this.#answer(current(), { ...options, signal }, sink);
      while (lost) {
        if (signal.aborted) throw lost;
        await this.#reload(engine); // which ends on the processor, should the device be lost again and again
        if (this.engine !== engine) throw lost;
        this.#setState("generating");
        lost = await this.#answer(current(), { ...options, signal }, sink);
      }
      this.#answering = null;
      if (!this.#isSuperseded(engine)) this.#setState("ready");
      return engine.stats;
    } catch (error) {
      this.#answering = null;
      if (!this.#isSuperseded(engine) && error !== this.#shown) this.#fail(error, { label: "Try again", run: retry });
      return null;
    }
  }

  /** Forgets the error that the user was told, where a question would be answered all the same. */
  dismissError() {
    if (this.state !== "error" || !this.canAsk) return;
    this.#status.hide();
    this.#setState("ready");
  }

  /**
   * Shows why the model that was asked for is not loaded, and offers the default one.
   * @param {unknown} error
   */
  refuse(error) {
    this.#fail(error, { label: "Load the default model", run: () => void this.load("") });
  }

  /** Ends the running answer; what came of it stays. */
  stop() {
    this.#answering?.abort();
  }

  /**
   * @param {Message[]} messages
   * @param {ChatOptions} options
   * @param {AnswerSink} sink
   * @returns {Promise<GlowwormError | null>} that the device was lost
   */
  async #answer(messages, options, sink) {
    if (!this.engine) return null;
    try {
      for await (const part of this.engine.chat(messages, options)) {
        if (part.text !== undefined) sink.text(part.text);
        else sink.notice(part.notice);
      }
      return null;
    } catch (error) {
      if (error instanceof GlowwormError && error.kind === "DeviceLostError") return error;
      throw error;
    }
  }

  /** @param {Glowworm} engine */
  #take(engine) {
    this.engine = engine;
    /** @type {any} */ (window).glowworm = engine;
    engine.addEventListener("devicelost", () => {
      // While an answer is given, that answer's failure leads to the reload.
      if (this.engine === engine && this.#answering === null) void this.#reload(engine).catch(() => {});
    });
    this.#status.hide();
    this.#setState("ready");
    this.dispatchEvent(new Event("loaded"));
  }

  /**
   * Builds the engine again after its device was lost; the conversation is the page's and not touched.
   * When the user chooses another model meanwhile, that one's loading is all that is shown.
   * @param {Glowworm} engine
   */
  #reload(engine) {
    this.#reloading ??= (async () => {
      this.#setState("loading");
      try {
        const onProgress = (/** @type {LoadEvent} */ event) => {
          if (this.#reloading && !this.#isSuperseded(engine)) this.#status.progress(event);
        };
        await engine.reload({ onProgress });
        this.#reloading = null;
        if (this.#isSuperseded(engine)) return;
        this.#status.hide();
        this.#setState("ready");
      } catch (error) {
        this.#reloading = null;
        if (!this.#isSuperseded(engine)) {
          this.#letGo();
          void engine.close().catch(() => {});
          this.#fail(error, { label: "Try again", run: () => void this.load(this.model) });
        }
        throw error;
      }
    })();
    return this.#reloading;
  }

  /**
   * Whether the user has chosen another model meanwhile.
   * @param {Glowworm} engine
   */
  #isSuperseded(engine) {
    return this.engine !== engine || this.#loading !== null;
  }

  #letGo() {
    this.engine = null;
    delete (/** @type {any} */ (window).glowworm);
  }

  /**
   * @param {unknown} error
   * @param {{label: string, run: () => void}} action
   */
  #fail(error, action) {
    this.#shown = error;
    if (!(error instanceof GlowwormError)) console.error(error);
    const sentence = error instanceof GlowwormError ? error.message : "Something went wrong in this page; reload it.";
    this.#status.error(sentence, action);
    this.#setState("error");
  }

  /** @param {PageState} state */
  #setState(state) {
    document.body.dataset.state = state;
    this.dispatchEvent(new Event("statechange"));
  }
}
