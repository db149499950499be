/**
 * The page's CPU device: WebAssembly SIMD on one thread or several, behind the same methods as `gpu.js`.
 *
 * Python builds the program and decides what runs when; `leader.js`, in a worker of its own, does it.
 * `py/glowworm/devices/page.py` is the other half.
 */

import { GlowwormError } from "../../errors.js";
import { ownScript } from "../../own-script.js";
import { free } from "../buffers.js";
import { lastTokens, STATE_BYTES } from "../state.js";
import { WindowReader } from "../window-reader.js";
import { canShare, compileKernels, hasRelaxed } from "./modules.js";

/** @typedef {import("./messages.js").Image} Image */
/** @typedef {import("./messages.js").Commands} Commands */
/** @typedef {import("./messages.js").Reply} Reply */
/** @typedef {import("../window-reader.js").Source} Source */
/** @typedef {import("../gpu.js").LoadProgress} LoadProgress */
/** @typedef {import("./modules.js").KernelModule} KernelModule */

const RELAXED = "relaxed-simd"; // the feature that can be left out
const WINDOW_BYTES = 4 << 20; // of weights read at once
const IN_FLIGHT = 4; // pieces of weights on their way to the leader
const MOST_THREADS = 16; // as many stacks fit, see leader.js
const NO_LEADER = "The processor's part of the application could not be started; close other tabs, or reload the page.";

/** @typedef {{ resolve: (value: any) => void, reject: (error: unknown) => void }} Waiting */

/**
 * @typedef {object} CpuInfo
 * @property {"wasm"} kind
 * @property {string} description
 * @property {number} threads
 * @property {string[]} features  those in use: "relaxed-simd"
 */

/**
 * @typedef {object} CpuOptions
 * @property {(reason: string) => void} [onLost]  the device failed, and not because of `close`
 * @property {number} [threads]   by default what suits the machine; one where memory cannot be shared
 * @property {string[]} [features]  which optional features to use; by default those that the browser has
 */

/**
 * How many threads are worth having: every core of a small machine, the real cores of one that counts each twice,
 * half of a phone's, whose other half are slow ones and needed elsewhere. (An iPad says that it is a Macintosh, and
 * here nothing tells them apart: it gets at most two more than it would as an iPad.)
 *
 * @returns {number}
 */
export function suitableThreads() {
  if (!canShare()) return 1;
  const cores = navigator.hardwareConcurrency || 1;
  const mobile = /** @type {any} */ (navigator).userAgentData?.mobile ?? /Android|iPhone|iPad|Mobile/.test(navigator.userAgent);
  if (mobile) return Math.max(1, Math.min(4, Math.floor(cores / 2)));
  return cores <= 4 ? cores : Math.min(8, Math.max(4, Math.floor(cores / 2)));
}

/**
 * @param {CpuOptions} [options]
 * @returns {Promise<Cpu>}
 * @throws {GlowwormError} kind DeviceError: the browser lacks WebAssembly SIMD, or a part could not be fetched
 */
export async function openCpu({ onLost, threads = suitableThreads(), features = [RELAXED] } = {}) {
  const count = canShare() ? Math.max(1, Math.min(threads, MOST_THREADS)) : 1;
  const kernels = await compileKernels({ relaxed: features.includes(RELAXED) && hasRelaxed(), shared: count > 1 });
  const leader = new Worker(ownScript(new URL("leader.js", import.meta.url)), { type: "module", name: "Glowworm processor" });
  const description = `Processor, ${count === 1 ? "1 thread" : `${count} threads`}`;
  const cpu = new Cpu(leader, { kind: "wasm", description, threads: count, features: kernels.relaxed ? [RELAXED] : [] });
  try {
    await cpu.open(kernels, onLost);
    return cpu;
  } catch (cause) {
    cpu.close();
    throw new GlowwormError("DeviceError", NO_LEADER, { cause });
  }
}

/** The threads of one device and the program in their memory. Calls take effect in the order in which they are made. */
export class Cpu {
  #leader;
  /** @type {Waiting[]} one for every command that was not answered yet */
  #waiting = [];
  /** @type {GlowwormError | null} */
  #lost = null;
  /** @type {CpuOptions["onLost"]} */
  #onLost;
  /** What loading took of the threads' memory at the most. */
  peakBytes = 0;
  #loading = 0; // counts loads: one that is no longer the last gives up

  /**
   * @param {Worker} leader
   * @param {CpuInfo} info
   */
  constructor(leader, info) {
    this.#leader = leader;
    this.info = info;
    leader.addEventListener("message", (/** @type {MessageEvent<Reply>} */ { data }) => {
      if ("lost" in data) return this.#fail(data.lost);
      const { resolve, reject } = /** @type {Waiting} */ (this.#waiting.shift());
      if ("failure" in data) reject(new GlowwormError(data.failure.kind, data.failure.message));
      else resolve(data.value);
    });
    leader.addEventListener("error", (event) => {
      event.preventDefault();
      this.#fail(event.message || "a script could not be fetched");
    });
  }

  /**
   * @param {KernelModule} kernels
   * @param {CpuOptions["onLost"]} onLost
   */
  async open(kernels, onLost) {
    // Helpers' failures come here past the leader, who hears of nothing while it waits for them.
    const alarms = Array.from({ length: this.info.threads - 1 }, () => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = ({ data }) => this.#fail(data);
      return port2;
    });
    await this.#ask("open", [kernels, alarms], alarms);
    this.#onLost = onLost;
  }

