/**
 * Remembers the last program of a model on a device between visits, so that its kernels can be compiled and its
 * weights uploaded while Python is still starting. Python builds the program all the same; a memory that differs
 * from it is thrown away, so nothing here has to be right, only likely.
 */

import { JsonCache } from "./json-cache.js";

/** @typedef {{ words: number[], strings: string[], shaders: string[] }} RememberedProgram */

const programs = new JsonCache("glowworm-programs", 8);

/**
 * @param {string} key
 * @returns {Promise<RememberedProgram | null>}
 */
export function recallProgram(key) {
  return programs.recall(key);
}

/**
 * @param {string} key
 * @param {RememberedProgram} program
 */
export function rememberProgram(key, program) {
  return programs.remember(key, program);
}
