/**
 * Lets a test drive the page's own devices: `chromium.py` is the other half.
 *
 * Commands are lists of a name and arguments, executed in order; bytes cross as base64.
 */

import { openCpu } from "/worker/cpu/cpu.js";
import { openGpu } from "/worker/gpu.js";

/** @typedef {import("../../../../web/worker/gpu.js").Gpu} Gpu */
/** @typedef {import("../../../../web/worker/cpu/cpu.js").Cpu} Cpu */

/** @type {Map<string, { device: Gpu | Cpu, complaints: string[] }>} */
const devices = new Map();

/**
 * @param {string} name
 * @param {"webgpu" | "wasm"} kind
 * @param {{ features?: string[], threads?: number }} options
 */
async function openDevice(name, kind, options) {
  /** @type {string[]} */
  const complaints = [];
  const onLost = (/** @type {string} */ reason) => complaints.push(reason);
  let device;
  if (kind === "wasm") {
    device = await openCpu({ ...options, onLost });
  } else {
    device = await openGpu({ ...options, defaultLimits: true });
    device.device.addEventListener("uncapturederror", ({ error }) => complaints.push(error.message));
  }
  devices.set(name, { device, complaints });
  return device.info;
}

/**
 * What `chromium.py` sent as bytes or words.
 * @param {any} part
 */
function received(part) {
  if (part?.bytes !== undefined) return Uint8Array.fromBase64(part.bytes);
  return part?.words === undefined ? part : new Uint32Array(Uint8Array.fromBase64(part.words).buffer);
}

/** @type {Record<string, (device: any, ...args: any[]) => unknown>} */
const COMMANDS = {
  async load(device, ...program) {
    const weights = new Uint8Array(await (await fetch("/weights")).arrayBuffer());
    const source = {
      size: weights.byteLength,
      read: async (/** @type {number} */ offset, /** @type {number} */ length) => weights.slice(offset, offset + length),
    };
    await device.load(...program.map(received), source);
  },
  write(device, buffer, offset, data) {
    device.write(buffer, offset, Uint8Array.fromBase64(data));
  },
  run(device, phase, head, times) {
    device.run(phase, head, times);
  },
  synchronise(device) {
    return device.synchronise();
  },
  sampled(device, count) {
    return device.sampled(count);
  },
  async read(device, buffer, offset, bytes) {
    return (await device.read(buffer, offset, bytes)).toBase64();
  },
  async measure(device, phase, head, times) {
    await device.synchronise();
    const start = performance.now();
    device.run(phase, head, times);
    await device.synchronise();
    return (performance.now() - start) / 1000;
  },
  close(device) {
    device.close();
  },
};

/**
 * @param {string} name
 * @param {[string, ...unknown[]][]} commands
 * @returns {Promise<{ answers: unknown[], complaints: string[] }>}
 */
async function execute(name, commands) {
  const { device, complaints } = /** @type {NonNullable<ReturnType<typeof devices.get>>} */ (devices.get(name));
  const answers = [];
  try {
    for (const [command, ...args] of commands) answers.push((await COMMANDS[command](device, ...args)) ?? null);
  } catch (error) {
    complaints.push(String(error));
  }
  return { answers, complaints: complaints.splice(0) };
}

Object.assign(window, { openDevice, execute });
