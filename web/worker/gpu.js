/**
 * The page's WebGPU device: holds a program's memory on the GPU and replays its phases.
 *
 * Python builds the program and decides what runs when; nothing here knows models, kernels or tokens' meaning.
 * `py/glowworm/devices/page.py` is the other half.
 */

import { GlowwormError } from "../errors.js";
import { decodeProgram } from "./plan.js";
import { lastTokens, STATE_BYTES } from "./state.js";
import { WindowReader } from "./window-reader.js";

/** @typedef {import("./plan.js").Program} Program */
/** @typedef {import("./plan.js").Dispatch} Dispatch */
/** @typedef {import("./plan.js").Load} Load */
/** @typedef {import("./window-reader.js").Source} Source */
/** @typedef {import("./plan-memory.js").RememberedProgram} RememberedProgram */
/** @typedef {(phase: "kernels" | "weights", done: number, total: number) => void} LoadProgress */
/** @typedef {{ pipeline: GPUComputePipeline, group: GPUBindGroup, grid: [number, number, number] }} Step */

const PIECE_BYTES = 8 << 20; // of weights uploaded at once
const IN_FLIGHT_BYTES = 4 * PIECE_BYTES; // of weights handed to the queue but not yet on the GPU
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|warp|basic render/i;
const NO_WEBGPU =
  "This browser offers no WebGPU, which was asked for; use a recent Chrome, Edge, Safari or Firefox, turn on hardware " +
  "acceleration in the browser's settings, or let the model run on the processor.";
const LOST = "The graphics device was lost; the model has to be loaded again.";
const INSECURE =
  "Browsers offer WebGPU, which was asked for, to secure pages only; open this page by https, or on localhost.";

/**
 * @typedef {object} GpuInfo
 * @property {"webgpu"} kind
 * @property {string} vendor
 * @property {string} architecture
 * @property {string} description
 * @property {boolean} software   a software adapter: correct, but slow
 * @property {string[]} features  those in use
 * @property {number} max_binding bytes
 * @property {number} max_buffer  bytes
 * @property {number} subgroup_size  the smallest that the adapter runs
 */

/**
 * @typedef {object} GpuOptions
 * @property {(reason: string) => void} [onLost]  the device went away, and not because of `close`
 * @property {string[]} [features]  which optional features to use; by default those that the adapter has
 * @property {boolean} [defaultLimits]  stay within the limits that every adapter guarantees
 */

/**
 * @param {GpuOptions} [options]
 * @returns {Promise<Gpu>}
 * @throws {GlowwormError} kind DeviceError: there is no usable adapter
 */
export async function openGpu({ onLost, features, defaultLimits = false } = {}) {
  if (!globalThis.isSecureContext) throw new GlowwormError("DeviceError", INSECURE);
  const adapter = await navigator.gpu?.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) throw new GlowwormError("DeviceError", NO_WEBGPU);
  const wanted = features ?? ["subgroups", "timestamp-query"];
  const requiredFeatures = /** @type {GPUFeatureName[]} */ (wanted.filter((name) => adapter.features.has(name)));
  const { maxStorageBufferBindingSize, maxBufferSize } = adapter.limits;
  const requiredLimits = defaultLimits ? {} : { maxStorageBufferBindingSize, maxBufferSize };
  const device = await adapter.requestDevice({ requiredFeatures, requiredLimits }).catch((error) => {
    throw new GlowwormError("DeviceError", `The graphics device could not be opened (${error.message}); restart the browser.`, { cause: error });
  });
  const { vendor, architecture, description, device: model } = adapter.info;
  const names = [vendor, architecture, model, description].join(" ");
  const info = {
    kind: /** @type {const} */ ("webgpu"),
    vendor,
    architecture,
    description: description || model || architecture || vendor || "unnamed adapter",
    software: adapter.info.isFallbackAdapter || SOFTWARE.test(names),
    features: requiredFeatures,
    max_binding: device.limits.maxStorageBufferBindingSize,
    max_buffer: device.limits.maxBufferSize,
    subgroup_size: adapter.info.subgroupMinSize ?? 4,
  };
  return new Gpu(device, info, onLost);
}

/** One GPU device and the program on it. Calls take effect in the order in which they are made. */
export class Gpu {
  /** @type {GPUBuffer[]} */
  #buffers = [];
  /** @type {Map<string, { body: Step[], head: Step[] }>} */
  #phases = new Map();
  /** @type {Map<string, number>} */
  #names = new Map();
  /** @type {{ program: RememberedProgram, work: Promise<void> } | null} */
  #anticipated = null;
  #loading = 0; // counts loads: one that is no longer the last gives up
  /** @type {string | null} */
  #lost = null;
  #closed = false;

