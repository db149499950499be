/** What is above: the sky of the hour with sun or moon, stars and clouds; or outer space; or the sea's surface. */

import { lighter, mix } from "./light.js";
import { blob, circle, el, ellipse, group, line, many, path, placed } from "./svg.js";

/** @typedef {import("./lands.js").Scene} Scene */

export const WIDTH = 640;
export const HEIGHT = 400;

/** @param {Scene} scene */
export function sky(scene) {
  const { chance, light, hour } = scene;
  return group(
    backdrop(scene, light.sky),
    stars(scene, light.stars, HEIGHT * 0.55),
    light.time === "day" || light.time === "dawn"
      ? sun(scene, hour < 8 ? 230 : 70)
      : light.time === "dusk"
        ? sun(scene, 232)
        : moon(scene),
    many(light.time === "night" ? chance.whole(1, 2) : chance.whole(2, 4), () => cloud(scene)),
  );
}

/** @param {Scene} scene */
export function space(scene) {
  const { id, chance } = scene;
  const x = chance.between(90, 200);
  return group(
    backdrop(scene, ["#0b0d26", "#1d1c49", "#453a75"]),
    stars(scene, 110, HEIGHT * 0.8),
    placed(
      x,
      chance.between(76, 110),
      {},
      halo(id, 0, 0, 86, 0.5),
      circle(0, 0, 46, "#4f93c9"),
      path("M-34 -30C-20 -44 2 -42 6 -30C8 -20 -8 -18 -12 -8C-16 4 -34 2 -41 -14Z", "#7fbf86"),
      path("M8 -6C22 -14 40 -6 42 8C38 28 22 36 14 30C4 22 16 10 8 -6Z", "#7fbf86"),
      path("M-30 14C-18 8 -8 18 -12 28C-18 36 -28 32 -34 28Z", "#7fbf86"),
      line("M-30 -8q16 -8 30 0M4 20q14 6 26 -2", "#f4fbff", 5, { opacity: 0.75 }),
      path("M0 -46A46 46 0 0 1 0 46A60 60 0 0 0 0 -46Z", "#0b1740", { opacity: 0.35 }),
    ),
    placed(
      chance.between(430, 560),
      chance.between(50, 120),
      { turn: -18 },
      ellipse(0, 0, 40, 9, "none", { stroke: "#e8c7a0", "stroke-width": 5, opacity: 0.8 }),
      circle(0, 0, 19, "#d99a78"),
      path("M-40 1A40 9 0 0 0 40 1", "none", { stroke: "#f0d7b4", "stroke-width": 5 }),
    ),
  );
}

/** @param {Scene} scene */
export function water(scene) {
  const { chance, light } = scene;
  const deep = light.time === "night" ? 0.42 : light.time === "dusk" ? 0.22 : 0;
  const colours = /** @type {[string, string, string]} */ (
    ["#7cc9cf", "#3b93ab", "#216a8a"].map((colour) => mix(colour, "#14204f", deep))
  );
  return group(
    backdrop(scene, colours),
    many(5, (index) => {
      const x = 60 + index * 120 + chance.between(-30, 30);
      return path(`M${x} -10L${x + 50} -10L${x - 40} 420L${x - 150} 420Z`, "#f2ffef", {
        opacity: 0.07 + 0.05 * (index % 2),
      });
    }),
    many(16, () => {
      const r = chance.between(2, 8);
      return circle(chance.between(10, 630), chance.between(20, 300), r, "#ffffff", {
        opacity: 0.28,
        stroke: "#ffffff",
        "stroke-width": 1,
      });
    }),
  );
}

/**
 * Two lights that fade outwards, for `halo` to use: the lamps' and the fireflies'.
 * @param {string} id  of the scene
 */
export const halos = (id) =>
  el(
    "defs",
    {},
    ...[
      ["warm", "#fff0bf"],
      ["glow", "#eef7a0"],
    ].map(([name, colour]) =>
      el(
        "radialGradient",
        { id: `${id}-${name}` },
        ...[
          [0, 0.85],
          [0.35, 0.36],
          [0.7, 0.09],
          [1, 0],
        ].map(([offset, opacity]) => el("stop", { offset, "stop-color": colour, "stop-opacity": opacity })),
      ),
    ),
  );

