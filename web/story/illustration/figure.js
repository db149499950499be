/**
 * What all figures have in common. A figure stands at (0, 0), looks at us, and is some 150 units tall;
 * right-hand parts are drawn once and mirrored.
 */

import { darker } from "./light.js";
import { circle, ellipse, group, line, pair, path, placed } from "./svg.js";

/** @typedef {import("./svg.js").Child} Child */

/**
 * How this one looks.
 * @typedef {object} Look
 * @property {string} id                        of the scene
 * @property {(colour: string) => string} tone  a colour in the picture's light
 * @property {import("./chance.js").Chance} chance
 * @property {string} [coat]                    a colour asked for, "a purple cow"
 * @property {boolean} sleepy
 * @property {boolean} brave
 * @property {boolean} shy
 */

/** @typedef {(look: Look) => SVGElement} Figure */

/** @param {...Child} children  of the right-hand side */
export const mirrored = (...children) =>
  pair((side) =>
    placed(
      0,
      0,
      { scaleX: side, scale: 1 },
      ...children.map((child) => child && /** @type {SVGElement} */ (child.cloneNode(true))),
    ),
  );

const INK = "#2b2233";

/**
 * @param {Look} look
 * @param {{y: number, gap: number, size?: number, ink?: string}} where  gap: from the middle
 */
export function eyes({ tone, sleepy }, { y, gap, size = 4.6, ink = INK }) {
  if (sleepy) return mirrored(line(`M${gap - 6} ${y - 1}q6 6 12 0`, tone(ink), 2.6));
  return group(
    mirrored(ellipse(gap, y, size * 0.92, size * 1.08, tone(ink))),
    circle(-gap + size * 0.34, y - size * 0.4, size * 0.36, "#fff"),
    circle(gap + size * 0.34, y - size * 0.4, size * 0.36, "#fff"),
  );
}

/**
 * @param {Look} look
 * @param {{y: number, gap: number, radius?: number}} where
 */
export const cheeks = ({ tone }, { y, gap, radius = 7 }) =>
  mirrored(ellipse(gap, y, radius, radius * 0.68, tone("#ef8d86"), { opacity: 0.42 }));

/**
 * A contented mouth.
 * @param {Look} look
 * @param {number} y
 * @param {number} [width]
 */
export const smile = ({ tone }, y, width = 6) =>
  line(`M${-width} ${y}q${width * 0.5} 4.5 ${width} 0.5q${width * 0.5} 4 ${width} -0.5`, tone(INK), 2);

/**
 * @param {Look} look
 * @param {number} y
 * @param {number} [width]
 */
export const grin = ({ tone }, y, width = 8) =>
  line(`M${-width} ${y}q${width} ${width * 0.8} ${width * 2} 0`, tone(INK), 2.2);

const CLOTHS = ["#c8553d", "#3f7d8c", "#dba339", "#7a5aa0", "#5c8a4a", "#c46a8a", "#4c6fb0"];

/**
 * What someone wears around the neck, at `y`, and on the head, whose top is `top`: chosen by chance and by character.
 *
 * @param {Look} look
 * @param {{y: number, width: number, top: number}} where
 * @returns {{behind: Child, around: Child, above: Child}}
 */
export function clothes(look, { y, width, top }) {
  const { tone, chance } = look;
  const cloth = tone(chance.pick(CLOTHS));
  const style = look.brave
    ? "cape"
    : look.sleepy
      ? "nightcap"
      : chance.pick(["scarf", "bow", "satchel", "scarf", "plain"]);
  const side = chance.side();
  if (style === "cape") {
    return {
      behind: path(
        `M${-width} ${y}C${-width - 22} ${y + 34} ${-width - 30} -14 ${-width - 24} -4Q0 8 ${width + 24} -4C${width + 30} -14 ${width + 22} ${y + 34} ${width} ${y}Z`,
        cloth,
      ),
      around: group(
        path(
          `M${-width} ${y - 3}Q0 ${y + 14} ${width} ${y - 3}L${width - 2} ${y + 6}Q0 ${y + 22} ${-width + 2} ${y + 6}Z`,
          darker(cloth, 0.14),
        ),
        circle(0, y + 12, 5, tone("#f0c95c")),
      ),
      above: null,
    };
  }
  if (style === "nightcap") {
    return {
      behind: null,
      around: null,
      above: placed(
        0,
        top,
        { scaleX: side, scale: 1 },
        path("M-27 10Q-20 -24 6 -30Q36 -34 46 -4Q28 -14 22 8Q0 0 -27 10Z", cloth),
        path("M-29 12Q0 -2 25 10", "none", {
          stroke: darker(cloth, 0.16),
          "stroke-width": 7,
          "stroke-linecap": "round",
        }),
        circle(46, -1, 7, tone("#fff6e4")),
      ),
    };
  }
  if (style === "scarf") {
    return {
      behind: null,
      around: placed(
        0,
        0,
        { scaleX: side, scale: 1 },
        path(`M10 ${y + 4}l16 34q-7 5 -15 3l-9 -34Z`, darker(cloth, 0.16)),
        path(
          `M${-width} ${y - 6}Q0 ${y + 14} ${width} ${y - 6}Q${width + 5} ${y + 5} ${width - 2} ${y + 8}Q0 ${y + 26} ${-width + 2} ${y + 8}Q${-width - 5} ${y + 5} ${-width} ${y - 6}Z`,
          cloth,
        ),
      ),
      above: null,
    };
  }
  if (style === "bow") {
    return {
      behind: null,
      around: placed(
        0,
        y + 8,
        {},
        mirrored(path("M2 0Q12 -12 18 -8Q20 0 18 9Q12 11 2 0Z", cloth)),
        circle(0, 0, 4.5, darker(cloth, 0.18)),
      ),
      above: null,
    };
  }
  if (style === "satchel") {
    return {
      behind: null,
      around: placed(
        0,
        0,
        { scaleX: side, scale: 1 },
        line(`M${-width + 4} ${y + 2}Q0 ${y + 26} ${width + 2} ${y + 44}`, darker(cloth, 0.24), 4),
        path(`M${width - 12} ${y + 38}h24v16q0 5 -5 5h-14q-5 0 -5 -5Z`, cloth),
        path(`M${width - 13} ${y + 37}h26v6q-13 9 -26 0Z`, darker(cloth, 0.16)),
      ),
      above: null,
    };
  }
  return { behind: null, around: null, above: null };
}
