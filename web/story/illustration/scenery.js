/** What many places have in common: hills and water, trees and flowers, houses. */

import { darker, lighter, mix } from "./light.js";
import { halo, HEIGHT, WIDTH } from "./sky.js";
import { blob, circle, ellipse, group, line, many, path, placed, rect } from "./svg.js";

/** @typedef {import("./lands.js").Scene} Scene */

/**
 * A line of hills from edge to edge, filled down to the bottom.
 * @param {Scene} scene
 * @param {number} y
 * @param {number} swing
 * @param {string} colour
 * @param {number} [steps]
 */
export function hills({ chance }, y, swing, colour, steps = 5) {
  const width = (WIDTH + 80) / steps;
  const heights = Array.from(
    { length: steps + 2 },
    (_, index) => y + swing * (index % 2 ? -1 : 1) * chance.between(0.25, 1),
  );
  let d = `M-60 ${HEIGHT}V${heights[0]}`;
  heights.slice(0, -1).forEach((height, index) => {
    const x = -60 + index * width;
    d += `C${x + width * 0.45} ${height} ${x + width * 0.55} ${heights[index + 1]} ${x + width} ${heights[index + 1]}`;
  });
  return path(`${d}V${HEIGHT}Z`, colour);
}

/** @param {Scene} scene @param {string} colour @param {number} y */
export const floor = (scene, colour, y = 322) => hills(scene, y, 8, colour, 3);

/** @param {Scene} scene @param {number} x @param {number} y @param {number} scale @param {number} distance @param {string} [needle] */
export function pine({ tone, chance }, x, y, scale, distance, needle = "#3f7358") {
  const green = tone(mix(needle, "#2c5a5a", chance.next() * 0.5), distance);
  return placed(
    x,
    y,
    { scale, scaleX: scale * chance.between(0.85, 1.1) },
    rect(-5, -16, 10, 18, tone("#6a4a38", distance)),
    ...[
      [44, -12, -70],
      [35, -46, -104],
      [25, -80, -136],
    ].map(([w, low, high]) =>
      path(
        `M0 ${high}Q${w * 0.35} ${low - 16} ${w} ${low}Q${w * 0.5} ${low + 9} 0 ${low + 5}Q${-w * 0.5} ${low + 9} ${-w} ${low}Q${-w * 0.35} ${low - 16} 0 ${high}Z`,
        green,
      ),
    ),
    path("M0 -134Q9 -100 20 -84Q10 -80 2 -82Z", lighter(green, 0.1)),
  );
}

/** @param {Scene} scene @param {number} x @param {number} y @param {number} scale @param {number} distance @param {string} [leaf] */
export function broadleaf({ tone, chance }, x, y, scale, distance, leaf = "#5f9157") {
  const green = tone(mix(leaf, chance.pick(["#8aa34c", "#3f7d63", "#7fa656"]), chance.next() * 0.5), distance);
  return placed(
    x,
    y,
    { scale, scaleX: scale * chance.side() },
    path("M-8 2C-5 -22 -7 -38 -5 -56H6C6 -38 6 -20 10 2Z", tone("#7a5740", distance)),
    line("M0 -44L18 -64", tone("#7a5740", distance), 5),
    path(
      blob([
        [-50, -70],
        [-42, -106],
        [-12, -124],
        [24, -118],
        [46, -94],
        [48, -66],
        [22, -48],
        [-20, -46],
      ]),
      green,
    ),
    path(
      blob([
        [-34, -84],
        [-22, -108],
        [4, -114],
        [8, -98],
        [-12, -88],
        [-22, -74],
      ]),
      lighter(green, 0.14),
    ),
  );
}

/** @param {Scene} scene @param {number} x @param {number} y @param {number} scale @param {string} [leaf] */
export function bush({ tone }, x, y, scale, leaf = "#5a8a54") {
  const green = tone(leaf);
  return placed(
    x,
    y,
    { scale },
    path(
      blob([
        [-52, 8],
        [-46, -20],
        [-24, -36],
        [0, -28],
        [24, -40],
        [46, -20],
        [54, 8],
        [0, 16],
      ]),
      green,
    ),
    path(
      blob([
        [-34, -6],
        [-26, -24],
        [-10, -24],
        [-14, -10],
      ]),
      lighter(green, 0.12),
    ),
  );
}