  /**
   * @param {GPUDevice} device
   * @param {GpuInfo} info
   * @param {((reason: string) => void)} [onLost]
   */
  constructor(device, info, onLost) {
    this.device = device;
    this.info = info;
    /** What loading took of the GPU's memory at the most. */
    this.peakBytes = 0;
    /** The program that was loaded last, to be remembered. @type {RememberedProgram | null} */
    this.program = null;
    /** Whether that program had been begun by `anticipate`. */
    this.anticipated = false;
    device.lost.then(({ message, reason }) => {
      this.#lost = message || reason;
      if (!this.#closed) onLost?.(this.#lost);
    });
  }

  /**
   * Begins to load a program that `load` will probably ask for.
   *
   * @param {RememberedProgram} program
   * @param {Source} source
   * @param {LoadProgress} [onProgress]
   */
  anticipate(program, source, onProgress) {
    const work = this.#load(program, source, onProgress);
    work.catch(() => {}); // `load` looks at it
    this.#anticipated = { program, work };
  }

  /**
   * Allocates an encoded program, streams its weights from `source`, builds its kernels.
   *
   * @param {Uint32Array} words
   * @param {string[]} strings
   * @param {string[]} shaders  one WGSL source per kernel
   * @param {Source} source
   * @param {LoadProgress} [onProgress]
   */
  async load(words, strings, shaders, source, onProgress) {
    const anticipated = this.#anticipated;
    this.#anticipated = null;
    this.program = { words: [...words], strings, shaders };
    if (anticipated) {
      this.anticipated = same(anticipated.program, this.program);
      if (!this.anticipated) this.#loading++; // ends the other one at its next piece of weights
      const loaded = await anticipated.work.then(
        () => true,
        () => false,
      );
      if (loaded && this.anticipated) return;
      this.anticipated = false;
    }
    await this.#load(this.program, source, onProgress);
  }

  /**
   * @param {RememberedProgram} remembered
   * @param {Source} source
   * @param {LoadProgress} [onProgress]
   */
  async #load({ words, strings, shaders }, source, onProgress) {
    const loading = ++this.#loading;
    const program = decodeProgram(Uint32Array.from(words), strings);
    await this.#guarded(async () => {
      this.#release();
      this.#allocate(program);
      // The weights come first, because their kernels must not queue behind the others.
      const [, pipelines] = await Promise.all([
        this.#loadWeights(program, shaders, source, onProgress),
        this.#compile(program, shaders, onProgress),
      ]);
      if (loading !== this.#loading) throw new Error("superseded");
      const steps = (/** @type {Dispatch[]} */ dispatches) =>
        dispatches.map(({ kernel, grid, bindings }) => ({
          pipeline: pipelines[kernel],
          group: this.#bind(pipelines[kernel], bindings.map((region) => this.#resource(region))),
          grid,
        }));
      for (const [name, { body, head }] of program.phases) {
        this.#phases.set(name, { body: steps(body), head: steps(head) });
      }
    });
  }

  /**
   * @param {string} buffer
   * @param {number} offset  bytes
   * @param {Uint8Array<ArrayBuffer>} data
   */
  write(buffer, offset, data) {
    this.#check();
    this.device.queue.writeBuffer(this.#buffer(buffer), offset, data);
  }

  /**
   * Replays a phase's body, and its head if asked for, `times` times.
   *
   * @param {string} phase
   * @param {boolean} head
   * @param {number} times
   */
  run(phase, head, times) {
    this.#check();
    const steps = this.#phases.get(phase);
    if (!steps) throw new Error(`no phase ${phase}`);
    const encoder = this.device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (let i = 0; i < times; i++) {
      replay(pass, steps.body);
      if (head) replay(pass, steps.head);
    }
    pass.end();
    this.device.queue.submit([encoder.finish()]);
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
  async read(buffer, offset, bytes) {
    this.#check();
    const { device } = this;
    const copy = device.createBuffer({ size: bytes, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(this.#buffer(buffer), offset, copy, 0, bytes);
    device.queue.submit([encoder.finish()]);
    try {
      await copy.mapAsync(GPUMapMode.READ);
      return new Uint8Array(copy.getMappedRange().slice(0));
    } catch (error) {
      throw await this.#failure(error);
    } finally {
      copy.destroy();
    }
  }

  /** Waits until everything run so far is done. */
  async synchronise() {
    this.#check();
    await this.device.queue.onSubmittedWorkDone().catch(async (error) => {
      throw await this.#failure(error);
    });
    this.#check();
  }

  /** Whether the device is no more. */
  get lost() {
    return this.#lost !== null;
  }

  close() {
    this.#closed = true;
    this.#release();
    this.device.destroy();
  }

  #check() {
    if (this.#lost !== null) throw new GlowwormError("DeviceLostError", LOST);
  }

  /**
   * What waiting for the device failed with: it does a moment before the device says that it is lost, and for no
   * other reason.
   *
   * @param {unknown} error
   */
  async #failure(error) {
    await Promise.race([this.device.lost, new Promise((resolve) => setTimeout(resolve, 100))]);
    this.#lost ??= error instanceof Error ? error.message : String(error);
    return new GlowwormError("DeviceLostError", LOST, { cause: error });
  }

  /**
   * Turns the device's own complaints while `work` runs into one error.
   *
   * @param {() => Promise<void>} work
   */
  async #guarded(work) {
    const { device } = this;
    device.pushErrorScope("out-of-memory");
    device.pushErrorScope("validation");
    /** @type {unknown} */
    let failure = null;
    try {
      await work();
    } catch (error) {
      failure = error;
    }
    const [invalid, memory] = await Promise.all([device.popErrorScope(), device.popErrorScope()]);
    this.#check();
    if (memory) {
      throw new GlowwormError(
        "DeviceError",
        "The graphics device has too little memory for this model; close other tabs, or choose a smaller model.",
      );
    }
    if (invalid && !(failure instanceof GlowwormError)) {
      throw new GlowwormError("DeviceError", `The graphics device refused the model's kernels (${invalid.message}).`);
    }
    if (failure) throw failure;
  }

  /** @param {Program} program */
  #allocate(program) {
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
    this.#buffers = program.buffers.map(({ name, bytes }) => this.device.createBuffer({ label: name, size: bytes, usage }));
    this.#names = new Map(program.buffers.map(({ name }, index) => [name, index]));
    const bytes = program.buffers.reduce((sum, buffer) => sum + buffer.bytes, PIECE_BYTES); // and one piece on its way
    this.peakBytes = Math.max(this.peakBytes, bytes);
  }

  #release() {
    for (const buffer of this.#buffers) buffer.destroy();
    this.#buffers = [];
    this.#phases.clear();
  }

  /**
   * @param {Program} program
   * @param {string[]} shaders
   * @param {((phase: "kernels", done: number, total: number) => void)} [onProgress]
   */
  #compile(program, shaders, onProgress) {
    const indices = new Set([...program.phases.values()].flatMap(({ body, head }) => [...body, ...head].map((d) => d.kernel)));
    let done = 0;
    /** @type {GPUComputePipeline[]} */
    const pipelines = [];
    return Promise.all(
      [...indices].map(async (index) => {
        pipelines[index] = await this.#pipeline(program.kernels[index], shaders[index]);
        onProgress?.("kernels", ++done, indices.size);
      }),
    ).then(() => pipelines);
  }

  /**
   * @param {import("./plan.js").KernelSpec} kernel
   * @param {string} code
   */
  #pipeline({ label, writes }, code) {
    const entries = writes.map((written, binding) => ({
      binding,
      visibility: GPUShaderStage.COMPUTE,
      buffer: { type: /** @type {GPUBufferBindingType} */ (written ? "storage" : "read-only-storage") },
    }));
    const layout = this.device.createPipelineLayout({ bindGroupLayouts: [this.device.createBindGroupLayout({ entries })] });
    const module = this.device.createShaderModule({ label, code });
    return this.device.createComputePipelineAsync({ label, layout, compute: { module, entryPoint: "main" } });
  }

  /**
   * @param {GPUComputePipeline} pipeline
   * @param {GPUBufferBinding[]} resources
   */
  #bind(pipeline, resources) {
    const entries = resources.map((resource, binding) => ({ binding, resource }));
    return this.device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
  }

  /** @param {import("./plan.js").Region} region */
  #resource({ buffer, offset, bytes }) {
    return { buffer: this.#buffers[buffer], offset, size: bytes };
  }

  /** @param {string} name */
  #buffer(name) {
    return this.#buffers[this.#names.get(name) ?? -1];
  }

  /**
   * Streams the weights, in the order in which they lie in the file, through the repacking kernels.
   *
   * @param {Program} program
   * @param {string[]} shaders
   * @param {Source} source
   * @param {((phase: "weights", done: number, total: number) => void)} [onProgress]
   */
  async #loadWeights(program, shaders, source, onProgress) {
    const { device } = this;
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST;
    const staging = device.createBuffer({ label: "staging", size: PIECE_BYTES, usage });
    const parameters = device.createBuffer({ label: "repack parameters", size: 16, usage });
    /** @type {Map<number, Promise<GPUComputePipeline>>} */
    const repackers = new Map();
    for (const { kernel } of program.loads) {
      if (kernel !== null && !repackers.has(kernel)) {
        const pipeline = this.#pipeline(program.kernels[kernel], shaders[kernel]);
        pipeline.catch(() => {}); // awaited below, where the failure is reported
        repackers.set(kernel, pipeline);
      }
    }
    const loading = this.#loading;
    const reader = new WindowReader(source, PIECE_BYTES);
    try {
      const loads = [...program.loads].sort((a, b) => a.fileOffset - b.fileOffset);
      const total = loads.reduce((sum, load) => sum + load.bytes, 0);
      let done = 0;
      let inFlight = 0;
      for (const load of loads) {
        const pipeline = load.kernel === null ? null : await repackers.get(load.kernel);
        for (const piece of pieces(load)) {
          const data = await reader.read(piece.fileOffset, piece.bytes);
          if (data.byteLength !== piece.bytes) {
            throw new GlowwormError("WeightsError", "The weights end early; the file is incomplete, download it again.");
          }
          this.#check();
          if (loading !== this.#loading) throw new Error("superseded");
          if (pipeline) this.#repack(pipeline, load, piece, data, staging, parameters);
          else {
            const { buffer, offset } = load.targets[0];
            device.queue.writeBuffer(this.#buffers[buffer], offset + piece.firstBlock * load.blockBytes, data);
          }
          done += piece.bytes;
          inFlight += piece.bytes;
          onProgress?.("weights", done, total);
          if (inFlight >= IN_FLIGHT_BYTES) {
            await device.queue.onSubmittedWorkDone();
            inFlight = 0;
          }
        }
      }
      await device.queue.onSubmittedWorkDone();
      onProgress?.("weights", total, total); // now they are there
    } finally {
      reader.close();
      staging.destroy();
      parameters.destroy();
    }
  }

  /**
   * @param {GPUComputePipeline} pipeline
   * @param {Load} load
   * @param {Piece} piece
   * @param {Uint8Array<ArrayBuffer>} data
   * @param {GPUBuffer} staging
   * @param {GPUBuffer} parameters
   */
  #repack(pipeline, load, piece, data, staging, parameters) {
    const { device } = this;
    device.queue.writeBuffer(staging, 0, wholeWords(data));
    device.queue.writeBuffer(parameters, 0, new Uint32Array([piece.firstBlock, piece.blocks, 0, 0]));
    const group = this.#bind(pipeline, [
      { buffer: staging },
      ...load.targets.map((region) => this.#resource(region)),
      { buffer: parameters },
    ]);
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    replay(pass, [{ pipeline, group, grid: [Math.ceil(piece.blocks / load.blocksPerWorkgroup), 1, 1] }]);
    pass.end();
    device.queue.submit([encoder.finish()]);
  }
}

