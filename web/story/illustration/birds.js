/** Birds: an egg with a face, made to measure from a line of a table. */

import { cheeks, clothes, eyes, mirrored } from "./figure.js";
import { darker, lighter } from "./light.js";
import { circle, ellipse, group, line, path, placed } from "./svg.js";

/** @typedef {import("./figure.js").Look} Look */

/**
 * @typedef {object} Kind
 * @property {string} coat
 * @property {string} [belly]
 * @property {string} [beak]
 * @property {"discs" | "mask" | "plain" | "comb" | "crest" | "tufts"} [face]
 * @property {"hook" | "bill" | "point" | "giant"} [bill]
 * @property {boolean} [speckled]
 * @property {number} [size]
 * @property {"fan" | "long"} [tail]
 * @property {string} [plume]  the colour of comb, crest and tail
 */

/** @type {Record<string, Kind>} */
const KINDS = {
  owl: { coat: "#8e6a4c", belly: "#e9d3ad", face: "discs", bill: "hook", speckled: true },
  penguin: { coat: "#3c4660", belly: "#fbf8f0", face: "mask", bill: "point" },
  duckling: { coat: "#f5d05c", belly: "#fbe69a", bill: "bill", face: "crest", plume: "#f5d05c", size: 0.8 },
  duck: { coat: "#a98a68", belly: "#e9ddc8", bill: "bill", plume: "#3f7f63" },
  chick: { coat: "#f7d868", belly: "#fcebaa", bill: "point", face: "crest", plume: "#f7d868", size: 0.74 },
  hen: { coat: "#f3eadb", belly: "#fffaf0", face: "comb", bill: "point", plume: "#cf4a3f" },
  goose: { coat: "#f4f1ea", belly: "#ffffff", bill: "bill" },
  swan: { coat: "#f8f8f6", belly: "#ffffff", bill: "bill" },
  robin: { coat: "#8c765e", belly: "#e07a45", bill: "point", size: 0.78 },
  sparrow: { coat: "#9a7a5c", belly: "#eadcc6", bill: "point", speckled: true, size: 0.74 },
  bluebird: { coat: "#5b8fc4", belly: "#f3d6b2", bill: "point", size: 0.78, face: "crest", plume: "#4a7ab0" },
  crow: { coat: "#3b3a4c", belly: "#55546a", bill: "point", beak: "#c9a75c", size: 0.9 },
  parrot: { coat: "#4fa36a", belly: "#f0c64f", bill: "hook", face: "crest", plume: "#d9503f", tail: "long" },
  flamingo: { coat: "#f09aa0", belly: "#f9c4c2", bill: "hook", beak: "#4a3d48" },
  peacock: { coat: "#2f7f9a", belly: "#4aa0a8", bill: "point", face: "crest", plume: "#4aa36a", tail: "fan" },
  puffin: { coat: "#36384a", belly: "#fbf8f0", face: "mask", bill: "giant", beak: "#e8743f", size: 0.9 },
};

/** @type {Record<string, import("./figure.js").Figure>} */
export const BIRDS = Object.fromEntries(
  Object.entries(KINDS).map(([name, kind]) => [name, (/** @type {Look} */ look) => bird(kind, look)]),
);

/**
 * @param {Kind} kind
 * @param {Look} look
 */
