/**
 * The worker behind the client API: boots Python, opens the graphics device and the model's bytes at the same time,
 * then passes messages to the engine, which is Python's. One engine a worker.
 */

import * as Comlink from "../vendor/comlink/comlink.mjs";
import { GlowwormError, toFailure } from "../errors.js";
import { bootPython } from "./boot.js";
import { findModel } from "./catalogue.js";
import { ConversationMemory, onForgotten } from "./conversation-memory.js";
import { chooseDevice, confirm, GONE, settle, WRONG_RESULTS } from "./devices.js";
import { Gpu } from "./gpu.js";
import { LoadProgress } from "./load-progress.js";
import { StaleBytesError } from "./pieces.js";
import { recallProgram, rememberProgram } from "./plan-memory.js";
import { fileIdentity, openFile, openModel } from "./store.js";
import { StoredModel } from "./stored-model.js";

/** @typedef {import("../errors.js").Failure} Failure */
/** @typedef {import("./load-progress.js").LoadEvent} LoadEvent */
/** @typedef {import("./store.js").ModelSource} ModelSource */

/**
 * Errors cross the boundary as data.
 * @template T
 * @typedef {{value: T, failure?: undefined} | {failure: Failure, value?: undefined}} Outcome
 */

/**
 * @typedef {object} LoadRequest
 * @property {string | Blob} model  name, URL or file
 * @property {string} listUrl       of models.json
 * @property {string} pageUrl       what a relative URL is relative to
 * @property {Record<string, string>} kept  what the browser's storage was last seen to hold, see kept-models.js
 * @property {{context?: number} & import("./devices.js").DeviceOptions} options
 */

/**
 * @typedef {{info: Record<string, any>, load: Record<string, any>}} Loaded
 */

/**
 * What the page notes of a model in the browser's storage.
 * @typedef {{name: string, identity: string}} KeptModel
 */

/** @type {(version: string) => void} */
let tellVersion;
/** Of our Python package. @type {Promise<string>} */
const version = new Promise((resolve) => (tellVersion = resolve));

const KEEPS_FAILING =
  "The device that runs the model has failed again and again; close other tabs or choose a smaller model, then reload the page.";
const EVICTED = "The browser has removed this model from its storage to make room, so it is fetched once more.";

/** What is known of Python's start; `snapshot` says whether it woke from the memory image. */
const boot = { snapshot: false, ms: 0, loaded: 0, total: 0, onBytes: () => {} };

// Python takes longest to start: begin before anyone asks. Whoever loads is told when it fails.
const python = bootPython({
  onPhase(phase) {
    if (phase.phase === "fetching") {
      Object.assign(boot, { loaded: phase.loaded, total: phase.total });
      boot.onBytes();
    }
    if (phase.phase === "starting") tellVersion(phase.version);
    if (phase.phase === "fallback") console.warn(`Python starts without its memory image: ${phase.reason}`);
    if (phase.phase === "ready") Object.assign(boot, { snapshot: phase.how === "snapshot", ms: phase.ms });
  },
});
python.catch(() => {});

/** A conversation is kept when nobody has asked for more for so long. */
const KEEP_AFTER_MS = 500;

/** Losses of its device that an engine survives; with more it would be built again for ever. */
const MOST_LOSSES = 3;

/**
 * Held as long as this worker lives, which tells the page when it is gone; see engine-worker.js.
 * @type {Promise<void>}
 */
const alive = new Promise((resolve) => {
  const hold = () => {
    resolve();
    return new Promise(() => {});
  };
  navigator.locks.request(self.name, hold).catch(() => resolve()); // where nothing may be stored, there are no locks
});

class EngineHost {
  /** @type {any} the Python engine */
  #engine = null;
  /** @type {LoadRequest | null} */
  #request = null;
  /** @type {KeptModel | null} */
  #kept = null;
  /** @type {((reason: string) => void) | null} */
  #onLost = null;
  #losses = 0; // of the device, since the request
  /** @type {import("./gpu.js").Gpu | import("./cpu/cpu.js").Cpu | null} */
  #device = null;
  /** @type {ConversationMemory | null} */
  #memory = null;
  #epoch = 0; // goes up when an answer begins or conversations are forgotten: what was to be kept no longer is

