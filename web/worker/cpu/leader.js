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
/** @typedef {import("./messages.js").Post} Post */
/** @typedef {import("./messages.js").Reply} Reply */
/** @typedef {import("./messages.js").Start} Start */
/** @typedef {import("./modules.js").KernelModule} KernelModule */

const PAGE_BYTES = 65536;
const STACK_BYTES = 256 << 10; // of a thread; the module is linked with one for the thread that leads
const PROGRAM_BASE = 8 << 20; // where stacks end, see py/glowworm/devices/wasm/script.py

const NO_THREAD = "A thread could not be started; close other tabs, or reload the page.";

/** A thread that helps. */
class Helper {
  #worker;
  /** @type {Promise<never>} */
  #failure;

  /**
   * @param {number} index
   * @param {MessagePort} alarm
   */
  constructor(index, alarm) {
    const script = ownScript(new URL("helper.js", import.meta.url));
    this.#worker = new Worker(script, { type: "module", name: `Glowworm thread ${index}` });
    this.#failure = new Promise((_, reject) => {
      const fail = (/** @type {string} */ cause) => reject(new GlowwormError("DeviceError", NO_THREAD, { cause }));
      this.#worker.addEventListener("error", (event) => {
        event.preventDefault();
        fail(event.message); // none when the script could not be fetched
      });
      this.#worker.addEventListener("message", (/** @type {MessageEvent<Start>} */ { data }) => {
        if (data.failure) fail(data.failure);
      });
    });
    this.#failure.catch(() => {}); // waited for when a program is to start
    this.#worker.postMessage(/** @type {Post} */ ({ alarm }), [alarm]);
  }

  /**
   * @param {Post} post
   * @returns {Promise<unknown>} once the thread serves
   * @throws {GlowwormError} kind DeviceError, then and ever after
   */
  start(post) {
    const begun = new Promise((resolve) => this.#worker.addEventListener("message", resolve, { once: true }));
    this.#worker.postMessage(post);
    return Promise.race([this.#failure, begun]);
  }
}

/** @implements {Commands} */
class Team {
  /** @type {KernelModule | null} */
  #kernels = null;
  /** @type {Helper[]} */
  #helpers = [];
  /** @type {Image | null} */
  #image = null;
  /** @type {any} exports of the module */
  #exports = null;
  #bytes = new Uint8Array(0);

  /**
   * @param {KernelModule} kernels
   * @param {MessagePort[]} alarms
   */
  open(kernels, alarms) {
    this.#kernels = kernels;
    this.#helpers = alarms.map((alarm, index) => new Helper(index + 1, alarm));
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
    exports.gather(1 + this.#helpers.length);
    const stackOf = (/** @type {number} */ index) => stacks + (index + 1) * STACK_BYTES;
    await Promise.all(this.#helpers.map((helper, index) => helper.start({ module, memory, stack: stackOf(index) })));
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
    answer({ value }, value instanceof Uint8Array ? [value.buffer] : []);
  } catch (error) {
    broken = error;
    // After a trap the other threads wait for ever for this one.
    answer(error instanceof WebAssembly.RuntimeError ? { lost: error.message } : { failure: toFailure(error) });
  }
}

/**
 * @param {Reply} reply
 * @param {Transferable[]} [transfer]
 */
function answer(reply, transfer = []) {
  postMessage(reply, { transfer });
}
