/**
 * Glowworm: language models in the page. This file is the whole public API.
 *
 *     import { Glowworm } from "./glowworm.js";
 *
 *     const engine = await Glowworm.load("glowworm-story", { onProgress: ({ fraction }) => … });
 *     for await (const part of engine.chat([{ role: "user", content: "Tell me a story." }])) {
 *       if (part.text) output.append(part.text);
 *     }
 *
 * Everything heavy happens in a worker; nothing here blocks the page.
 */

import * as Comlink from "./vendor/comlink/comlink.mjs";
import { fromFailure, GlowwormError } from "./errors.js";
import { EngineWorker } from "./engine-worker.js";
import { keptModels, noteKeptModel } from "./kept-models.js";
import { ownScript } from "./own-script.js";
import { readCatalogue } from "./worker/catalogue.js";
import { forgetConversations } from "./worker/conversation-memory.js";
import { listShelf, removeFromShelf } from "./worker/shelf.js";

export { GlowwormError };

/** @typedef {import("./worker/load-progress.js").LoadEvent} LoadEvent */
/** @typedef {import("./worker/catalogue.js").CatalogueEntry} CatalogueEntry */
/** @typedef {import("./worker/shelf.js").StoredFile} StoredFile */

/**
 * @typedef {object} LoadOptions
 * @property {(event: LoadEvent) => void} [onProgress]  phases, bytes and the fraction of the whole
 * @property {AbortSignal} [signal]                     gives up loading; what was downloaded is kept
 * @property {number} [context]                         tokens of conversation to hold; default: the engine's choice
 * @property {"auto" | "webgpu" | "wasm"} [device]      what the model runs on; default: what suits this machine
 * @property {number} [threads]                         of the processor; default: what suits this machine
 * @property {string[]} [features]                      optional ones to use of the device that `device` names; default: all
 * @property {boolean} [everyRow]                       prepare {@link Glowworm#logits} as well
 */

/**
 * @typedef {object} Message
 * @property {"system" | "user" | "assistant"} role
 * @property {string} content
 */

/**
 * @typedef {object} ChatOptions
 * @property {AbortSignal} [signal]  ends the answer early; the pieces that came are the answer
 * @property {number} [temperature]  0 is greedy
 * @property {number} [top_k]
 * @property {number} [top_p]
 * @property {number} [min_p]
 * @property {number} [repetition_penalty]
 * @property {number} [presence_penalty]
 * @property {number} [frequency_penalty]
 * @property {number} [seed]         the same seed, the same answer
 * @property {number} [max_tokens]
 * @property {string[]} [stop]       texts that end the answer
 * @property {boolean} [ignore_eos]  go on where the model would end its answer, for measuring
 */

/**
 * A piece of an answer, or a sentence about it for the user (such as that the oldest turns no longer fit).
 * @typedef {{text: string, notice?: undefined} | {notice: string, text?: undefined}} Part
 */

/**
 * @typedef {object} Stats  figures of the last answer; times in ms
 * @property {number} [prompt_tokens]
 * @property {number} [reused_tokens]       of the prompt, that were still in the KV cache
 * @property {number} [generated_tokens]
 * @property {number} [ttft_ms]             from asking to the first token
 * @property {number} [prefill_ms]
 * @property {number} [prefill_tokens_per_second]
 * @property {number} [decode_tokens_per_second]
 * @property {"stop" | "length" | "abort" | "context"} [stop_reason]
 * @property {number} [seed]                gives the same answer again
 * @property {Record<string, any>} load     phases of the last loading, which overlap: python_ms, weights_ms, ready_ms, …;
 *                                          since_page_ms counts from the opening of the page
 */

const LIST_URL = new URL("./models/models.json", import.meta.url).href;

/**
 * A loaded model. Made by {@link Glowworm.load}; holds a worker and GPU memory until {@link Glowworm#close}.
 *
 * Fires `devicelost` (a CustomEvent whose `detail` is the reason) when the graphics device or the worker goes away.
 * Answers then fail with kind "DeviceLostError" until {@link Glowworm#reload}.
 */
export class Glowworm extends EventTarget {
  /** @type {EngineWorker} */
  #worker;
  /** @type {Record<string, any>} */
  #info = {};
  /** @type {Stats} */
  #stats = { load: {} };
  /** @type {Promise<unknown>} answers are given one after the other */
  #queue = Promise.resolve();
  /** @type {Record<string, any>} what the worker is asked to load */
  #request = {};
  #closed = false;

