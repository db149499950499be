/** How much of the model's context the conversation takes. */

import { html, nothing, render } from "../vendor/lit-html/lit-html.js";

/** @typedef {import("./thread.js").Message} Message */

/** From here on the oldest turns will soon be left out. */
const HIGH = 0.8;

/**
 * Shows what the last answer's figures tell; nothing where that was another model's.
 * @param {HTMLElement} element
 * @param {Message | undefined} last  the last message shown
 * @param {Record<string, any> | undefined} info  of the engine
 */
export function showContext(element, last, info) {
  const { prompt_tokens = 0, generated_tokens = 0 } = last?.stats ?? {};
  const used = prompt_tokens + generated_tokens;
  const known = info !== undefined && used > 0 && last?.model === info.name;
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
