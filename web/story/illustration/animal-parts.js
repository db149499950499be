/** Ears, faces, tails, and what else tells one animal from another; all fit the body in animals.js. */

import { cheeks, eyes, grin, mirrored, smile } from "./figure.js";
import { darker, lighter } from "./light.js";
import { circle, ellipse, group, line, many, path, placed } from "./svg.js";

/** @typedef {import("./figure.js").Look} Look */

/**
 * A kind's colours in the picture's light.
 * @typedef {object} Colours
 * @property {string} coat
 * @property {string} shade   of the coat
 * @property {string} belly
 * @property {string} inner
 * @property {string} tip
 */

const NOSE = "#3a2b35";

/** @param {Look} look @param {number} y @param {number} [width] */
const nose = ({ tone }, y, width = 6) =>
  path(
    `M${-width} ${y - 3}Q0 ${y - 7} ${width} ${y - 3}Q${width * 0.7} ${y + 4} 0 ${y + 4.5}Q${-width * 0.7} ${y + 4} ${-width} ${y - 3}Z`,
    tone(NOSE),
  );

export const EARS = {
  none: () => null,
  /** @param {Colours} c */
  pointed: (c) =>
    mirrored(
      path("M8 -128C13 -150 27 -170 35 -171C43 -160 45 -134 40 -112Z", c.coat),
      path("M17 -132C20 -148 29 -160 33 -161C37 -152 38 -136 36 -122Z", c.inner),
    ),
  /** @param {Colours} c */
  tufts: (c) =>
    mirrored(
      path("M10 -130C14 -148 26 -164 37 -176C41 -158 43 -136 38 -114Z", c.coat),
      path("M20 -134C22 -146 28 -156 34 -162C36 -150 37 -138 34 -126Z", c.inner),
    ),
  /** @param {Colours} c */
  round: (c) => mirrored(circle(30, -132, 15, c.coat), circle(31, -133, 9, c.inner)),
  /** @param {Colours} c */
  small: (c) => mirrored(circle(31, -129, 9, c.shade)),
  /** @param {Colours} c */
  dishes: (c) => mirrored(circle(37, -135, 23, c.coat), circle(38, -135, 15.5, c.inner)),
  /** @param {Colours} c */
  long: (c) =>
    mirrored(
      path("M6 -132C0 -168 6 -200 18 -202C32 -200 34 -164 28 -128Z", c.coat),
      path("M12 -136C8 -164 12 -188 18 -190C26 -188 27 -162 23 -134Z", c.inner),
    ),
  /** @param {Colours} c */
  floppy: (c) => mirrored(path("M22 -134C40 -142 56 -128 56 -104C56 -88 48 -78 41 -82C35 -94 36 -112 22 -134Z", c.tip)),
  /** @param {Colours} c */
  flaps: (c) =>
    mirrored(
      path("M30 -124C52 -150 86 -142 86 -108C86 -80 62 -66 38 -84Z", c.coat),
      path("M38 -118C54 -136 76 -130 76 -107C76 -88 60 -78 42 -90Z", c.inner, { opacity: 0.75 }),
    ),
  /** @param {Colours} c */
  side: (c) =>
    mirrored(
      path("M34 -122C50 -134 66 -126 68 -116C62 -104 48 -100 36 -106Z", c.coat),
      path("M42 -119C50 -126 60 -122 62 -116C56 -109 48 -107 42 -110Z", c.inner),
    ),
  /** @param {Colours} c */
  leaf: (c) =>
    mirrored(
      path("M14 -134C20 -152 36 -158 44 -152C44 -138 42 -124 34 -116Z", c.coat),
      path("M24 -134C28 -144 36 -148 39 -146C40 -138 38 -128 34 -122Z", c.inner),
    ),
  /** @param {Colours} c */
  leafy: (c) =>
    mirrored(
      path("M22 -130C34 -148 54 -154 64 -148C60 -132 46 -118 34 -116Z", c.coat),
      path("M31 -128C40 -140 52 -146 57 -143C53 -133 44 -123 36 -121Z", c.inner),
    ),
  /** @param {Colours} c */
  upright: (c) =>
    mirrored(
      path("M10 -132C12 -150 20 -166 26 -168C34 -158 36 -140 32 -124Z", c.coat),
      path("M17 -134C18 -146 23 -156 26 -158C30 -150 31 -140 28 -128Z", c.inner),
    ),
  /** @param {Colours} c */
  fins: (c) =>
    mirrored(
      path("M34 -118L62 -138Q60 -126 66 -118Q58 -112 60 -102Q48 -104 38 -98Z", c.inner),
      line("M40 -112L58 -128M42 -106L58 -110", c.coat, 2),
    ),
};