  /**
   * Loads a model: from the browser's storage if it was fetched before, from the network if not.
   *
   * @param {string | Blob} [model]  a name of models.json (default: the list's default), the URL of a GGUF file, or a file
   * @param {LoadOptions} [options]
   * @returns {Promise<Glowworm>}
   * @throws {GlowwormError} what went wrong, in a sentence; or the signal's reason
   */
  static async load(model = "", { onProgress, signal, ...options } = {}) {
    signal?.throwIfAborted();
    const engine = new Glowworm();
    try {
      engine.#request = { model, listUrl: LIST_URL, pageUrl: document.baseURI, options };
      await engine.#loading("load", onProgress, signal);
      return engine;
    } catch (error) {
      engine.#terminate();
      throw error;
    }
  }

  /**
   * The models this site offers.
   * @param {AbortSignal} [signal]
   * @returns {Promise<{default: string, models: CatalogueEntry[]}>}
   */
  static models(signal) {
    return readCatalogue(LIST_URL, signal);
  }

  /**
   * Puts a model into the browser's storage without loading it, from the byte on that is missing.
   *
   * @param {string} model  a name of models.json, or the URL of a GGUF file
   * @param {{onProgress?: (done: number, total: number) => void, signal?: AbortSignal}} [options]
   *     onProgress: in bytes; signal: pauses the download, and what has arrived is kept
   * @throws {GlowwormError} what went wrong, in a sentence; or the signal's reason
   */
  static async download(model, { onProgress = () => {}, signal } = {}) {
    signal?.throwIfAborted();
    const worker = new Worker(ownScript(new URL("./worker/download-worker.js", import.meta.url)), {
      type: "module",
      name: "glowworm download",
    });
    const { promise: paused, reject } = Promise.withResolvers();
    const pause = () => reject(signal?.reason);
    signal?.addEventListener("abort", pause, { once: true });
    try {
      /** @type {Comlink.Remote<import("./worker/download-worker.js").Downloads>} */
      const downloads = Comlink.wrap(worker);
      const request = { model, listUrl: LIST_URL, pageUrl: document.baseURI };
      const failure = await Promise.race([downloads.fetch(request, Comlink.proxy(onProgress)), paused]);
      if (failure) throw fromFailure(/** @type {import("./errors.js").Failure} */ (failure));
    } finally {
      signal?.removeEventListener("abort", pause);
      worker.terminate();
    }
  }

  /** @returns {Promise<StoredFile[]>} what is in the browser's storage of models, whole or in part */
  static stored() {
    return listShelf();
  }

  /**
   * Removes a model from the browser's storage, and what is kept of conversations.
   * @param {string} name  as {@link Glowworm.stored} tells it
   * @throws {GlowwormError} StorageError while it is being fetched
   */
  static async remove(name) {
    await removeFromShelf(name);
    noteKeptModel(name, null);
    await forgetConversations();
  }

  /**
   * Removes what the engine keeps of conversations between visits (their tokens, keys and values). Call it when the
   * user deletes a conversation: it cannot be told which one is meant, so all of them are computed anew when they
   * are next gone on with.
   *
   * @throws {GlowwormError} StorageError when another tab keeps one at this moment
   */
  static forgetConversations() {
    return forgetConversations();
  }

  /** Use {@link Glowworm.load}. */
  constructor() {
    super();
    this.#worker = new EngineWorker(this.#lost);
  }

  /** What was loaded: name, family, parameters, context, sizes in bytes, device, default sampling. */
  get info() {
    return this.#info;
  }

  /** Figures of the last answer, and of loading under `load`. */
  get stats() {
    return this.#stats;
  }

  /**
   * Answers the last message of a conversation. Give the whole conversation each time: what it shares with the one
   * before is not computed again. Answers asked for at the same time are given one after the other.
   *
   * Aborting ends the iteration without an error: the pieces that came are the answer, `stats.stop_reason` is "abort".
   * So does leaving the loop.
   *
   * @param {Message[]} messages
   * @param {ChatOptions} [options]
   * @returns {AsyncGenerator<Part, void, void>}
   * @throws {GlowwormError}
   */
  chat(messages, options = {}) {
    return this.#answer("chat", messages, options);
  }

  /**
   * Continues a plain text (special tokens in it count as such) or token ids. Otherwise as {@link Glowworm#chat}.
   *
   * @param {string | number[]} prompt
   * @param {ChatOptions} [options]
   * @returns {AsyncGenerator<Part, void, void>}
   * @throws {GlowwormError}
   */
  generate(prompt, options = {}) {
    return this.#answer("generate", prompt, options);
  }