/** @typedef {{ fileOffset: number, bytes: number, firstBlock: number, blocks: number }} Piece */

/**
 * Cuts a load into pieces of an even number of blocks, because repacking kernels work on pairs.
 *
 * @param {Load} load
 * @returns {Generator<Piece>}
 */
function* pieces({ fileOffset, bytes, blockBytes, firstBlock }) {
  const step = Math.floor(PIECE_BYTES / (2 * blockBytes)) * 2;
  const total = bytes / blockBytes;
  for (let first = 0; first < total; first += step) {
    const blocks = Math.min(step, total - first);
    yield { fileOffset: fileOffset + first * blockBytes, bytes: blocks * blockBytes, firstBlock: firstBlock + first, blocks };
  }
}

/**
 * @param {RememberedProgram} a
 * @param {RememberedProgram} b
 */
function same(a, b) {
  return JSON.stringify([a.words, a.strings, a.shaders]) === JSON.stringify([b.words, b.strings, b.shaders]);
}

/**
 * A queue writes whole words only.
 *
 * @param {Uint8Array<ArrayBuffer>} data
 */
function wholeWords(data) {
  if (data.byteLength % 4 === 0) return data;
  const padded = new Uint8Array((data.byteLength + 3) & ~3);
  padded.set(data);
  return padded;
}

/**
 * @param {GPUComputePassEncoder} pass
 * @param {Step[]} steps
 */
function replay(pass, steps) {
  let current = null;
  for (const { pipeline, group, grid } of steps) {
    if (pipeline !== current) pass.setPipeline((current = pipeline));
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(grid[0], grid[1], grid[2]);
  }
}
