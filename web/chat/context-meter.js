/** How much of the model's context the conversation takes. */

import { html, nothing, render } from "../vendor/lit-html/lit-html.js";

/** @typedef {import("./thread.js").Message} Message */

/** From here on the oldest turns will soon be left out. */
const HIGH = 0.8;

/**
 * Shows what the figures of the last answer that has ended tell: its prompt was all of the conversation that the model
 * still held, and what it generated follows. Nothing is shown where this model has not answered yet.
 * @param {HTMLElement} element
 * @param {Message[]} path  the messages shown
 * @param {Record<string, any> | undefined} info  of the engine
 */
export function showContext(element, path, info) {
  const { stats } = path.findLast(({ stats, model }) => stats?.prompt_tokens && model === info?.name) ?? {};
  const used = (stats?.prompt_tokens ?? 0) + (stats?.generated_tokens ?? 0);
  const known = info !== undefined && used > 0;
  element.hidden = !known;
  const level = known ? Math.min(1, used / info.context) : 0;
  render(
    known
      ? html`<progress class=${level > HIGH ? "level high" : "level"} aria-label="Context used" max="1" .value=${level}></progress>
          <span title="of the tokens that the model can hold">${used.toLocaleString()} / ${info.context.toLocaleString()} tokens</span>`
      : nothing,
    element,
  );
}