/** @param {Scene} scene @param {number} x @param {number} y @param {number} scale @param {number} [distance] */
export function palm({ tone, chance }, x, y, scale, distance = 0) {
  const green = tone("#4f9460", distance);
  const lean = chance.side();
  return placed(
    x,
    y,
    { scale, scaleX: scale * lean },
    path("M-8 2C-6 -40 4 -84 26 -122L34 -118C16 -82 8 -40 8 2Z", tone("#a07a52", distance)),
    line("M-4 -20h10M-2 -44h11M4 -68h10M12 -92h11", tone("#7f5f40", distance), 2.4),
    ...[-150, -110, -60, -20, 30, 70].map((turn) =>
      placed(
        30,
        -122,
        { turn },
        path("M0 0C14 -20 46 -22 66 2C48 -6 30 -6 20 4C14 6 6 4 0 0Z", turn % 20 ? green : darker(green, 0.1)),
      ),
    ),
    circle(26, -116, 6, tone("#7a4f38", distance)),
    circle(35, -113, 6, tone("#8a5c40", distance)),
  );
}

/** @param {Scene} scene @param {number} y */
export const grass = ({ tone, chance }, y, count = 16, colour = "#6f9a54") =>
  many(count, () => {
    const [x, dy] = [chance.between(0, WIDTH), chance.between(0, HEIGHT - y - 6)];
    return line(
      `M${x} ${y + dy}q-2 -7 -6 -10M${x + 2} ${y + dy}q0 -9 1 -13M${x + 4} ${y + dy}q2 -7 6 -9`,
      tone(lighter(colour, 0.12)),
      2,
    );
  });

/** @param {Scene} scene @param {number} y @param {number} count */
export const flowers = ({ tone, chance }, y, count) =>
  many(count, () => {
    const [x, dy, r] = [chance.between(8, WIDTH - 8), chance.between(4, HEIGHT - y - 8), chance.between(3, 5.4)];
    const petal = tone(chance.pick(["#f4b6c2", "#f7d774", "#fff6e6", "#c3a6e0", "#ef8f7a", "#a9cdf0"]));
    return group(
      line(`M${x} ${y + dy}v${-r * 4}`, tone("#5c8a4c"), 1.8),
      ...[0, 72, 144, 216, 288].map((turn) =>
        placed(x, y + dy - r * 4.4, { turn }, ellipse(0, -r * 0.9, r * 0.62, r * 0.9, petal)),
      ),
      circle(x, y + dy - r * 4.4, r * 0.55, tone("#eebb4d")),
    );
  });

/** @param {Scene} scene @param {number} x @param {number} y @param {number} scale */
export const mushroom = ({ tone, chance }, x, y, scale) =>
  placed(
    x,
    y,
    { scale },
    path("M-7 2Q-6 -14 -5 -22H6Q6 -12 8 2Z", tone("#f3e6d0")),
    path("M-22 -18C-20 -42 20 -42 22 -18Q0 -10 -22 -18Z", tone(chance.pick(["#c94f43", "#d98a4a", "#a8648a"]))),
    circle(-8, -26, 3.4, tone("#fdf3e2")),
    circle(6, -30, 2.8, tone("#fdf3e2")),
    circle(12, -22, 2.4, tone("#fdf3e2")),
  );

