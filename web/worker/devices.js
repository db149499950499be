/**
 * Which device a model runs on: the graphics device where it is real, agrees with the processor and is faster;
 * the processor otherwise, or when asked for.
 */

import { GlowwormError } from "../errors.js";
import { openCpu } from "./cpu/cpu.js";
import { openGpu } from "./gpu.js";
import { JsonCache } from "./json-cache.js";

/** @typedef {import("./cpu/cpu.js").Cpu} Cpu */
/** @typedef {import("./gpu.js").Gpu} Gpu */
/** @typedef {"auto" | "webgpu" | "wasm"} DeviceChoice */

/**
 * What a trial of both devices showed.
 * @typedef {object} Verdict
 * @property {boolean} agree              both compute the same
 * @property {number | null} difference   of their logits, relative; null when one had computed no number
 * @property {[number, number]} seconds   of a decoded token, on the graphics device and on the processor
 * @property {number[]} [fingerprint]     some logits of the whole model on the graphics device, from that time
 */

/**
 * @typedef {object} Chosen
 * @property {Gpu | Cpu} device
 * @property {string} reason          why this one, in a sentence
 * @property {Verdict | null} verdict
 * @property {string | null} key      of a graphics device: under which its verdict is remembered
 */

/**
 * @typedef {object} DeviceOptions
 * @property {DeviceChoice} [device]
 * @property {number} [threads]     of the processor
 * @property {string[]} [features]  of the device that `device` names; by default it uses all that there are
 */

const verdicts = new JsonCache("glowworm-verdicts", 32);

/** Those of this session, which must hold even where nothing can be stored. @type {Map<string, Verdict | null>} */
const recent = new Map();

const LARGEST_CHANGE = 0.01; // of a fingerprint, relative

const ASKED = "This device was chosen in the settings.";
const ABSENT = "This browser offers no WebGPU here, so the model runs on the processor.";
const UNOPENED = "The graphics device could not be opened, so the model runs on the processor.";
const SOFTWARE = "This browser's WebGPU is emulated on the processor, which is faster without.";
const FASTER = "It was the faster one when both were tried.";
const UNTRIED = "The graphics device could not be compared with the processor.";
export const WRONG_RESULTS = "The graphics device computes wrong results here, so the model runs on the processor instead.";
export const GONE = "The graphics device failed, so the model runs on the processor from now on.";

/**
 * @param {DeviceOptions} options
 * @param {() => Promise<string>} subject  what verdicts are about besides the adapter: the model and the version
 * @param {(reason: string) => void} onLost
 * @returns {Promise<Chosen>}
 * @throws {GlowwormError} kind DeviceError
 */
export async function chooseDevice({ device: wanted = "auto", threads, features }, subject, onLost) {
  const processor = async (/** @type {string} */ reason, /** @type {Verdict | null} */ verdict = null) => ({
    device: await openCpu({ onLost, threads, features: wanted === "wasm" ? features : undefined }),
    reason,
    verdict,
    key: null,
  });
  if (wanted === "wasm") return processor(ASKED);
  let gpu;
  try {
    gpu = await openGpu({ onLost, features: wanted === "webgpu" ? features : undefined });
  } catch (error) {
    if (wanted === "webgpu" || !(error instanceof GlowwormError)) throw error;
    return processor(error.cause ? UNOPENED : ABSENT);
  }
  if (wanted === "auto" && gpu.info.software) {
    gpu.close();
    return processor(SOFTWARE);
  }
  const key = JSON.stringify([await subject(), gpu.info, ...(threads ? [threads] : [])]);
  const verdict = await recall(key);
  const asked = wanted === "webgpu";
  const reason = verdict && unfit(verdict, asked);
  if (reason) {
    gpu.close();
    return processor(reason, verdict);
  }
  return { device: gpu, reason: asked ? ASKED : FASTER, verdict, key };
}

/**
 * Tries a graphics device that nothing is known of beside the processor, and decides between them.
 *
 * @param {Chosen} chosen
 * @param {DeviceOptions} options
 * @param {(gpu: Gpu, cpu: Cpu) => Promise<Verdict>} compare
 * @param {(reason: string) => void} onLost
 * @returns {Promise<Chosen>}
 */
export async function settle(chosen, options, compare, onLost) {
  const gpu = /** @type {Gpu} */ (chosen.device);
  let chosenCpu = false; // before that its end is no loss
  /** @type {Cpu} */
  let cpu;
  try {
    cpu = await openCpu({ onLost: (reason) => chosenCpu && onLost(reason), threads: options.threads });
  } catch {
    return { ...chosen, key: null, reason: UNTRIED };
  }
  try {
    const verdict = await compare(gpu, cpu);
    await remember(/** @type {string} */ (chosen.key), verdict);
    const reason = unfit(verdict, options.device === "webgpu");
    chosenCpu = reason !== "";
    (chosenCpu ? gpu : cpu).close();
    return reason ? { device: cpu, reason, verdict, key: null } : { ...chosen, verdict };
  } catch {
    if (gpu.lost && !cpu.lost) {
      chosenCpu = true;
      gpu.close();
      return { device: cpu, reason: GONE, verdict: null, key: null };
    }
    cpu.close();
    return { ...chosen, key: null, reason: UNTRIED }; // what is wrong will show when the whole model is loaded
  }
}

/**
 * Whether a graphics device still computes what it did when it was tried. Where it does not, its verdict is void.
 *
 * @param {Chosen} chosen
 * @param {number[] | null} fingerprint  of the model that was just loaded; null if not all of it are numbers
 * @returns {Promise<boolean>}
 */
export async function confirm({ key, verdict }, fingerprint) {
  if (key === null || verdict === null) return true; // there is nothing to compare with
  if (fingerprint === null) {
    await remember(key, { ...verdict, agree: false, difference: null });
    return false;
  }
  if (!verdict.fingerprint) {
    await remember(key, { ...verdict, fingerprint });
    return true;
  }
  const same = distance(fingerprint, verdict.fingerprint) < LARGEST_CHANGE;
  if (!same) await remember(key, null);
  return same;
}

/**
 * @param {string} key
 * @returns {Promise<Verdict | null>}
 */
async function recall(key) {
  return recent.get(key) ?? (recent.has(key) ? null : verdicts.recall(key));
}

/**
 * @param {string} key
 * @param {Verdict | null} verdict
 */
async function remember(key, verdict) {
  recent.set(key, verdict);
  await verdicts.remember(key, verdict);
}

/**
 * ‖a - b‖ / ‖b‖
 * @param {number[]} a
 * @param {number[]} b
 */
function distance(a, b) {
  return Math.hypot(...a.map((x, index) => x - b[index])) / Math.hypot(...b);
}

/**
 * Why a graphics device is not to be used, in a sentence; "" when it is.
 *
 * @param {Verdict} verdict
 * @param {boolean} asked  someone wants it though it may be slower
 */
function unfit({ agree, seconds: [gpu, cpu] }, asked) {
  if (!agree) return WRONG_RESULTS;
  return cpu < gpu && !asked ? "The processor was faster than the graphics device when both were tried." : "";
}
