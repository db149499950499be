/**
 * The worker behind the client API: boots Python, opens the graphics device and the model's bytes at the same time,
 * then passes messages to the engine, which is Python's. One engine a worker.
 */

import * as Comlink from "../vendor/comlink/comlink.mjs";
import { GlowwormError, toFailure } from "../errors.js";
import { bootPython } from "./boot.js";
import { findModel } from "./catalogue.js";
import { openGpu } from "./gpu.js";
import { LoadProgress } from "./load-progress.js";
import { StaleBytesError } from "./pieces.js";
import { recallProgram, rememberProgram } from "./plan-memory.js";
import { openFile, openModel } from "./store.js";

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
 * @property {{context?: number, features?: string[]}} options
 */

/**
 * @typedef {{info: Record<string, any>, load: Record<string, any>}} Loaded
 */

/** What is known of Python's start; `snapshot` says whether it woke from the memory image. */
const boot = { snapshot: false, ms: 0, loaded: 0, total: 0, onBytes: () => {} };

// Python takes longest to start: begin before anyone asks. Whoever loads is told when it fails.
const python = bootPython({
  onPhase(phase) {
    if (phase.phase === "fetching") {
      Object.assign(boot, { loaded: phase.loaded, total: phase.total });
      boot.onBytes();
    }
    if (phase.phase === "fallback") console.warn(`Python starts without its memory image: ${phase.reason}`);
    if (phase.phase === "ready") Object.assign(boot, { snapshot: phase.how === "snapshot", ms: phase.ms });
  },
});
python.catch(() => {});

class EngineHost {
  /** @type {any} the Python engine */
  #engine = null;
  /** @type {LoadRequest | null} */
  #request = null;
  /** @type {((reason: string) => void) | null} */
  #onLost = null;

  /**
   * @param {LoadRequest} request
   * @param {(event: LoadEvent) => void} onProgress
   * @param {(reason: string) => void} onLost  the device went away; everything but the conversation is gone
   * @returns {Promise<Outcome<Loaded>>}
   */
  load(request, onProgress, onLost) {
    this.#request = request;
    this.#onLost = onLost;
    return outcome(() => this.#open(request, onProgress));
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
      try {
        return await this.#open(this.#request, onProgress);
      } catch (error) {
        if (!(error instanceof GlowwormError) || error.kind !== "DeviceError") throw error;
        // Browsers bar a page from a device that failed repeatedly; "no WebGPU" would be a riddle.
        const message = "The graphics device failed and the browser does not offer it again; restart the browser and come back.";
        throw new GlowwormError("DeviceError", message, { cause: error });
      }
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
      const { stats, error } = JSON.parse(await this.#engine.answer(method, inputJson, optionsJson, pass));
      await passed;
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
      // One fresh start when the file turned out to be of two versions.
      return await this.#openOnce(request, progress, fetching.signal).catch((error) => {
        if (error instanceof StaleBytesError) return this.#openOnce(request, progress, fetching.signal);
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
  async #openOnce({ model, listUrl, pageUrl, options }, progress, signal) {
    const onLost = (/** @type {string} */ reason) => this.#onLost?.(reason);
    const findSource = async () => {
      if (model instanceof Blob) return { source: openFile(model), identity: `${model.size}` };
      const entry = await findModel(model, { listUrl, pageUrl, signal });
      const source = await openModel(entry, {
        signal,
        onDownload: (done, total) => progress.update("download", done, total),
        onNotice: (message) => progress.notice(message),
      });
      return { source, identity: entry.sha256 ?? entry.url };
    };
    // Fetched bytes are all but the last tenth of Python's start, as far as anyone can tell.
    boot.onBytes = () => progress.update("python", 0.9 * boot.loaded, boot.total);
    const device = progress.during("device", openGpu({ onLost, features: options.features }));
    const found = findSource();
    const remembered = Promise.all([device, found]).then(async ([gpu, { source, identity }]) => {
      const key = JSON.stringify([identity, gpu.info, options]);
      const program = await recallProgram(key);
      if (program) gpu.anticipate(program, source, (phase, done, total) => progress.update(phase, done, total));
      return key;
    });
    try {
      const [py, gpu, { source }, key] = await Promise.all([progress.during("python", python), device, found, remembered]);
      const loaded = await this.#build(py, gpu, source, options, progress);
      if (gpu.program && !gpu.anticipated) void rememberProgram(key, gpu.program);
      return loaded;
    } catch (error) {
      void device.then((gpu) => gpu.close()).catch(() => {}); // what failed may have been the device
      throw error;
    }
  }

  /**
   * @param {any} py
   * @param {import("./gpu.js").Gpu} gpu
   * @param {ModelSource} source
   * @param {LoadRequest["options"]} options
   * @param {LoadProgress} progress
   * @returns {Promise<Loaded>}
   */
  async #build(py, gpu, source, options, progress) {
    const onPhase = (/** @type {string} */ phase, /** @type {number} */ done, /** @type {number} */ total) =>
      reportPhase(progress, phase, done, total);
    progress.update("header", 0, 1);
    const page = py.pyimport("glowworm.page");
    const [engine] = await Promise.all([
      Promise.resolve(page.open_engine(source, gpu, JSON.stringify(options), onPhase)).catch((error) => {
        throw source.failure ?? error; // Python saw that a read failed; the source knows why
      }),
      source.verified(),
    ]);
    if (engine.error) {
      if (source.failure) throw source.failure;
      const { kind, message } = JSON.parse(engine.error);
      throw new GlowwormError(kind, message);
    }
    this.#engine = engine;
    const load = {
      ...progress.timings(),
      anticipated: gpu.anticipated,
      python_ms: boot.ms,
      snapshot: boot.snapshot,
      downloaded_bytes: source.downloadedBytes,
    };
    progress.finish();
    return { info: { ...JSON.parse(engine.info()), size_bytes: source.size, place: source.place }, load };
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
