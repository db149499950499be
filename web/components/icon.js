/** Icons by name: those that package.json lists under "icons". A picture only; what it means is said beside it. */

import { html } from "../vendor/lit-html/lit-html.js";

const SVG = "http://www.w3.org/2000/svg";
const SPRITE = new URL("../vendor/icons.svg", import.meta.url).href;

/** @param {string} name */
export function icon(name) {
  return html`<svg class="icon" aria-hidden="true"><use href=${`${SPRITE}#${name}`}></use></svg>`;
}

/**
 * The same for those who build elements by hand.
 * @param {string} name
 * @returns {SVGSVGElement}
 */
export function iconElement(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.classList.add("icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${SPRITE}#${name}`);
  svg.append(use);
  return svg;
}

/**
 * A button that shows a picture and is called by a word.
 * @param {string} name
 * @param {string} label
 * @param {() => void} run
 * @param {string} [className]
 * @returns {HTMLButtonElement}
 */
export function iconButton(name, label, run, className = "quiet small icon-only") {
  const button = document.createElement("button");
  button.type = "button";
  button.className = className;
  button.title = label;
  button.setAttribute("aria-label", label);
  button.append(iconElement(name));
  button.addEventListener("click", run);
  return button;
}
