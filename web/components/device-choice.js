/** What models run on: as the page's address says (`?device=wasm&threads=2`), else as was chosen in the settings. */

import { keep, recall } from "./kept.js";

/** @typedef {"auto" | "webgpu" | "wasm"} DeviceChoice */

const CHOICES = ["auto", "webgpu", "wasm"];

/** @returns {{ device: DeviceChoice, threads?: number }} */
export function deviceChoice() {
  const asked = new URLSearchParams(location.search);
  const device = asked.get("device") ?? recall("device") ?? "auto";
  const threads = Number.parseInt(asked.get("threads") ?? "", 10);
  return {
    device: /** @type {DeviceChoice} */ (CHOICES.includes(device) ? device : "auto"),
    ...(threads > 0 ? { threads } : {}),
  };
}

/**
 * Applies to models that are loaded from now on.
 * @param {DeviceChoice} device
 */
export function keepDeviceChoice(device) {
  keep("device", device);
}