  /**
   * The logits after every token of `ids`, for a model loaded with the option `everyRow`.
   *
   * @param {number[]} ids
   * @returns {Promise<Float32Array[]>} one per token, of the vocabulary's length
   * @throws {GlowwormError}
   */
  async logits(ids) {
    const done = await this.#turn();
    try {
      /** @type {Float32Array} */
      const values = await this.#settle(this.#worker.host.logits(JSON.stringify(ids)));
      const width = values.length / ids.length;
      return ids.map((_, row) => values.subarray(row * width, (row + 1) * width));
    } finally {
      done();
    }
  }

  /**
   * @param {"chat" | "generate"} method
   * @param {unknown} input
   * @param {ChatOptions} options
   * @returns {AsyncGenerator<Part, void, void>}
   */
  async *#answer(method, input, { signal, ...options }) {
    const done = await this.#turn();
    const { load } = this.#stats;
    if (signal?.aborted) {
      this.#stats = { stop_reason: "abort", generated_tokens: 0, load };
      return done();
    }
    /** @type {Part[]} */
    const parts = [];
    let wake = () => {};
    const emit = (/** @type {"text" | "notice"} */ kind, /** @type {string} */ text) => {
      parts.push(kind === "text" ? { text } : { notice: text });
      wake();
    };
    const { host } = this.#worker;
    const stop = () => void host.stop();
    signal?.addEventListener("abort", stop, { once: true });

    let running = true;
    const texts = [JSON.stringify(input), JSON.stringify(options)];
    const answer = this.#settle(host.answer(method, ...texts, Comlink.proxy(emit)))
      .then((stats) => {
        this.#stats = { ...stats, load };
      })
      .finally(() => {
        running = false;
        wake();
        done(); // the device is free, even if the parts that came are never read
      });
    answer.catch(() => {});
    try {
      while (running || parts.length > 0) {
        const part = parts.shift();
        if (part) yield part;
        else await new Promise((resolve) => (wake = () => resolve(undefined)));
      }
      await answer; // throws what went wrong
    } finally {
      signal?.removeEventListener("abort", stop);
      if (running) stop();
      await answer.catch(() => {});
      done();
    }
  }

  /**
   * Builds the engine again from the stored weights after `devicelost`: in its worker, or in a new one if that is gone.
   *
   * @param {Pick<LoadOptions, "onProgress" | "signal">} [options]  aborting closes the engine
   * @throws {GlowwormError}
   */
  async reload({ onProgress, signal } = {}) {
    signal?.throwIfAborted();
    if (this.#worker.ended) {
      this.#worker = new EngineWorker(this.#lost);
      await this.#loading("load", onProgress, signal);
    } else {
      await this.#loading("reload", onProgress, signal);
    }
  }

  /** Frees the GPU's memory and the worker. */
  async close() {
    if (this.#closed) return;
    this.#closed = true;
    try {
      if (!this.#worker.ended) await Promise.race([this.#worker.host.close(), this.#worker.broken]);
    } finally {
      this.#terminate();
    }
  }

  /**
   * Waits until those who asked before have their answers; the caller must call what it gets when it is done.
   * @returns {Promise<() => void>}
   */
  async #turn() {
    const before = this.#queue;
    /** @type {() => void} */
    let done = () => {};
    this.#queue = new Promise((resolve) => (done = () => resolve(undefined)));
    await before;
    return done;
  }

  /**
   * @param {"load" | "reload"} how
   * @param {LoadOptions["onProgress"]} onProgress
   * @param {AbortSignal} [signal]
   */
  async #loading(how, onProgress, signal) {
    const worker = this.#worker;
    const tell = Comlink.proxy((/** @type {LoadEvent} */ event) => {
      worker.watch();
      onProgress?.(event);
    });
    const abort = () => this.#terminate(signal?.reason);
    signal?.addEventListener("abort", abort, { once: true });
    try {
      const call =
        how === "load"
          ? worker.host.load({ ...this.#request, kept: keptModels() }, tell, Comlink.proxy(this.#lost))
          : worker.host.reload(tell);
      const { info, load, kept } = await this.#settle(call);
      if (kept) noteKeptModel(kept.name, kept.identity);
      this.#info = info;
      this.#stats = { load: { ...load, since_page_ms: Math.round(performance.now()) } };
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  /**
   * @param {Promise<import("./worker/worker.js").Outcome<any>>} call
   * @returns {Promise<any>}
   */
  async #settle(call) {
    const { value, failure } = await Promise.race([call, this.#worker.broken]);
    if (failure) throw fromFailure(failure);
    return value;
  }

  #lost = (/** @type {string} */ reason) => {
    this.dispatchEvent(new CustomEvent("devicelost", { detail: reason }));
  };

  /** @param {any} [reason]  what calls that are still under way fail with */
  #terminate(reason = new GlowwormError("ClosedError", "The engine was closed.")) {
    this.#worker.terminate(reason);
  }
}