export const MUZZLES = {
  /** The white cheeks of a fox. @param {Colours} c @param {Look} look */
  mask: (c, look) =>
    group(
      path(
        "M0 -72C-25 -72 -42 -82 -43 -102C-30 -108 -12 -104 0 -88C12 -104 30 -108 43 -102C42 -82 25 -72 0 -72Z",
        c.belly,
      ),
      eyes(look, { y: -108, gap: 17 }),
      cheeks(look, { y: -92, gap: 27 }),
      nose(look, -90, 6.5),
      smile(look, -82, 5.5),
    ),
  /** @param {Colours} c @param {Look} look */
  button: (c, look) =>
    group(
      ellipse(0, -90, 17, 13, c.belly),
      eyes(look, { y: -107, gap: 17 }),
      cheeks(look, { y: -94, gap: 28 }),
      nose(look, -95, 5),
      smile(look, -87, 5),
    ),
  /** @param {Colours} c @param {Look} look */
  pink: (c, look) =>
    group(
      ellipse(0, -92, 20, 15, c.belly),
      eyes(look, { y: -112, gap: 12, size: 2.8, ink: "#16121a" }),
      cheeks(look, { y: -98, gap: 26 }),
      ellipse(0, -98, 9, 7.5, look.tone("#f0a3a0")),
      smile(look, -86, 5),
    ),
  /** @param {Colours} c @param {Look} look */
  broad: (c, look) =>
    group(
      ellipse(0, -91, 21, 16, c.belly),
      eyes(look, { y: -110, gap: 18 }),
      cheeks(look, { y: -94, gap: 31 }),
      nose(look, -97, 7.5),
      smile(look, -87, 6),
    ),
  /** @param {Colours} c @param {Look} look */
  spoon: (c, look) =>
    group(
      ellipse(0, -84, 16, 9, c.belly),
      eyes(look, { y: -106, gap: 19 }),
      cheeks(look, { y: -92, gap: 29 }),
      ellipse(0, -98, 9, 12, look.tone(NOSE)),
      smile(look, -82, 5),
    ),
  /** @param {Colours} c @param {Look} look */
  whiskers: (c, look) =>
    group(
      ellipse(0, -89, 17, 12, c.belly),
      eyes(look, { y: -107, gap: 17, size: 5 }),
      cheeks(look, { y: -92, gap: 28 }),
      path("M-5 -97Q0 -100 5 -97Q3 -91 0 -91Q-3 -91 -5 -97Z", look.tone("#c76f6a")),
      smile(look, -88, 5.5),
      mirrored(line("M24 -92L50 -97M24 -87L50 -85", look.tone("#fff8ea"), 1.5, { opacity: 0.85 })),
    ),
  /** @param {Colours} c @param {Look} look */
  dog: (c, look) =>
    group(
      path(
        "M0 -122C10 -110 20 -104 22 -90C22 -78 12 -72 0 -72C-12 -72 -22 -78 -22 -90C-20 -104 -10 -110 0 -122Z",
        c.belly,
      ),
      eyes(look, { y: -107, gap: 18 }),
      cheeks(look, { y: -92, gap: 30 }),
      nose(look, -97, 7),
      path("M-5 -82Q0 -80 5 -82Q6 -72 0 -71Q-6 -72 -5 -82Z", look.tone("#e88a86")),
      smile(look, -86, 7),
    ),
  /** @param {Colours} c @param {Look} look */
  teeth: (c, look) =>
    group(
      mirrored(ellipse(8, -89, 11, 10, c.belly)),
      eyes(look, { y: -107, gap: 18, size: 5 }),
      cheeks(look, { y: -92, gap: 29 }),
      path("M-4.5 -98Q0 -101 4.5 -98Q3 -93 0 -93Q-3 -93 -4.5 -98Z", look.tone("#b8646a")),
      path("M-5 -85h10v7q0 2 -2 2h-6q-2 0 -2 -2Z", look.tone("#fffaf0")),
      line("M0 -84v7", look.tone("#d8cfc4"), 1.2),
      smile(look, -89, 6),
    ),
  /** @param {Colours} c @param {Look} look */
  trunk: (c, look) =>
    group(
      eyes(look, { y: -112, gap: 20 }),
      cheeks(look, { y: -98, gap: 31 }),
      path(
        "M-13 -104C-14 -84 -16 -62 -6 -48C4 -38 22 -42 24 -56C24 -62 16 -64 14 -58C10 -52 4 -58 7 -70C10 -84 13 -94 13 -104Z",
        c.coat,
        { stroke: c.shade, "stroke-width": 2 },
      ),
      line("M-9 -88q9 4 18 0M-9 -78q9 4 17 0M-9 -68q8 4 15 1", c.shade, 2),
      mirrored(path("M16 -82C22 -78 26 -70 25 -64C20 -68 14 -74 12 -80Z", look.tone("#fffaf0"))),
    ),
  /** @param {Colours} c @param {Look} look */
  face: (c, look) =>
    group(
      path(
        "M0 -82C0 -128 36 -128 35 -102C34 -82 18 -74 0 -74C-18 -74 -34 -82 -35 -102C-36 -128 0 -128 0 -82Z",
        c.belly,
      ),
      eyes(look, { y: -107, gap: 16 }),
      cheeks(look, { y: -92, gap: 25 }),
      mirrored(ellipse(3.5, -95, 1.6, 1.2, look.tone(NOSE))),
      grin(look, -86, 10),
    ),
  /** @param {Colours} c @param {Look} look */
  snout: (c, look) =>
    group(
      eyes(look, { y: -110, gap: 19 }),
      cheeks(look, { y: -94, gap: 31 }),
      ellipse(0, -94, 15, 11.5, c.inner),
      mirrored(ellipse(5, -94, 2.4, 3.6, look.tone("#a85f63"))),
      grin(look, -80, 7),
    ),
  /** @param {Colours} _ @param {Look} look */
  cow: (_, look) =>
    group(
      ellipse(0, -86, 30, 17, look.tone("#f0b9ae")),
      eyes(look, { y: -112, gap: 19 }),
      mirrored(ellipse(10, -92, 3, 4, look.tone("#b06f6c"))),
      grin(look, -81, 9),
    ),
  /** @param {Colours} _ @param {Look} look */
  lamb: (_, look) =>
    group(
      path(
        "M0 -126C24 -126 30 -110 27 -94C24 -80 14 -74 0 -74C-14 -74 -24 -80 -27 -94C-30 -110 -24 -126 0 -126Z",
        look.tone("#e9d3bd"),
      ),
      eyes(look, { y: -106, gap: 14 }),
      cheeks(look, { y: -93, gap: 20 }),
      path("M-5 -93Q0 -96 5 -93Q3 -88 0 -88Q-3 -88 -5 -93Z", look.tone("#b8746c")),
      smile(look, -84, 5),
    ),
  /** @param {Colours} c @param {Look} look */
  deer: (c, look) =>
    group(
      path(
        "M0 -108C12 -108 20 -98 20 -88C20 -76 12 -71 0 -71C-12 -71 -20 -76 -20 -88C-20 -98 -12 -108 0 -108Z",
        c.belly,
      ),
      eyes(look, { y: -109, gap: 22, size: 5 }),
      cheeks(look, { y: -94, gap: 28 }),
      nose(look, -91, 7),
      smile(look, -81, 5),
    ),
  /** @param {Colours} c @param {Look} look */
  long: (c, look) =>
    group(
      path(
        "M0 -112C20 -112 30 -94 29 -80C28 -66 16 -60 0 -60C-16 -60 -28 -66 -29 -80C-30 -94 -20 -112 0 -112Z",
        c.belly,
      ),
      eyes(look, { y: -114, gap: 22, size: 5 }),
      cheeks(look, { y: -98, gap: 31 }),
      mirrored(ellipse(10, -82, 3, 4, look.tone("#8a6a68"))),
      grin(look, -71, 8),
    ),
  /** @param {Colours} c @param {Look} look */
  dragon: (c, look) =>
    group(
      path(
        "M0 -104C24 -106 36 -92 34 -82C32 -70 16 -66 0 -66C-16 -66 -32 -70 -34 -82C-36 -92 -24 -106 0 -104Z",
        lighter(c.coat, 0.16),
      ),
      eyes(look, { y: -114, gap: 20, size: 5.4 }),
      cheeks(look, { y: -98, gap: 34, radius: 6 }),
      mirrored(ellipse(9, -95, 2.6, 2, c.shade)),
      grin(look, -82, 12),
      mirrored(path("M8 -78l3 6l3 -7Z", look.tone("#fffaf0"))),
    ),
  /** @param {Colours} c @param {Look} look */
  frog: (c, look) =>
    group(
      mirrored(circle(24, -132, 14, c.coat), circle(24, -133, 9, look.tone("#fbf7e6"))),
      eyes(look, { y: -133, gap: 24, size: 5.2 }),
      mirrored(circle(4, -106, 1.4, c.shade)),
      cheeks(look, { y: -95, gap: 31 }),
      line("M-26 -94Q0 -76 26 -94", look.tone(NOSE), 2.4),
    ),
  /** @param {Colours} c @param {Look} look */
  frogless: (c, look) =>
    group(
      ellipse(0, -93, 26, 15, c.belly),
      eyes(look, { y: -113, gap: 15, size: 6 }),
      cheeks(look, { y: -96, gap: 32 }),
      line("M-16 -92Q0 -78 16 -92", look.tone(NOSE), 2.4),
      mirrored(path("M5 -86l3.5 7l3.5 -9Z", look.tone("#fffaf0"))),
    ),
};

