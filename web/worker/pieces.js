/** A stored model is checked piece by piece, so that one flipped bit costs one piece and not the whole file. */

import { GlowwormError } from "../errors.js";

export const PIECE_BYTES = 8 * 1024 * 1024;

/**
 * @param {Uint8Array} bytes
 * @returns {Promise<string>} SHA-256, lower-case hexadecimal
 */
export async function digestOf(bytes) {
  return toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", /** @type {Uint8Array<ArrayBuffer>} */ (bytes))));
}

/** @param {Uint8Array} bytes */
export function toHex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Bytes that were already handed out turned out to be of another version of the file: open the model again. */
export class StaleBytesError extends GlowwormError {
  /** @param {string} message  for when opening it again did not help */
  constructor(message) {
    super("WeightsError", message);
  }
}