/**
 * @param {string} id  of the scene
 * @param {number} x
 * @param {number} y
 * @param {number} r
 * @param {number} [opacity]
 * @param {"warm" | "glow"} [light]
 */
export const halo = (id, x, y, r, opacity = 1, light = "warm") => circle(x, y, r, `url(#${id}-${light})`, { opacity });

/**
 * @param {Scene} scene
 * @param {[string, string, string]} colours
 */
export function backdrop({ id }, [top, middle, bottom]) {
  const name = `${id}-backdrop`;
  const stop = (/** @type {number} */ offset, /** @type {string} */ colour) =>
    el("stop", { offset, "stop-color": colour });
  return group(
    el("linearGradient", { id: name, x1: 0, y1: 0, x2: 0, y2: 1 }, stop(0, top), stop(0.5, middle), stop(0.86, bottom)),
    el("rect", { width: WIDTH, height: HEIGHT, fill: `url(#${name})` }),
  );
}

/**
 * @param {Scene} scene
 * @param {number} count
 * @param {number} depth  how far down there are some
 */
function stars({ chance }, count, depth) {
  return many(count, (index) => {
    const [x, y] = [chance.between(4, WIDTH - 4), depth * chance.next() ** 1.4];
    const colour = chance.pick(["#fff8e2", "#ffffff", "#dfe8ff", "#ffe9c4"]);
    if (index % 14 === 5) {
      const r = chance.between(4, 7);
      return path(
        `M${x} ${y - r}Q${x} ${y} ${x + r} ${y}Q${x} ${y} ${x} ${y + r}Q${x} ${y} ${x - r} ${y}Q${x} ${y} ${x} ${y - r}Z`,
        colour,
      );
    }
    return circle(x, y, chance.between(0.6, 1.9), colour, { opacity: chance.between(0.5, 1) });
  });
}

/**
 * @param {Scene} scene
 * @param {number} y
 */
function sun({ id, chance, light }, y) {
  const x = chance.pick([chance.between(70, 190), chance.between(450, 570)]);
  const low = light.time !== "day";
  const colour = low ? "#ffe2a0" : "#fff2c0";
  return group(halo(id, x, y, 150), circle(x, y, low ? 44 : 34, lighter(colour, 0.3)));
}

/** A moon in one of its shapes. @param {Scene} scene */
function moon({ id, chance, light }) {
  const x = chance.pick([chance.between(80, 200), chance.between(440, 560)]);
  const y = chance.between(58, 104);
  const full = chance.happens(0.35);
  const shine = "#fdf0c4";
  return group(
    halo(id, x, y, 130, 0.7),
    full
      ? group(
          circle(x, y, 36, shine),
          ...[
            [-12, -8, 7],
            [10, 6, 9],
            [-6, 15, 4],
            [14, -14, 4],
          ].map(([dx, dy, r]) => circle(x + dx, y + dy, r, mix(shine, light.sky[1], 0.16))),
        )
      : placed(x, y, { turn: chance.between(-30, 10) }, path("M8 -36A36 36 0 1 0 34 14A30 30 0 0 1 8 -36Z", shine)),
  );
}

/** @param {Scene} scene */
function cloud({ chance, light }) {
  const scale = chance.between(0.6, 1.2);
  return placed(
    chance.between(20, WIDTH - 60),
    chance.between(34, 150),
    { scale },
    path(
      blob([
        [-62, 8],
        [-52, -10],
        [-30, -12],
        [-16, -32],
        [14, -30],
        [26, -14],
        [50, -14],
        [64, 6],
        [40, 14],
        [0, 12],
        [-40, 14],
      ]),
      light.cloud,
      {
        opacity: light.time === "night" ? 0.4 : 0.78,
      },
    ),
  );
}