export const TAILS = {
  none: () => null,
  /** @param {Colours} c */
  bushy: (c) =>
    group(
      path("M24 -6C60 8 96 -14 92 -50C90 -70 80 -80 74 -84C76 -60 60 -36 28 -26Z", c.coat),
      path("M92 -50C90 -70 80 -80 74 -84C75 -72 71 -60 64 -50C72 -54 82 -54 92 -50Z", c.belly),
    ),
  /** @param {Colours} c */
  plume: (c) =>
    group(
      path("M22 -4C70 2 92 -40 82 -84C76 -112 44 -122 38 -98C34 -82 54 -80 50 -60C47 -42 34 -32 24 -28Z", c.coat),
      path(
        "M34 -12C62 -16 78 -46 71 -82C66 -98 50 -104 48 -94C48 -88 62 -82 58 -58C55 -38 44 -26 34 -22Z",
        lighter(c.coat, 0.22),
      ),
    ),
  /** @param {Colours} c */
  thin: (c) => line("M30 -8C58 2 78 -8 72 -28C68 -42 84 -50 94 -42", c.inner, 4.5),
  /** @param {Colours} c */
  curl: (c) => line("M30 -8C62 2 80 -16 70 -42C64 -60 78 -72 88 -60", c.coat, 11),
  /** @param {Colours} c */
  rings: (c) =>
    group(
      line("M30 -8C62 2 84 -16 74 -50", c.coat, 16),
      line("M50 -5l1 0M66 -14l1 -1M74 -32l0 -1M74 -50l0 0", c.tip, 15),
    ),
  /** @param {Colours} c */
  wag: (c) => line("M32 -14C52 -14 66 -28 68 -50", c.coat, 11),
  /** @param {Colours} c */
  puff: (c) => circle(44, -13, 12, c.belly),
  /** @param {Colours} c */
  tuft: (c) => group(line("M32 -10C58 -6 72 -24 68 -48", c.coat, 5.5), ellipse(67, -54, 8, 11, c.tip)),
  /** @param {Colours} c */
  paddle: (c) => path("M28 -2C48 10 92 2 94 -14C92 -28 50 -26 30 -18Z", c.tip),
  /** @param {Colours} c */
  thick: (c) => path("M26 -2C60 6 92 -2 104 -26C90 -22 62 -36 34 -40Z", c.coat),
  /** @param {Colours} c */
  spring: (c) => line("M38 -24c14 -10 22 6 12 8c-10 0 -4 -16 14 -10", c.coat, 5),
  /** @param {Colours} c */
  flow: (c) => path("M30 -30C62 -50 88 -30 82 0C74 -6 70 -4 66 2C60 -6 54 -4 50 2C46 -10 40 -14 30 -16Z", c.tip),
  /** @param {Colours} c */
  arrow: (c) => group(line("M30 -10C66 4 92 -12 88 -44", c.coat, 11), path("M88 -74L104 -44Q88 -52 72 -42Z", c.tip)),
};

