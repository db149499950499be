/** What is running, in words. */

import { formatBytes } from "./status-panel.js";

/**
 * @param {Record<string, any>} info  of the engine
 * @returns {string} such as "Glowworm storyteller · 3.3 MB · software graphics"
 */
export function describeModel(info) {
  const parts = [info.name, formatBytes(info.size_bytes)];
  if (info.device) parts.push(describeDevice(info.device));
  return parts.join(" · ");
}

/**
 * @param {Record<string, any>} device  of the engine's info
 * @returns {string} such as "Apple M3" or "processor, 4 threads"
 */
export function describeDevice({ kind, threads, software, description, vendor }) {
  if (kind === "wasm") return threads > 1 ? `processor, ${threads} threads` : "processor";
  return software ? "software graphics" : description || vendor || "WebGPU";
}