  constructor() {
    onForgotten(() => this.#epoch++);
  }

  /**
   * @param {LoadRequest} request
   * @param {(event: LoadEvent) => void} onProgress
   * @param {(reason: string) => void} onLost  the device went away; everything but the conversation is gone
   * @returns {Promise<Outcome<Loaded & {kept: KeptModel | null}>>}
   */
  load(request, onProgress, onLost) {
    this.#request = request;
    this.#onLost = onLost;
    this.#losses = 0;
    return outcome(async () => {
      await alive;
      const loaded = await this.#open(request, onProgress);
      return { ...loaded, kept: loaded.info.place === "disk" ? this.#kept : null };
    });
  }

  /**
   * Builds the engine again, after its device was lost.
   * @param {(event: LoadEvent) => void} onProgress
   * @returns {Promise<Outcome<Loaded>>}
   */
  reload(onProgress) {
    return outcome(async () => {
      if (!this.#request) throw new GlowwormError("ClosedError", "There is no engine to build again; load a model first.");
      await this.#dispose();
      if (++this.#losses > MOST_LOSSES) throw new GlowwormError("DeviceError", KEEPS_FAILING);
      return this.#open(this.#request, onProgress);
    });
  }

  /**
   * @param {"chat" | "generate"} method
   * @param {string} inputJson  messages, or a prompt
   * @param {string} optionsJson
   * @param {(kind: "text" | "notice", text: string) => void} emit
   * @returns {Promise<Outcome<Record<string, any>>>} the figures of the answer
   */
  answer(method, inputJson, optionsJson, emit) {
    return outcome(async () => {
      if (!this.#engine) throw new GlowwormError("ClosedError", "The engine is closed; load a model first.");
      // A plain function: Python would probe a Comlink proxy's properties, each of which is a message.
      // Its answers are awaited, because parts and outcome travel on two ports, between which there is no order.
      /** @type {unknown} */
      let passed;
      const pass = (/** @type {"text" | "notice"} */ kind, /** @type {string} */ text) => void (passed = emit(kind, text));
      this.#epoch++;
      const { stats, error } = JSON.parse(await this.#engine.answer(method, inputJson, optionsJson, pass));
      await passed;
      const epoch = this.#epoch;
      setTimeout(() => void this.#keep(epoch), KEEP_AFTER_MS);
      if (error) throw new GlowwormError(error.kind, error.message);
      return stats;
    }).finally(() => release(emit));
  }

  /**
   * @param {string} idsJson
   * @returns {Promise<Outcome<Float32Array>>}
   */
  logits(idsJson) {
    return outcome(async () => {
      if (!this.#engine) throw new GlowwormError("ClosedError", "The engine is closed; load a model first.");
      const answer = await this.#engine.logits(idsJson);
      if (typeof answer !== "string") return new Float32Array(answer.buffer);
      const { kind, message } = JSON.parse(answer).error;
      throw new GlowwormError(kind, message);
    });
  }

  /** Asks the running answer to end. */
  stop() {
    this.#engine?.stop();
  }

  async close() {
    await this.#dispose();
  }

  /**
   * @param {LoadRequest} request
   * @param {(event: LoadEvent) => void} onProgress
   * @returns {Promise<Loaded>}
   */
  async #open(request, onProgress) {
    const progress = new LoadProgress(onProgress);
    const fetching = new AbortController();
    try {
      // One fresh start when the file turned out to be of two versions, or on the processor when the device is gone.
      return await this.#openOnce(request, progress, fetching.signal).catch((error) => {
        const lost = error instanceof GlowwormError && error.kind === "DeviceLostError";
        if (lost) this.#losses = Math.max(2, this.#losses);
        if (lost || error instanceof StaleBytesError) return this.#openOnce(request, progress, fetching.signal);
        throw error;
      });
    } catch (error) {
      fetching.abort();
      throw error;
    } finally {
      release(onProgress);
    }
  }

  /**
   * @param {LoadRequest} request
   * @param {LoadProgress} progress
   * @param {AbortSignal} signal
   * @returns {Promise<Loaded>}
   */
  async #openOnce(request, progress, signal) {
    const { model, listUrl, pageUrl, kept, options } = request;
    const findSource = async () => {
      if (model instanceof Blob) {
        const source = openFile(model);
        return { source, identity: await fileIdentity(model, source), exact: true };
      }
      const entry = await findModel(model, { listUrl, pageUrl, signal });
      const source = await openModel(entry, {
        signal,
        onDownload: (done, total) => progress.update("download", done, total),
        onNotice: (message) => progress.notice(message),
      });
      const identity = entry.sha256 ?? entry.url;
      if (kept[entry.name] === identity && !(source instanceof StoredModel)) progress.notice(EVICTED);
      this.#kept = { name: entry.name, identity };
      return { source, identity, exact: entry.sha256 !== undefined };
    };
    // Fetched bytes are all but the last tenth of Python's start, as far as anyone can tell.
    boot.onBytes = () => progress.update("python", 0.9 * boot.loaded, boot.total);
    const found = findSource();
    const chosen = progress.during("device", this.#choose(options, found, progress));
    const remembered = Promise.all([chosen, found]).then(async ([{ device, verdict }, { source, identity }]) => {
      const key = JSON.stringify([identity, device.info, options]);
      const program = device instanceof Gpu && verdict ? await recallProgram(key) : null;
      if (program) {
        const gpu = /** @type {Gpu} */ (device);
        gpu.anticipate(program, source, (phase, done, total) => progress.update(phase, done, total));
      }
      return key;
    });
    /** Which of them the model runs on. @type {Promise<import("./devices.js").Chosen>} */
    let settling = chosen;
    try {
      const [py, { source, identity, exact }, key] = await Promise.all([progress.during("python", python), found, remembered]);
      settling = this.#settle(py, await chosen, source, options, progress);
      const settled = await settling;
      const loaded = await this.#build(py, settled, source, options, progress);
      const { device } = settled;
      this.#device = device;
      // What is behind an address may change; then what was computed with it is worth nothing.
      this.#memory = exact ? await ConversationMemory.open(JSON.stringify([identity, options.context, await version])) : null;
      if (!(device instanceof Gpu)) return this.#resumed(loaded);
      const { values, error } = JSON.parse(await this.#engine.fingerprint());
      if (error) throw new GlowwormError(error.kind, error.message);
      if (!(await confirm(settled, values))) {
        if (values === null) progress.notice(WRONG_RESULTS); // else a trial tells
        await this.#dispose();
        return await this.#openOnce(request, progress, signal); // which holds a trial
      }
      if (device.program && !device.anticipated) void rememberProgram(key, device.program);
      return this.#resumed(loaded);
    } catch (error) {
      for (const opened of [chosen, settling]) {
        void opened.then(({ device }) => device.close()).catch(() => {}); // what failed may have been the device
      }
      throw error;
    }
  }

  /**
   * Opens the device for a model. One that was lost twice, or cannot be opened again, is not tried once more.
   *
   * @param {LoadRequest["options"]} options
   * @param {Promise<{ identity: string }>} found
   * @param {LoadProgress} progress
   */
  async #choose(options, found, progress) {
    const subject = async () => `${(await found).identity} ${await version}`;
    const choose = (/** @type {LoadRequest["options"]} */ some) => chooseDevice(some, subject, this.#lost);
    if (this.#losses === 0) return choose(options);
    const chosen = await choose(this.#losses > 1 ? { ...options, device: "wasm" } : options).catch(() =>
      choose({ ...options, device: "wasm" }),
    );
    if (!(chosen.device instanceof Gpu) && options.device !== "wasm") progress.notice((chosen.reason = GONE));
    return chosen;
  }

  #lost = (/** @type {string} */ reason) => this.#onLost?.(reason);

  /**
   * Compares a graphics device that nothing is known of with the processor, before it is relied upon.
   *
   * @param {any} py
   * @param {import("./devices.js").Chosen} chosen
   * @param {ModelSource} source
   * @param {LoadRequest["options"]} options
   * @param {LoadProgress} progress
   */
  async #settle(py, chosen, source, options, progress) {
    const compare = async (/** @type {Gpu} */ gpu, /** @type {import("./cpu/cpu.js").Cpu} */ cpu) => {
      const page = py.pyimport("glowworm.page");
      const { error, ...verdict } = JSON.parse(await page.compare_devices(source, gpu, cpu, JSON.stringify(options)));
      if (error) throw new GlowwormError(error.kind, error.message);
      return /** @type {import("./devices.js").Verdict} */ (verdict);
    };
    if (chosen.key === null || chosen.verdict !== null) return chosen;
    const settled = await progress.during("device", settle(chosen, options, compare, this.#lost));
    if (settled.reason === WRONG_RESULTS || settled.reason === GONE) progress.notice(settled.reason);
    return settled;
  }

  /**
   * @param {any} py
   * @param {import("./devices.js").Chosen} chosen
   * @param {ModelSource} source
   * @param {LoadRequest["options"]} options
   * @param {LoadProgress} progress
   * @returns {Promise<Loaded>}
   */
  async #build(py, { device, reason, verdict }, source, options, progress) {
    const onPhase = (/** @type {string} */ phase, /** @type {number} */ done, /** @type {number} */ total) =>
      reportPhase(progress, phase, done, total);
    progress.update("header", 0, 1);
    const page = py.pyimport("glowworm.page");
    const [engine] = await Promise.all([
      Promise.resolve(page.open_engine(source, device, JSON.stringify(options), onPhase)).catch((error) => {
        throw source.failure ?? error; // Python saw that a read failed; the source knows why
      }),
      source.verified(),
    ]);
    if (engine.error) {
      if (source.failure) throw source.failure;
      const { kind, message } = JSON.parse(engine.error);
      throw new GlowwormError(kind, message);
    }
    source.rest();
    this.#engine = engine;
    const load = {
      ...progress.timings(),
      anticipated: device instanceof Gpu && device.anticipated,
      python_ms: boot.ms,
      snapshot: boot.snapshot,
      downloaded_bytes: source.downloadedBytes,
      python_bytes: py._module.HEAP8.length,
      peak_device_bytes: device.peakBytes,
    };
    progress.finish();
    const info = JSON.parse(engine.info());
    return { info: { ...info, device: { ...info.device, reason, verdict }, size_bytes: source.size, place: source.place }, load };
  }

  /**
   * Brings back the caches of the conversation that was open last.
   * @param {Loaded} loaded
   * @returns {Promise<Loaded>}
   */
  async #resumed(loaded) {
    const header = await this.#memory?.recall();
    if (!header) return loaded;
    try {
      const ranges = JSON.parse(this.#engine.restore(JSON.stringify(header.tokens), header.written));
      await this.#memory?.bring(/** @type {Gpu} */ (this.#device), header, ranges);
      return { ...loaded, load: { ...loaded.load, resumed_tokens: ranges.length > 0 ? header.tokens.length : 0 } };
    } catch {
      this.#engine.forget();
      return loaded;
    }
  }

  /**
   * Keeps the caches of the open conversation, unless the next answer has begun.
   * @param {number} epoch  when its last answer ended
   */
  async #keep(epoch) {
    const engine = this.#engine;
    const outdated = () => engine !== this.#engine || epoch !== this.#epoch;
    if (!engine || !this.#memory || !this.#device || outdated()) return;
    const take = (/** @type {boolean} */ whole) => {
      if (outdated()) return null;
      if (whole) engine.saved(0);
      const text = engine.snapshot();
      return text ? JSON.parse(text) : null;
    };
    const kept = await this.#memory.keep(this.#device, take, outdated);
    if (kept > 0 && !outdated()) engine.saved(kept);
  }

  async #dispose() {
    const engine = this.#engine;
    this.#engine = null;
    if (!engine) return;
    await engine.close();
    engine.destroy();
  }
}

/**
 * The engine's phases: header and plan are told when they are done, the others as they proceed.
 * @param {LoadProgress} progress
 * @param {string} phase
 * @param {number} done
 * @param {number} total
 */
function reportPhase(progress, phase, done, total) {
  if (phase === "header") {
    progress.update("header", 1, 1);
    progress.update("plan", 0, 1);
  } else if (phase === "plan") {
    progress.update("plan", 1, 1);
    progress.update("kernels", 0, 1);
  } else if (phase === "kernels" || phase === "weights") {
    progress.update(phase, done, total);
  }
}

/**
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<Outcome<T>>}
 */
async function outcome(work) {
  try {
    return { value: await work() };
  } catch (error) {
    return { failure: toFailure(error) };
  }
}

/**
 * A callback of the page holds a message port until it is let go.
 * @param {any} callback
 */
function release(callback) {
  callback[Comlink.releaseProxy]?.();
}

Comlink.expose(new EngineHost());
