/** What is running, in words. */

import { formatBytes } from "./status-panel.js";

/**
 * @param {Record<string, any>} info  of the engine
 * @returns {string} such as "Glowworm storyteller · 3.3 MB · software graphics"
 */
export function describeModel(info) {
  const parts = [info.name, formatBytes(info.size_bytes)];
  const { device } = info;
  if (device) parts.push(device.software ? "software graphics" : device.description || device.vendor || "WebGPU");
  return parts.join(" · ");
}