function bird(kind, look) {
  const { tone } = look;
  const coat = tone(look.coat ?? kind.coat);
  const shade = darker(coat, 0.14);
  const belly = tone(kind.belly ?? lighter(kind.coat, 0.5));
  const beak = tone(kind.beak ?? "#eba03f");
  const plume = tone(kind.plume ?? kind.coat);
  const worn = clothes(look, { y: -76, width: 36, top: -134 });
  const discs = kind.face === "discs";
  return placed(
    0,
    0,
    { scale: kind.size ?? 1 },
    kind.tail === "fan" &&
      group(
        ...[-80, -60, -40, -20, 0, 20, 40, 60, 80].map((turn) =>
          placed(
            0,
            -46,
            { turn },
            ellipse(0, -76, 16, 62, turn % 40 ? plume : darker(plume, 0.08)),
            circle(0, -116, 9, darker(plume, 0.3)),
            circle(0, -117, 4.5, beak),
          ),
        ),
      ),
    kind.tail === "long" &&
      placed(
        0,
        0,
        { scaleX: look.chance.side(), scale: 1 },
        path("M20 -26C44 -16 56 4 58 18C46 14 34 8 12 -6Z", plume),
      ),
    worn.behind,
    mirrored(
      path("M10 -3L6 4M15 -4L16 5M19 -5L26 3", "none", {
        stroke: beak,
        "stroke-width": 4.5,
        "stroke-linecap": "round",
      }),
    ),
    kind.face === "tufts" || discs
      ? mirrored(path("M14 -130C20 -144 32 -154 42 -154C42 -140 40 -126 34 -114Z", coat))
      : null,
    path("M0 -142C32 -142 46 -118 47 -88C48 -40 40 -2 0 -2C-40 -2 -48 -40 -47 -88C-46 -118 -32 -142 0 -142Z", coat),
    kind.face === "mask"
      ? path(
          "M0 -104C8 -122 32 -120 33 -100C33 -88 28 -82 30 -66C34 -34 24 -8 0 -8C-24 -8 -34 -34 -30 -66C-28 -82 -33 -88 -33 -100C-32 -120 -8 -122 0 -104Z",
          belly,
        )
      : ellipse(0, -40, 30, 34, belly),
    kind.speckled &&
      group(
        ...[
          [-12, -58],
          [0, -62],
          [12, -58],
          [-17, -46],
          [-6, -48],
          [6, -48],
          [17, -46],
          [-11, -34],
          [0, -36],
          [11, -34],
          [-5, -23],
          [6, -23],
        ].map(([x, y]) => line(`M${x - 3} ${y}q3 4 6 0`, darker(belly, 0.28), 2)),
      ),
    mirrored(path("M40 -84C56 -70 58 -44 48 -24C40 -28 34 -44 34 -62Z", shade)),
    worn.around,
    kind.face === "comb" &&
      path("M-12 -138C-16 -152 -6 -158 -3 -150C-2 -162 10 -162 8 -150C16 -156 20 -146 12 -136Z", plume),
    kind.face === "crest" && line("M0 -141C-2 -152 4 -158 10 -156M2 -141C6 -150 14 -150 18 -146", plume, 5),
    discs &&
      mirrored(
        circle(18, -104, 19.5, belly),
        circle(18, -104, 19.5, "none", { stroke: darker(belly, 0.2), "stroke-width": 2 }),
      ),
    eyes(look, { y: -104, gap: discs ? 17 : 18, size: discs ? 8 : 5 }),
    cheeks(look, { y: -90, gap: discs ? 36 : 29, radius: 6 }),
    BILLS[kind.bill ?? "point"](beak),
    kind.face === "comb" && path("M-3 -84Q-8 -72 0 -70Q8 -72 3 -84Z", plume),
    worn.above,
  );
}

const BILLS = {
  /** @param {string} beak */
  hook: (beak) => path("M-7 -101Q0 -106 7 -101Q7 -90 0 -84Q-7 -90 -7 -101Z", beak),
  /** @param {string} beak */
  point: (beak) =>
    group(
      path("M-9 -97Q0 -103 9 -97Q4 -90 0 -88Q-4 -90 -9 -97Z", beak),
      path("M-6 -93Q0 -89 6 -93Q2 -85 0 -85Q-2 -85 -6 -93Z", darker(beak, 0.16)),
    ),
  /** @param {string} beak */
  bill: (beak) =>
    group(
      path("M-16 -93Q-14 -102 0 -102Q14 -102 16 -93Q10 -88 0 -88Q-10 -88 -16 -93Z", beak),
      path("M-12 -90Q0 -86 12 -90Q8 -82 0 -82Q-8 -82 -12 -90Z", darker(beak, 0.16)),
    ),
  /** @param {string} beak */
  giant: (beak) =>
    group(
      path("M-13 -101Q0 -112 13 -101Q12 -84 0 -76Q-12 -84 -13 -101Z", beak),
      path("M-10 -104Q0 -112 10 -104L7 -94H-7Z", darker(beak, 0.4)),
      line("M-12 -93Q0 -89 12 -93", darker(beak, 0.25), 1.8),
    ),
};
