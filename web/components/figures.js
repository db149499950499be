/** An answer's figures, in words. */

/** @typedef {import("../glowworm.js").Stats} Stats */

/**
 * @param {Stats} stats
 * @returns {string} such as "18.3 tokens/s · first after 0.42 s · 212 tokens", empty when nothing was generated
 */
export function describeStats({ decode_tokens_per_second, ttft_ms, generated_tokens, stop_reason }) {
  if (!generated_tokens) return "";
  const parts = [];
  if (decode_tokens_per_second) parts.push(`${decode_tokens_per_second.toFixed(1)} tokens/s`);
  if (ttft_ms) parts.push(`first after ${(ttft_ms / 1000).toFixed(2)} s`);
  parts.push(`${generated_tokens} ${generated_tokens === 1 ? "token" : "tokens"}`);
  if (stop_reason === "abort") parts.push("stopped");
  if (stop_reason === "length") parts.push("cut at its length limit");
  if (stop_reason === "context") parts.push("cut where the context is full");
  return parts.join(" · ");
}
