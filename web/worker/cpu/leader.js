/**
 * Leads the threads of the CPU device: owns the WebAssembly memory, fills it, and walks its scripts.
 *
 * A worker of its own, because a call to `run` takes as long as the work does. Commands are done in the order in
 * which they come; each is answered. `cpu.js` is the other half.
 */

import { GlowwormError, toFailure } from "../../errors.js";
import { ownScript } from "../../own-script.js";

/** @typedef {import("./messages.js").Image} Image */
/** @typedef {import("./messages.js").Commands} Commands */
/** @typedef {import("./messages.js").Request} Request */
/** @typedef {import("./modules.js").KernelModule} KernelModule */

const PAGE_BYTES = 65536;
const STACK_BYTES = 256 << 10; // of a thread; the module is linked with one for the thread that leads
const PROGRAM_BASE = 8 << 20; // where stacks end, see py/glowworm/devices/wasm/script.py

/** @implements {Commands} */
class Team {
  /** @type {KernelModule | null} */
  #kernels = null;
  #threads = 1;
  /** @type {Worker[]} */
  #helpers = [];
  /** @type {Image | null} */
  #image = null;
  /** @type {any} exports of the module */
  #exports = null;
  #bytes = new Uint8Array(0);

  /**
   * @param {KernelModule} kernels
   * @param {number} threads
   */
  open(kernels, threads) {
    this.#kernels = kernels;
    this.#threads = threads;
    for (let i = 1; i < threads; i++) {
      const script = ownScript(new URL("helper.js", import.meta.url));
      this.#helpers.push(new Worker(script, { type: "module", name: `Glowworm thread ${i}` }));
    }
  }

  /**
   * @param {Image} image
   * @param {Uint8Array} script
   */
  async allocate(image, script) {
    const { module, shared } = /** @type {KernelModule} */ (this.#kernels);
    this.#exports?.dismiss?.();
    this.#exports = null;
    this.#bytes = new Uint8Array(0);
    const pages = Math.ceil(image.bytes / PAGE_BYTES);
    const memory = allocate(pages, shared);
    const { exports } = /** @type {any} */ (await WebAssembly.instantiate(module, { env: { memory } }));
    const stacks = Math.ceil(exports.__heap_base.value / STACK_BYTES) * STACK_BYTES;
    if (stacks + this.#helpers.length * STACK_BYTES > PROGRAM_BASE) throw new Error("no room for the threads' stacks");
    exports.gather(this.#threads);
    await Promise.all(
      this.#helpers.map(
        (helper, index) =>
          new Promise((resolve) => {
            helper.addEventListener("message", resolve, { once: true });
            helper.postMessage({ module, memory, stack: stacks + (index + 1) * STACK_BYTES });
          }),
      ),
    );
    this.#exports = exports;
    this.#image = image;
    this.#bytes = new Uint8Array(memory.buffer);
    this.#bytes.set(script, image.script);
  }

  /**
   * Puts consecutive blocks of a tensor where they belong.
   *
   * @param {number} index       of the load
   * @param {number} firstBlock  counted from the load's first
   * @param {Uint8Array<ArrayBuffer>} piece
   * @returns {Uint8Array<ArrayBuffer>} the same, whose memory can be used again
   */
  load(index, firstBlock, piece) {
    const image = this.#loaded();
    const [, , kind, blockBytes, first, blocksPerRow, address] = image.loads[index];
    if (kind < 0) {
      this.#bytes.set(piece, address + (first + firstBlock) * blockBytes);
      return piece;
    }
    this.#bytes.set(piece, image.staging);
    const blocks = piece.byteLength / blockBytes;
    this.#exports.repack(kind, image.staging, blocks, first + firstBlock, blocksPerRow, address);
    return piece;
  }

  /**
   * @param {string} buffer
   * @param {number} offset
   * @param {Uint8Array} data
   */
  write(buffer, offset, data) {
    this.#bytes.set(data, this.#loaded().buffers[buffer][0] + offset);
  }

  /**
   * @param {string} phase
   * @param {boolean} head
   * @param {number} times
   */
  run(phase, head, times) {
    const [bodyScript, headScript] = this.#loaded().phases[phase];
    for (let i = 0; i < times; i++) {
      this.#exports.run(bodyScript);
      if (head) this.#exports.run(headScript);
    }
  }

  /**
   * @param {string} buffer
   * @param {number} offset
   * @param {number} bytes
   */
  read(buffer, offset, bytes) {
    const start = this.#loaded().buffers[buffer][0] + offset;
    return this.#bytes.slice(start, start + bytes);
  }

  synchronise() {}

  #loaded() {
    if (!this.#image || !this.#exports) throw new Error("no program");
    return this.#image;
  }
}

/**
 * @param {number} pages
 * @param {boolean} shared
 */
function allocate(pages, shared) {
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared });
  } catch (cause) {
    const message =
      `The browser does not give the ${Math.ceil((pages * PAGE_BYTES) / 1e6)} MB of memory that this model needs; ` +
      "close other tabs and programs, or choose a smaller model.";
    throw new GlowwormError("DeviceError", message, { cause });
  }
}

const team = new Team();
/** @type {unknown} the first failure of a command: nothing after it can be right until the next program is loaded */
let broken = null;
let turn = Promise.resolve();

addEventListener("message", ({ data }) => {
  turn = turn.then(() => perform(data));
});

/** @param {Request} request */
async function perform({ name, args }) {
  try {
    if (name === "allocate") broken = null;
    if (broken) throw broken;
    const value = await /** @type {any} */ (team)[name](...args);
    postMessage({ value }, value instanceof Uint8Array ? [value.buffer] : []);
  } catch (error) {
    broken = error;
    postMessage({ failure: toFailure(error) });
  }
}
