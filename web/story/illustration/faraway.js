/** Where nobody has been: the moon, the bottom of the sea, inside the earth, above the clouds. */

import { darker, lighter, mix } from "./light.js";
import { floor, hills } from "./scenery.js";
import { halo, WIDTH } from "./sky.js";
import { blob, circle, ellipse, group, line, many, path, placed, rect } from "./svg.js";

/** @typedef {import("./lands.js").Place} Place */

/** @type {Place} */
export function moonscape(scene) {
  const { chance } = scene;
  const dust = (/** @type {number} */ shade) => mix("#c9c4dc", "#3a3568", shade);
  const crater = () => {
    const [x, y] = [chance.between(20, 620), chance.between(338, 388)];
    const r = (y - 300) * chance.between(0.25, 0.5);
    return group(
      ellipse(x, y, r, r * 0.3, dust(0.36)),
      path(`M${x - r} ${y}A${r} ${r * 0.3} 0 0 1 ${x + r} ${y}A${r} ${r * 0.22} 0 0 0 ${x - r} ${y}Z`, dust(0.55)),
    );
  };
  const x = chance.pick([96, 540]);
  return {
    behind: group(
      hills(scene, 268, 22, dust(0.62), 4),
      hills(scene, 296, 16, dust(0.44), 4),
      floor(scene, dust(0.22)),
      many(7, crater),
      placed(
        x,
        330,
        { turn: 4 },
        path("M-16 -18L-32 8H-12ZM16 -18L32 8H12Z", "#c9584a"),
        path("M0 -130C24 -104 28 -50 18 -6H-18C-28 -50 -24 -104 0 -130Z", "#f4f0ea"),
        path("M0 -130C12 -118 18 -104 21 -90H-21C-18 -104 -12 -118 0 -130Z", "#c9584a"),
        circle(0, -62, 12, "#4d5a86"),
        circle(0, -62, 8.5, "#ffe6a0"),
        rect(-12, -6, 24, 8, "#6a6480"),
      ),
    ),
    floor: 354,
  };
}

/** @type {Place} */
export function seabed(scene) {
  const { chance, tone } = scene;
  const dip = (/** @type {string} */ colour) => mix(tone(colour), "#2b7f9a", 0.18);
  const weed = (/** @type {number} */ x, /** @type {number} */ height, /** @type {string} */ colour) =>
    line(
      `M${x} 400C${x - 20} ${400 - height * 0.3} ${x + 22} ${400 - height * 0.5} ${x} ${400 - height * 0.75}S${x + 8} ${400 - height} ${x + 4} ${400 - height}`,
      dip(colour),
      10,
    );
  const swimmer = () => {
    const colour = dip(chance.pick(["#f2b04f", "#ef7f6a", "#f4e07a", "#b79be0"]));
    return placed(
      chance.between(60, 580),
      chance.between(50, 210),
      { scale: chance.between(0.6, 1), scaleX: chance.side() * chance.between(0.6, 1) },
      path("M-14 0L-30 -11V11Z", colour, { stroke: colour, "stroke-width": 3, "stroke-linejoin": "round" }),
      ellipse(0, 0, 18, 11, colour),
      line("M-2 -9q5 9 0 18", lighter(colour, 0.4), 3),
      circle(9, -2, 2.2, "#2b2233"),
    );
  };
  const coral = (/** @type {number} */ x, /** @type {number} */ scale, /** @type {string} */ colour) =>
    placed(
      x,
      398,
      { scale },
      line(
        "M0 0V-50M0 -18Q-26 -22 -26 -52M0 -28Q22 -30 24 -62M-26 -38Q-38 -40 -40 -54M24 -46Q36 -46 38 -58",
        dip(colour),
        12,
      ),
    );
  return {
    behind: group(
      hills(scene, 290, 24, mix(tone("#5fa0a8", 0.4), "#216a8a", 0.4), 4),
      many(7, swimmer),
      many(6, (index) =>
        weed(40 + index * 112 + chance.between(-26, 26), chance.between(110, 200), index % 2 ? "#4f9a6a" : "#3f8a72"),
      ),
      floor(scene, dip("#ead7a8"), 330),
      many(20, () =>
        ellipse(chance.between(0, WIDTH), chance.between(348, 396), chance.between(1.5, 4), 1.6, dip("#cbb383")),
      ),
    ),
    before: group(
      coral(46, 1.3, "#ef8f86"),
      coral(604, 1.5, "#c98ac0"),
      coral(128, 0.8, "#f2c36b"),
      weed(20, 170, "#3f8a62"),
      weed(630, 190, "#3f8a62"),
      weed(548, 120, "#5aa070"),
    ),
    floor: 362,
  };
}