/** A house whose windows are lit in the evening. @param {Scene} scene @param {number} x @param {number} y @param {number} scale @param {number} distance */
export function house({ id, tone, light, chance }, x, y, scale, distance) {
  const wall = tone(chance.pick(["#f3e3c7", "#eed2bd", "#dfe0d4", "#f0dba8"]), distance);
  const roof = tone(chance.pick(["#b5583f", "#8a4a4a", "#5f6f8a", "#a9763f"]), distance);
  const pane = light.lamps ? "#ffd985" : tone("#a9cbd9", distance);
  return placed(
    x,
    y,
    { scale, scaleX: scale * chance.side() },
    light.lamps && halo(id, 0, -26, 84, 0.35),
    rect(14, -88, 12, 28, tone("#8a5f50", distance)),
    light.time !== "day" &&
      line("M20 -94q-8 -10 0 -18t2 -20", lighter(tone("#d9d4dc", distance), 0.2), 5, { opacity: 0.4 }),
    rect(-36, -52, 72, 54, wall),
    path("M-46 -48Q-20 -74 0 -94Q20 -74 46 -48Z", roof, {
      stroke: roof,
      "stroke-width": 4,
      "stroke-linejoin": "round",
    }),
    rect(-26, -40, 18, 18, pane, { rx: 2 }),
    line("M-17 -40v18M-26 -31h18", wall, 2),
    path("M8 2V-24Q8 -36 18 -36Q28 -36 28 -24V2Z", tone("#7a5240", distance)),
    circle(24, -14, 1.8, tone("#f0d58a", distance)),
    circle(0, -66, 7, pane),
  );
}

/** A band of sea with the light on it. @param {Scene} scene @param {number} y */
export function sea(scene, y) {
  const { tone, chance, light } = scene;
  const colour = tone("#4f9bb5", 0.25);
  return group(
    rect(0, y, WIDTH, HEIGHT - y, colour),
    rect(0, y + 34, WIDTH, HEIGHT - y, tone("#3f8aa6")),
    many(22, () => {
      const [x, dy] = [chance.between(0, WIDTH), chance.next() ** 1.6 * (HEIGHT - y - 20)];
      const w = 10 + dy * 0.24;
      return line(`M${x} ${y + 6 + dy}q${w / 2} -4 ${w} 0`, mix(lighter(colour, 0.5), light.sky[2], 0.3), 2, {
        opacity: 0.65,
      });
    }),
  );
}

/** @param {Scene} scene @param {number} x @param {number} y @param {number} scale */
export const sailboat = ({ tone, chance }, x, y, scale) =>
  placed(
    x,
    y,
    { scale, scaleX: scale * chance.side() },
    path("M-30 0H32Q24 18 14 18H-16Q-26 16 -30 0Z", tone("#a9583f")),
    line("M0 0V-62", tone("#6b4a38"), 3),
    path("M4 -60Q34 -30 34 -6H4Z", tone("#fdf6e8")),
    path("M-4 -52Q-24 -26 -26 -6H-4Z", tone(chance.pick(["#e9b84f", "#d9735a", "#8fb0c9"]))),
  );

/** @param {Scene} scene @param {number} x @param {number} y @param {number} scale */
export const lighthouse = ({ tone, light }, x, y, scale) =>
  placed(
    x,
    y,
    { scale },
    light.lamps && path("M0 -128L-700 -240V-26Z", "#fff0b4", { opacity: 0.2 }),
    light.lamps && path("M0 -128L700 -203V-63Z", "#fff0b4", { opacity: 0.14 }),
    path("M-18 0L-11 -112H11L18 0Z", tone("#f7f1e6")),
    path("M-16.5 -26L-15 -50H15L16.5 -26ZM-13.5 -74L-12.2 -96H12.2L13.5 -74Z", tone("#cf5a48")),
    rect(-15, -118, 30, 8, tone("#4d4754")),
    rect(-10, -138, 20, 20, light.lamps ? "#ffeaa6" : tone("#cfe3ea")),
    path("M-14 -138Q0 -158 14 -138Z", tone("#b04a3f")),
  );

/** @param {Scene} scene */
export const shells = ({ tone, chance }) =>
  group(
    placed(
      chance.between(80, 220),
      374,
      { scale: 0.9, turn: -14 },
      path("M0 10C-18 4 -18 -14 0 -18C18 -14 18 4 0 10Z", tone("#f2b9a0")),
      line("M0 9V-15M-4 8L-10 -10M4 8L10 -10", tone("#d48f78"), 1.8),
    ),
    placed(
      chance.between(440, 560),
      380,
      { turn: 20 },
      path("M0 -13L4 -4L13 -4L6 2L9 12L0 6L-9 12L-6 2L-13 -4L-4 -4Z", tone("#e9885a"), {
        stroke: tone("#e9885a"),
        "stroke-width": 5,
        "stroke-linejoin": "round",
      }),
    ),
  );
