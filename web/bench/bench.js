/**
 * Measures a model in this page. `?model=` names it, `device` and `threads` say what to run it on, `prompts`, `tokens`,
 * `repeats` and `context` size the work. `build.py bench` opens this page; so can anybody.
 */

import { Glowworm } from "../glowworm.js";

/** @typedef {import("../glowworm.js").LoadOptions} LoadOptions */
/** @typedef {import("../worker/load-progress.js").LoadEvent} LoadEvent */
/**
 * @typedef {{ prompt: number, ttft_ms: number[], prefill: number[], decode: number[] }} Row rates in tokens/s
 */

const parameters = new URLSearchParams(location.search);
const number = (/** @type {string} */ name, /** @type {number} */ standard) => Number(parameters.get(name) ?? standard);
const status = /** @type {HTMLElement} */ (document.getElementById("status"));
const result = /** @type {HTMLElement} */ (document.getElementById("result"));

try {
  const figures = await measure();
  result.textContent = JSON.stringify(figures, null, 1);
  status.textContent = "Done.";
  document.body.dataset.state = "ready";
} catch (error) {
  status.textContent = error instanceof Error ? error.message : String(error);
  document.body.dataset.state = "error";
}

async function measure() {
  /** @type {Record<string, number>} */
  const moments = {};
  const device = /** @type {LoadOptions["device"]} */ (parameters.get("device") ?? "auto");
  const options = {
    device,
    threads: number("threads", 0) || undefined,
    context: number("context", 0) || undefined,
    onProgress: (/** @type {LoadEvent} */ event) => {
      note(moments, event);
      status.textContent = event.message;
    },
  };
  const engine = await Glowworm.load(parameters.get("model") ?? "", options);
  const { info } = engine;
  if (device !== "auto" && device !== info.device.kind) {
    throw new Error(`The model runs on ${info.device.kind} here, not on ${device}, so there is nothing to measure.`);
  }
  const load = { ...engine.stats.load, ...moments, ready_at_ms: engine.stats.load.since_page_ms };
  const tokens = number("tokens", 32);
  let seed = 1;
  const answer = async (/** @type {number} */ prompt, /** @type {number} */ max_tokens) => {
    const options = { max_tokens, temperature: 0, ignore_eos: true };
    for await (const _ of engine.generate(randomIds(prompt, info.vocabulary, seed++), options));
    return engine.stats;
  };
  document.body.dataset.state = "generating";
  status.textContent = "Warming up…";
  await answer(16, 4);
  /** @type {Row[]} */
  const rows = [];
  for (const prompt of (parameters.get("prompts") ?? "128,512").split(",").map(Number)) {
    /** @type {Row} */
    const row = { prompt, ttft_ms: [], prefill: [], decode: [] };
    for (let i = 0; i < number("repeats", 3); i++) {
      status.textContent = `Prompt of ${prompt} tokens, run ${i + 1}…`;
      const stats = await answer(prompt, tokens + 1);
      row.ttft_ms.push(stats.ttft_ms ?? NaN);
      row.prefill.push(stats.prefill_tokens_per_second ?? NaN);
      row.decode.push(stats.decode_tokens_per_second ?? NaN);
    }
    rows.push(row);
  }
  await engine.close();
  return { info, load, rows };
}

/**
 * Notes when parts of loading, which overlap, were done, in ms since the page was opened.
 *
 * @param {Record<string, number>} moments
 * @param {LoadEvent} event
 */
function note(moments, { phase, done, total }) {
  const now = Math.round(performance.now());
  if (phase === "python" && done === total) moments.python_at_ms = now;
  if (phase === "kernels" && done > 0) moments.first_pipeline_at_ms ??= now;
  if (phase === "weights" && done === total) moments.weights_at_ms = now;
}

/**
 * Token ids that no cache has seen: the same for the same seed.
 *
 * @param {number} count
 * @param {number} vocabulary
 * @param {number} seed
 */
function randomIds(count, vocabulary, seed) {
  let state = seed;
  const next = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0);
  return Array.from({ length: count }, () => Math.floor((next() / 2 ** 32) * vocabulary));
}