/** @type {Place} */
export function cave(scene) {
  const { chance } = scene;
  const rock = (/** @type {number} */ shade) => mix("#8a7fa0", "#1d1838", shade);
  const crystal = (
    /** @type {number} */ x,
    /** @type {number} */ y,
    /** @type {number} */ turn,
    /** @type {string} */ colour,
  ) =>
    placed(
      x,
      y,
      { turn, scale: chance.between(0.8, 1.2) },
      halo(scene.id, 0, -24, 60, 0.4),
      path("M-10 0L-12 -36L0 -56L12 -36L10 0Z", colour),
      path("M0 0V-56L12 -36L10 0Z", darker(colour, 0.14)),
    );
  return {
    behind: group(
      path("M-10 -10H650V410H-10ZM150 330C110 190 200 70 330 66C450 64 540 170 500 330Z", rock(0.52), {
        "fill-rule": "evenodd",
      }),
      path("M-10 -10H650V410H-10ZM80 340C40 160 170 20 330 24C490 26 620 150 566 340Z", rock(0.66), {
        "fill-rule": "evenodd",
      }),
      floor(scene, rock(0.36), 326),
      crystal(100, 344, -12, "#8fe0d8"),
      crystal(134, 350, 14, "#a9c3ff"),
      crystal(540, 346, 10, "#d9a6ff"),
      crystal(508, 352, -16, "#8fe0d8"),
    ),
    before: group(
      ...[40, 110, 470, 540, 610].map((x) =>
        path(`M${x - 26} -4L${x + chance.between(-6, 6)} ${chance.between(50, 110)}L${x + 26} -4Z`, rock(0.78)),
      ),
      path("M-10 400V352Q40 360 70 400ZM650 400V346Q600 360 574 400Z", rock(0.78)),
    ),
    floor: 356,
  };
}

/** @type {Place} */
export function clouds(scene) {
  const { chance, tone } = scene;
  const puff = (
    /** @type {number} */ x,
    /** @type {number} */ y,
    /** @type {number} */ scale,
    /** @type {number} */ distance,
  ) =>
    placed(
      x,
      y,
      { scale },
      path(
        blob([
          [-110, 20],
          [-96, -16],
          [-60, -22],
          [-36, -54],
          [10, -56],
          [34, -30],
          [70, -34],
          [104, -4],
          [112, 24],
          [0, 40],
        ]),
        tone("#ffffff", distance),
      ),
    );
  return {
    behind: group(
      path("M-40 330A360 330 0 0 1 680 330", "none", { stroke: "#f2a3a0", "stroke-width": 9, opacity: 0.4 }),
      path("M-28 330A348 318 0 0 1 668 330", "none", { stroke: "#f7d98a", "stroke-width": 9, opacity: 0.4 }),
      path("M-16 330A336 306 0 0 1 656 330", "none", { stroke: "#9fcbe0", "stroke-width": 9, opacity: 0.4 }),
      many(5, (index) => puff(index * 160, 250 + chance.between(-30, 30), chance.between(0.6, 0.9), 0.6)),
      many(5, (index) => puff(index * 150 + 10, 350 + chance.between(-8, 8), 1.3, 0.25)),
      rect(0, 356, WIDTH, 60, tone("#ffffff", 0.1)),
      puff(320, 376, 1.9, 0.1),
    ),
    before: group(puff(40, 398, 1, 0), puff(610, 402, 1.1, 0)),
    floor: 362,
  };
}
