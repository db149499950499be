/**
 * Lets a test drive the page's own WebGPU device: `chromium.py` is the other half.
 *
 * Commands are lists of a name and arguments, executed in order; bytes cross as base64.
 */

import { openGpu } from "/worker/gpu.js";

/** @type {Map<string, { gpu: import("../../../../web/worker/gpu.js").Gpu, complaints: string[] }>} */
const devices = new Map();

/**
 * @param {string} name
 * @param {string[] | undefined} features
 */
async function openDevice(name, features) {
  const gpu = await openGpu({ features, defaultLimits: true });
  /** @type {string[]} */
  const complaints = [];
  gpu.device.addEventListener("uncapturederror", ({ error }) => complaints.push(error.message));
  devices.set(name, { gpu, complaints });
  return gpu.info;
}

/** @type {Record<string, (gpu: import("../../../../web/worker/gpu.js").Gpu, ...args: any[]) => unknown>} */
const COMMANDS = {
  async load(gpu, words, strings, shaders) {
    const weights = new Uint8Array(await (await fetch("/weights")).arrayBuffer());
    const source = {
      size: weights.byteLength,
      read: async (/** @type {number} */ offset, /** @type {number} */ length) => weights.subarray(offset, offset + length),
    };
    await gpu.load(new Uint32Array(Uint8Array.fromBase64(words).buffer), strings, shaders, source);
  },
  write(gpu, buffer, offset, data) {
    gpu.write(buffer, offset, Uint8Array.fromBase64(data));
  },
  run(gpu, phase, head, times) {
    gpu.run(phase, head, times);
  },
  synchronise(gpu) {
    return gpu.synchronise();
  },
  sampled(gpu, count) {
    return gpu.sampled(count);
  },
  async read(gpu, buffer, offset, bytes) {
    return (await gpu.read(buffer, offset, bytes)).toBase64();
  },
  async measure(gpu, phase, head, times) {
    await gpu.synchronise();
    const start = performance.now();
    gpu.run(phase, head, times);
    await gpu.synchronise();
    return (performance.now() - start) / 1000;
  },
  close(gpu) {
    gpu.close();
  },
};

/**
 * @param {string} name
 * @param {[string, ...unknown[]][]} commands
 * @returns {Promise<{ answers: unknown[], complaints: string[] }>}
 */
async function execute(name, commands) {
  const { gpu, complaints } = /** @type {NonNullable<ReturnType<typeof devices.get>>} */ (devices.get(name));
  const answers = [];
  try {
    for (const [command, ...args] of commands) answers.push((await COMMANDS[command](gpu, ...args)) ?? null);
  } catch (error) {
    complaints.push(String(error));
  }
  return { answers, complaints: complaints.splice(0) };
}

Object.assign(window, { openDevice, execute });