/**
 * What sets a kind apart, in layers: behind the body, on the body, behind the head, on the face.
 * @type {Record<string, Partial<Record<"behind" | "body" | "head" | "face", (c: Colours, look: Look) => import("./svg.js").Child>>>}
 */
export const MARKS = {
  limbs: {},
  patches: { face: (c) => mirrored(placed(18, -107, { turn: 24 }, ellipse(0, 0, 10, 13, c.tip))) },
  eyepatch: {
    face: (c) =>
      path("M4 -134C24 -140 42 -124 42 -104C36 -92 20 -92 12 -102C6 -110 4 -122 4 -134Z", c.tip, { opacity: 0.8 }),
  },
  bandit: {
    face: (c) =>
      path(
        "M-43 -104C-30 -118 -12 -112 0 -106C12 -112 30 -118 43 -104C34 -94 14 -94 0 -100C-14 -94 -34 -94 -43 -104Z",
        c.tip,
      ),
  },
  tabby: {
    face: (c) =>
      group(line("M0 -137v12M-11 -135v8M11 -135v8", c.tip, 4), mirrored(line("M42 -108h-8M42 -99h-7", c.tip, 3.2))),
  },
  bands: {
    body: (c) => mirrored(line("M40 -46q-8 3 -14 1M43 -32q-9 3 -15 1M42 -17q-8 2 -14 0", c.tip, 4.5)),
    face: (c) => mirrored(line("M26 -134q-2 7 -8 10M39 -121q-5 5 -11 6", c.tip, 4)),
  },
  stripes: {
    face: (_, { tone }) =>
      group(
        path("M-9 -139Q0 -142 9 -139L13 -78H-13Z", tone("#f3f0ea")),
        mirrored(
          path("M9 -139C18 -138 24 -134 28 -131C26 -116 24 -100 20 -84L12 -84Z", tone("#37343f")),
          path("M28 -131C40 -122 43 -112 43 -104C42 -92 34 -84 24 -80C28 -98 30 -114 28 -131Z", tone("#f3f0ea")),
        ),
      ),
  },
  spines: {
    behind: (_, { tone }) => spikes(tone("#6b4a3c"), 0, -52, 60, 58),
    head: (_, { tone }) => group(spikes(tone("#7a5645"), 0, -104, 58, 50), spikes(tone("#6b4a3c"), 0, -102, 49, 43)),
    face: (_, { tone }) =>
      path(
        "M-43 -104C-43 -124 -27 -141 0 -141C27 -141 43 -124 43 -104Q33 -116 24 -112Q14 -124 0 -118Q-14 -124 -24 -112Q-33 -116 -43 -104Z",
        tone("#7a5645"),
      ),
  },
  mane: {
    head: (c) =>
      group(
        many(14, (index) =>
          circle(
            50 * Math.cos(index * 0.449),
            -104 + 46 * Math.sin(index * 0.449),
            17,
            index % 2 ? c.tip : lighter(c.tip, 0.12),
          ),
        ),
        circle(0, -104, 46, c.tip),
      ),
  },
  blotches: {
    body: (c) =>
      group(
        path("M20 -74C34 -66 42 -46 40 -34C28 -34 20 -50 20 -74Z", c.tip),
        path("M-42 -30C-30 -34 -24 -20 -34 -8C-40 -10 -43 -20 -42 -30Z", c.tip),
      ),
    face: (c) => path("M8 -139C30 -137 43 -122 43 -104C40 -96 26 -96 18 -108C12 -118 8 -128 8 -139Z", c.tip),
  },
  horns: {
    head: (_, { tone }) => mirrored(path("M16 -132C18 -148 28 -158 36 -162C38 -150 36 -136 28 -126Z", tone("#f0e2c2"))),
  },
  horn: {
    face: (_, { tone }) =>
      group(
        path("M-8 -134L0 -186L8 -134Q0 -128 -8 -134Z", tone("#f2cd6b")),
        line("M-6 -146l11 -5M-4 -158l8 -4M-2 -170l5 -2", tone("#d0a243"), 2),
      ),
  },
  forelock: {
    head: (c) =>
      path(
        "M-16 -128C-30 -146 -14 -164 4 -158C26 -160 32 -140 26 -124C46 -118 52 -92 42 -68C34 -80 38 -96 28 -104Z",
        c.tip,
      ),
    face: (c) => path("M-14 -138C-8 -152 14 -152 18 -138C14 -126 6 -118 0 -114C-2 -124 -8 -130 -14 -138Z", c.tip),
  },
  wool: {
    body: (c) =>
      group(
        ...[
          [-30, -66],
          [0, -74],
          [30, -66],
          [-38, -44],
          [38, -44],
          [-36, -22],
          [36, -22],
          [-14, -54],
          [14, -54],
          [0, -36],
          [-18, -26],
          [18, -26],
        ].map(([x, y]) => circle(x, y, 16, c.coat)),
        many(5, (index) => line(`M${-24 + index * 11} ${index % 2 ? -48 : -34}q4 5 8 0`, c.shade, 2)),
      ),
    face: (c) =>
      group(
        ...[
          [-26, -128],
          [-10, -138],
          [8, -139],
          [25, -129],
          [0, -128],
        ].map(([x, y]) => circle(x, y, 15, c.coat)),
      ),
  },
  beard: { face: (c) => path("M-9 -76Q0 -72 9 -76Q6 -58 0 -50Q-6 -58 -9 -76Z", c.belly) },
  antlers: {
    head: (_, { tone }) =>
      mirrored(
        line(
          "M14 -132C16 -150 24 -160 38 -172M19 -150C14 -160 14 -168 16 -176M27 -162C34 -160 42 -158 50 -160",
          tone("#8a6a4c"),
          5,
        ),
      ),
  },
  spots: {
    body: (c) => mirrored(circle(34, -52, 3, c.belly), circle(37, -40, 3, c.belly), circle(31, -66, 2.6, c.belly)),
  },
  knobs: { head: (c) => mirrored(line("M12 -134L16 -158", c.coat, 6), circle(16, -160, 6, c.tip)) },
  map: {
    body: (c) =>
      group(
        ...[
          [-34, -44, 7],
          [34, -50, 7],
          [36, -26, 6],
          [-36, -22, 6],
          [-12, -82, 6],
          [9, -96, 6],
          [-7, -112, 5],
          [10, -72, 5],
        ].map(([x, y, r]) =>
          path(`M${x - r} ${y}l${r * 0.7} ${-r}l${r} ${r * 0.4}l${r * 0.2} ${r}l${-r * 1.1} ${r * 0.5}Z`, c.tip, {
            opacity: 0.75,
          }),
        ),
      ),
    face: (c) => mirrored(path("M30 -128l8 6l1 9l-9 -3Z", c.tip, { opacity: 0.75 })),
  },
  wings: {
    behind: (c) =>
      mirrored(
        path(
          "M28 -66C48 -110 82 -122 104 -116C96 -106 98 -96 106 -86C94 -86 88 -78 88 -66C78 -72 68 -66 64 -54C54 -60 42 -56 34 -46Z",
          c.inner,
        ),
        line("M30 -62C50 -96 76 -112 102 -115M32 -58C54 -80 76 -88 104 -87M34 -54C54 -66 70 -70 87 -67", c.shade, 2.4),
      ),
  },
  batwings: {
    behind: (c) =>
      mirrored(
        path(
          "M24 -70C50 -108 84 -104 112 -92C100 -82 98 -70 100 -56C88 -62 80 -58 74 -46C64 -54 50 -50 40 -36Z",
          c.shade,
        ),
        line("M28 -64C56 -88 84 -94 110 -91M30 -56C54 -66 78 -66 98 -58", darker(c.shade, 0.2), 2),
      ),
  },
  ribs: {
    body: (c) => line("M-20 -46q20 8 40 0M-24 -32q24 9 48 0M-22 -17q22 8 44 0", darker(c.belly, 0.16), 2.4),
    head: (c) => group(...[-148, -142].map((y, index) => path(`M${-7 + index * 7} ${y + 10}l6 -16l7 15Z`, c.inner))),
  },
  crest: {
    head: (c) => many(5, (index) => placed(0, -104, { turn: -52 + index * 26 }, path("M-10 -30L0 -54L10 -30Z", c.tip))),
    body: (c) => line("M-18 -40q18 6 36 0M-20 -24q20 7 40 0", darker(c.belly, 0.14), 2.4),
  },
  shag: {
    body: (c) => many(9, (index) => line(`M${-30 + index * 7.5} ${-14 + (index % 2) * 6}l3 9l3 -9`, c.shade, 2.4)),
    face: (c) => path("M-24 -136l6 -16l8 11l8 -19l8 18l10 -12l6 18Z", c.coat),
  },
};

/**
 * A coat of spines: a star of many points.
 * @param {string} colour
 * @param {number} x
 * @param {number} y
 * @param {number} rx
 * @param {number} ry
 */
function spikes(colour, x, y, rx, ry) {
  const count = 34;
  const points = Array.from({ length: count * 2 }, (_, index) => {
    const angle = (index / (count * 2)) * 2 * Math.PI;
    const reach = index % 2 ? 0.86 : 1;
    return `${x + Math.cos(angle) * rx * reach} ${y + Math.sin(angle) * ry * reach}`;
  });
  return path(`M${points.join("L")}Z`, colour, { stroke: colour, "stroke-width": 2, "stroke-linejoin": "round" });
}
