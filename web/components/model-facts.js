/** What is running, in words. */

import { formatBytes } from "./status-panel.js";

/**
 * @param {Record<string, any>} info  of the engine
 * @param {string} [title]            what the model is called where there are several
 * @returns {string} such as "Glowworm storyteller · 5.6 MB · processor, 4 threads"
 */
export function describeModel({ size_bytes, device }, title = "On this device") {
  return [title, formatBytes(size_bytes), describeDevice(device)].join(" · ");
}

/**
 * @param {Record<string, any>} device  of the engine's info
 * @returns {string} such as "Apple M3" or "processor, 4 threads"
 */
export function describeDevice({ kind, threads, software, description, vendor }) {
  if (kind === "wasm") return threads > 1 ? `processor, ${threads} threads` : "processor";
  return software ? "software graphics" : description || vendor || "WebGPU";
}