  /**
   * Lays out a program and streams its weights from `source`.
   *
   * @param {string} imageJson
   * @param {Uint8Array} script
   * @param {Source} source
   * @param {LoadProgress} [onProgress]
   */
  async load(imageJson, script, source, onProgress) {
    const loading = ++this.#loading;
    /** @type {Image} */
    const image = JSON.parse(imageJson);
    this.peakBytes = Math.max(this.peakBytes, image.bytes);
    await this.#ask("allocate", [image, script]);
    const order = image.loads.map((_, index) => index).sort((a, b) => image.loads[a][0] - image.loads[b][0]);
    const total = image.loads.reduce((sum, load) => sum + load[1], 0);
    const reader = new WindowReader(source, Math.max(WINDOW_BYTES, image.stagingBytes));
    /** @type {Promise<Uint8Array<ArrayBuffer>>[]} */
    const flying = [];
    let done = 0;
    for (const index of order) {
      const [fileOffset, bytes, , blockBytes] = image.loads[index];
      const step = Math.floor(image.stagingBytes / (2 * blockBytes)) * 2 * blockBytes;
      for (let start = 0; start < bytes; start += step) {
        const length = Math.min(step, bytes - start);
        const read = await reader.read(fileOffset + start, length);
        if (loading !== this.#loading) throw new Error("another program is being loaded");
        if (read.byteLength < length) {
          throw new GlowwormError("WeightsError", "The weights end too early; the file is incomplete, download it again.");
        }
        const landed = flying.length < IN_FLIGHT ? null : await flying.shift();
        if (loading !== this.#loading) throw new Error("another program is being loaded");
        const piece = new Uint8Array(landed?.buffer ?? new ArrayBuffer(image.stagingBytes), 0, length);
        piece.set(read);
        const sent = this.#ask("load", [index, start / blockBytes, piece], [piece.buffer]);
        sent.catch(() => {}); // awaited later, when it may have failed long since
        flying.push(sent);
        done += length;
        onProgress?.("weights", done, total);
      }
    }
    for (const piece of await Promise.all(flying)) free(piece.buffer);
    reader.close();
  }

  /**
   * @param {string} buffer
   * @param {number} offset  bytes
   * @param {Uint8Array} data
   */
  write(buffer, offset, data) {
    this.#tell("write", [buffer, offset, data]);
  }

  /**
   * Replays a phase's body, and its head if asked for, `times` times.
   *
   * @param {string} phase
   * @param {boolean} head
   * @param {number} times
   */
  run(phase, head, times) {
    this.#tell("run", [phase, head, times]);
  }

  /**
   * The tokens drawn last by what was run before this call, oldest first.
   *
   * @param {number} count
   * @returns {Promise<number[]>}
   */
  async sampled(count) {
    const state = await this.read("state", 0, STATE_BYTES);
    return lastTokens(state.buffer, count);
  }

  /**
   * @param {string} buffer
   * @param {number} offset  bytes
   * @param {number} bytes
   * @returns {Promise<Uint8Array<ArrayBuffer>>}
   */
  read(buffer, offset, bytes) {
    return this.#ask("read", [buffer, offset, bytes]);
  }

  /** Waits until everything run so far is done. */
  async synchronise() {
    await this.#ask("synchronise", []);
  }

  /** Whether the threads are no more. */
  get lost() {
    return this.#lost !== null;
  }

  close() {
    this.#leader.terminate(); // and with it the threads that it started
    this.#lose("closed");
  }

  /**
   * @template {keyof Commands} Name
   * @param {Name} name
   * @param {Parameters<Commands[Name]>} args
   * @param {Transferable[]} [transfer]
   * @returns {Promise<Awaited<ReturnType<Commands[Name]>>>}
   */
  #ask(name, args, transfer = []) {
    if (this.#lost) return Promise.reject(this.#lost);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#leader.postMessage({ name, args }, transfer);
    });
  }

  /**
   * A command whose failure, if any, the next answer tells too.
   *
   * @template {keyof Commands} Name
   * @param {Name} name
   * @param {Parameters<Commands[Name]>} args
   */
  #tell(name, args) {
    if (this.#lost) throw this.#lost;
    this.#ask(name, args).catch(() => {});
  }

  /**
   * The threads can go no further, and not because of `close`.
   * @param {string} reason
   */
  #fail(reason) {
    if (this.#lost) return;
    this.#leader.terminate();
    this.#lose(reason);
    this.#onLost?.(reason);
  }

  /** @param {string} reason */
  #lose(reason) {
    this.#lost ??= new GlowwormError(
      "DeviceLostError",
      `The threads that run the model stopped (${reason}); the model has to be loaded again.`,
    );
    for (const { reject } of this.#waiting.splice(0)) reject(this.#lost);
  }
}
