/** Which of the compiled kernels this browser can run. */

import { GlowwormError } from "../../errors.js";

/** The smallest module with a relaxed dot product: (func (param v128 v128 v128) (result v128) i32x4.relaxed_dot_…). */
const RELAXED_DOT = [
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 8, 1, 96, 3, 123, 123, 123, 1, 123, 3, 2, 1, 0],
  ...[10, 13, 1, 11, 0, 32, 0, 32, 1, 32, 2, 253, 147, 2, 11],
];
/** The smallest with 128-bit vectors: (func (result v128) i32.const 0, i8x16.splat). */
const SIMD = [...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0], ...[10, 8, 1, 6, 0, 65, 0, 253, 15, 11]];

/**
 * @typedef {object} KernelModule
 * @property {WebAssembly.Module} module
 * @property {boolean} relaxed  with relaxed SIMD
 * @property {boolean} shared   for shared memory and several threads
 */

/** @returns {boolean} whether memory can be shared between workers */
export function canShare() {
  return globalThis.crossOriginIsolated === true;
}

/** @returns {boolean} whether relaxed SIMD can be used */
export function hasRelaxed() {
  return WebAssembly.validate(Uint8Array.from(RELAXED_DOT));
}

/**
 * @param {{ relaxed: boolean, shared: boolean }} features
 * @returns {Promise<KernelModule>}
 * @throws {GlowwormError} kind DeviceError: the browser cannot run any
 */
export async function compileKernels({ relaxed, shared }) {
  if (!WebAssembly.validate(Uint8Array.from(SIMD))) {
    throw new GlowwormError(
      "DeviceError",
      "This browser is too old to run the model on the processor; update it, or use a recent Chrome, Edge, Safari or Firefox.",
    );
  }
  const name = `${relaxed ? "relaxed" : "simd"}${shared ? "-threads" : ""}.wasm`;
  const code = await fetchCode(new URL(`../../kernels/${name}`, import.meta.url)).catch(() => null);
  if (!code) {
    throw new GlowwormError("DeviceError", `A part of the application, ${name}, could not be fetched; reload the page.`);
  }
  return { module: await WebAssembly.compile(code), relaxed, shared };
}

/**
 * Whole, because compiling what streams in asks for a MIME type that not every host gives.
 * @param {URL} url
 */
async function fetchCode(url) {
  const answer = await fetch(url);
  return answer.ok ? answer.arrayBuffer() : null;
}
