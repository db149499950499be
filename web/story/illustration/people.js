/** People, small and fairy-tale: a dress or a coat, a face, hair, and what they wear on their heads. */

import { cheeks, eyes, grin, mirrored } from "./figure.js";
import { darker, lighter } from "./light.js";
import { circle, ellipse, group, line, path, placed } from "./svg.js";

/** @typedef {import("./figure.js").Look} Look */
/** @typedef {import("./svg.js").Child} Child */

/**
 * @typedef {object} Kind
 * @property {"dress" | "robe" | "coat" | "armour" | "jacket" | "fin"} clothes
 * @property {keyof typeof HATS} [hat]
 * @property {"long" | "short" | "plaits" | "bun" | "grey" | "none" | "chance"} [hair]
 * @property {string[]} colours      of the clothes, one by chance
 * @property {boolean} [beard]
 * @property {boolean} [wings]
 * @property {boolean} [patch]
 * @property {Child} [holds]
 * @property {number} [size]
 * @property {string} [skin]
 */

/** @type {Record<string, Kind>} */
const KINDS = {
  princess: { clothes: "dress", hat: "crown", hair: "long", colours: ["#d98aa8", "#8f7fc4", "#6fa7a8", "#e0a85a"] },
  queen: { clothes: "dress", hat: "crown", hair: "bun", colours: ["#7a4a86", "#a8485a"], size: 1.06 },
  prince: { clothes: "coat", hat: "crown", hair: "short", colours: ["#4c6fb0", "#5a8a5c", "#a8485a"] },
  king: { clothes: "robe", hat: "crown", hair: "grey", beard: true, colours: ["#a33f4c", "#4a4a90"], size: 1.06 },
  wizard: { clothes: "robe", hat: "wizard", hair: "chance", colours: ["#4a4f9a", "#5d4289", "#2f6a7a"] },
  witch: { clothes: "dress", hat: "witch", hair: "plaits", colours: ["#5d4b78", "#3f5d58"] },
  pirate: { clothes: "jacket", hat: "pirate", hair: "chance", patch: true, colours: ["#8a3f44", "#3c5a7c"] },
  knight: { clothes: "armour", hat: "helmet", hair: "none", colours: ["#aab2c4"] },
  fairy: {
    clothes: "dress",
    hat: "flowers",
    hair: "long",
    wings: true,
    colours: ["#9cc48a", "#d49ac4", "#8ab4d4"],
    size: 0.86,
  },
  mermaid: { clothes: "fin", hat: "shell", hair: "long", colours: ["#4fa08f", "#5a8fb8", "#8a78b8"] },
  elf: { clothes: "coat", hat: "pointed", hair: "short", colours: ["#5a8a4a", "#a8543f"], size: 0.9 },
  gnome: { clothes: "coat", hat: "pointed", hair: "grey", beard: true, colours: ["#4c6f9a", "#5a7a4a"], size: 0.82 },
  giant: { clothes: "jacket", hair: "chance", colours: ["#7a6a4a", "#5a6f7a"], size: 1.34 },
  grandmother: { clothes: "dress", hair: "bun", colours: ["#8a6a8a", "#5a7a8a"] },
  grandfather: { clothes: "jacket", hat: "cap", hair: "grey", beard: true, colours: ["#6a5a4a", "#4a5f5a"] },
  girl: { clothes: "dress", hair: "plaits", colours: ["#d9734f", "#5a8fb8", "#d4a13f", "#7a9a5a"] },
  boy: { clothes: "jacket", hair: "short", colours: ["#4c7ab0", "#c2603f", "#5a8a5c"] },
  sailor: { clothes: "jacket", hat: "sailor", hair: "chance", colours: ["#35507f"] },
  cook: { clothes: "jacket", hat: "cook", hair: "chance", colours: ["#f2eee6"] },
  astronaut: { clothes: "jacket", hat: "bubble", hair: "short", colours: ["#eef0f4"] },
};

const SKINS = ["#f6d3b3", "#eebf97", "#d79c6f", "#a86f4a", "#7d5038"];
const HAIRS = ["#4a3228", "#7a4a2a", "#2c2430", "#c98a3c", "#b5543a"];

/** @type {Record<string, import("./figure.js").Figure>} */
export const PEOPLE = Object.fromEntries(
  Object.entries(KINDS).map(([name, kind]) => [name, (/** @type {Look} */ look) => person(kind, look)]),
);

/**
 * @param {Kind} kind
 * @param {Look} look
 */
function person(kind, look) {
  const { tone, chance } = look;
  const skin = tone(kind.skin ?? chance.pick(SKINS));
  const cloth = tone(look.coat ?? chance.pick(kind.colours));
  const style = kind.hair === "chance" ? chance.pick(["long", "short", "plaits"]) : (kind.hair ?? "short");
  const hair = tone(
    style === "grey" || kind.clothes === "fin"
      ? style === "grey"
        ? "#e4e0dc"
        : chance.pick(["#c2543f", "#d9a74c", "#5f8f7a"])
      : chance.pick(HAIRS),
  );
  const trim = tone("#f0cf7a");
  const shade = darker(cloth, 0.16);
  return placed(
    0,
    0,
    { scale: kind.size ?? 1 },
    kind.wings &&
      mirrored(
        path("M16 -62C40 -104 82 -108 84 -84C84 -66 50 -54 18 -52Z", tone("#eaf6ff"), { opacity: 0.75 }),
        path("M16 -52C44 -56 66 -40 60 -26C52 -14 30 -28 16 -44Z", tone("#eaf6ff"), { opacity: 0.6 }),
      ),
    (look.brave || kind.hat === "crown") &&
      kind.clothes !== "fin" &&
      path("M-22 -76C-48 -40 -52 -14 -48 -2H48C52 -14 48 -40 22 -76Z", darker(tone("#a8404c"), 0.05)),
    style === "long" && path("M-36 -112C-42 -86 -44 -60 -34 -46C-20 -40 20 -40 34 -46C44 -60 42 -86 36 -112Z", hair),
    style === "plaits" &&
      mirrored(
        path("M28 -110C40 -104 44 -86 40 -70C44 -62 38 -54 34 -56C28 -60 32 -66 30 -72C28 -86 26 -98 28 -110Z", hair),
        circle(36, -68, 3.4, trim),
      ),
    style === "bun" && circle(0, -146, 15, hair),
    CLOTHES[kind.clothes](cloth, shade, trim, tone),
    kind.clothes !== "fin" && mirrored(line("M20 -66Q32 -54 30 -38", shade, 13), circle(30, -35, 7, skin)),
    kind.clothes === "fin" && mirrored(line("M20 -66Q32 -54 26 -38", skin, 11)),
    ellipse(0, -106, 36, 34, skin),
    mirrored(circle(35, -104, 6, skin)),
    kind.beard &&
      path("M-32 -100C-34 -66 -16 -46 0 -44C16 -46 34 -66 32 -100C24 -86 12 -90 0 -90C-12 -90 -24 -86 -32 -100Z", hair),
    style !== "none" && HAIR_FRONTS[style === "short" ? "short" : style === "grey" ? "grey" : "parted"](hair),
    kind.patch && !look.sleepy
      ? group(
          circle(-14, -104, 4.6, tone("#2b2233")),
          circle(-12.6, -105.6, 1.6, "#fff"),
          ellipse(15, -104, 9, 8.5, tone("#2f2a33")),
          line("M36 -120L15 -110L-34 -122", tone("#2f2a33"), 2.4),
        )
      : eyes(look, { y: -104, gap: 14.5 }),
    cheeks(look, { y: -93, gap: 24 }),
    grin(look, -90, kind.patch ? 7 : 5.5),
    HATS[kind.hat ?? "none"]({ tone, cloth, shade, trim, chance, hair }),
  );
}

/** @type {Record<Kind["clothes"], (cloth: string, shade: string, trim: string, tone: Look["tone"]) => SVGElement>} */
const CLOTHES = {
  dress: (cloth, shade, trim) =>
    group(
      mirrored(ellipse(11, -3, 10, 5, shade)),
      path("M-17 -76C-20 -58 -34 -28 -44 -8Q-22 2 0 -3Q22 2 44 -8C34 -28 20 -58 17 -76Z", cloth),
      line("M-41 -13Q-20 -4 0 -9Q20 -4 41 -13", trim, 3),
      path("M-17 -50Q0 -44 17 -50L16 -57Q0 -51 -16 -57Z", shade),
    ),
  robe: (cloth, shade, trim) =>
    group(
      path("M-19 -78C-24 -50 -36 -20 -40 -3Q0 6 40 -3C36 -20 24 -50 19 -78Z", cloth),
      path("M-5 -76L-8 1Q0 3 8 1L5 -76Z", shade),
      ...[
        [-24, -22],
        [25, -30],
        [-18, -48],
        [22, -10],
      ].map(([x, y]) => circle(x, y, 2.6, trim)),
    ),
  coat: (cloth, shade, trim, tone) =>
    group(
      mirrored(path("M5 -24H20V-4Q22 0 12 0H5Z", tone("#4d4358"))),
      path("M-20 -78C-26 -56 -30 -36 -30 -20Q0 -12 30 -20C30 -36 26 -56 20 -78Z", cloth),
      line("M0 -72V-18", shade, 3),
      line("M-29 -36Q0 -28 29 -36", tone("#5b4636"), 6),
      circle(0, -32.5, 4, trim),
    ),
  jacket: (cloth, shade, trim, tone) =>
    group(
      mirrored(path("M4 -28H21V-4Q23 0 12 0H4Z", tone("#54506a"))),
      path("M-20 -78C-27 -60 -29 -40 -28 -26Q0 -18 28 -26C29 -40 27 -60 20 -78Z", cloth),
      path("M-8 -78L0 -56L8 -78Z", tone("#f6efe0")),
      line("M0 -56V-23", shade, 2.4),
      circle(5, -46, 2, trim),
      circle(5, -35, 2, trim),
    ),
  armour: (cloth, shade, _trim, tone) =>
    group(
      mirrored(path("M4 -26H20V-4Q22 0 12 0H4Z", shade)),
      path("M-22 -78C-30 -58 -30 -38 -27 -22Q0 -12 27 -22C30 -38 30 -58 22 -78Z", cloth),
      line("M-28 -38Q0 -30 28 -38", shade, 3),
      path("M0 -70C-8 -76 -14 -66 0 -54C14 -66 8 -76 0 -70Z", tone("#c8493f")),
    ),
  fin: (cloth, shade, _trim, tone) =>
    group(
      path(
        "M-18 -62C-30 -34 -8 -26 14 -14C24 -8 36 -4 52 -14C48 -2 58 4 66 0C58 12 40 14 24 8C-4 0 -38 -8 -30 -44Z",
        cloth,
      ),
      path("M-18 -76Q0 -70 18 -76L20 -54Q0 -40 -22 -54Z", shade),
      line("M-16 -46q6 6 12 0q6 6 12 0M-22 -34q6 6 12 0", lighter(cloth, 0.3), 2),
      mirrored(path("M2 -66Q10 -74 17 -66Q14 -56 9 -56Q4 -58 2 -66Z", tone("#f2b9a0"))),
    ),
};

/** @type {Record<string, (hair: string) => SVGElement>} */
const HAIR_FRONTS = {
  short: (hair) =>
    path(
      "M-37 -106C-40 -134 -20 -144 0 -144C22 -144 40 -132 37 -106C32 -112 30 -120 26 -124C16 -116 -4 -118 -12 -126C-20 -124 -32 -118 -37 -106Z",
      hair,
    ),
  parted: (hair) =>
    path(
      "M-38 -100C-42 -132 -20 -144 0 -144C20 -144 42 -132 38 -100C34 -116 18 -122 2 -130C-14 -124 -32 -118 -38 -100Z",
      hair,
    ),
  grey: (hair) => mirrored(path("M36 -112C42 -110 42 -94 35 -90C32 -96 32 -106 36 -112Z", hair)),
};

/** @typedef {{tone: Look["tone"], cloth: string, shade: string, trim: string, hair: string, chance: Look["chance"]}} Hat */

const HATS = {
  none: () => null,
  /** @param {Hat} h */
  crown: ({ trim, tone }) =>
    group(
      path("M-24 -132L-28 -158L-13 -146L0 -166L13 -146L28 -158L24 -132Q0 -124 -24 -132Z", trim, {
        stroke: trim,
        "stroke-width": 3,
        "stroke-linejoin": "round",
      }),
      circle(0, -139, 4, tone("#c8495a")),
      mirrored(circle(14, -138, 3, tone("#5a8fb8"))),
    ),
  /** @param {Hat} h */
  wizard: ({ cloth, shade, trim }) =>
    group(
      path(
        "M-34 -128C-18 -152 -8 -176 10 -198C12 -196 22 -190 26 -184C20 -184 20 -176 22 -168C26 -152 30 -140 34 -128Z",
        cloth,
      ),
      ellipse(0, -128, 52, 11, shade),
      path("M-34 -130Q0 -118 34 -130L31 -140Q0 -128 -30 -139Z", trim),
      ...[
        [-6, -158],
        [10, -172],
        [14, -150],
      ].map(([x, y]) =>
        path(
          `M${x} ${y - 5}l1.6 3.4l3.6 .4l-2.7 2.5l.8 3.600l-3.3 -1.900l-3.3 1.900l.8 -3.600l-2.7 -2.5l3.6 -.4Z`,
          trim,
        ),
      ),
    ),
  /** @param {Hat} h */
  witch: ({ tone, trim }) =>
    group(
      path("M-30 -130C-20 -152 -10 -178 18 -196C16 -184 26 -170 30 -130Z", tone("#3d3550")),
      ellipse(0, -129, 54, 11, tone("#332c45")),
      path("M-30 -132Q0 -120 30 -132L29 -142Q0 -130 -26 -142Z", trim),
    ),
  /** @param {Hat} h */
  pirate: ({ tone }) =>
    group(
      path("M-50 -126C-46 -150 -22 -170 0 -168C22 -170 46 -150 50 -126C30 -136 -30 -136 -50 -126Z", tone("#3a3442")),
      line("M-48 -127C-28 -137 28 -137 48 -127", tone("#e9cf8a"), 3.4),
      circle(0, -150, 7, tone("#f5efe0")),
      line("M-10 -139L10 -143M-10 -143L10 -139", tone("#f5efe0"), 3),
    ),
  /** @param {Hat} h */
  helmet: ({ cloth, shade, tone, chance }) =>
    group(
      path("M-40 -104C-44 -138 -22 -148 0 -148C22 -148 44 -138 40 -104L36 -92L32 -116Q0 -124 -32 -116L-36 -92Z", cloth),
      path("M-34 -117Q0 -126 34 -117L33 -124Q0 -133 -33 -124Z", shade),
      path(
        "M0 -147C-4 -164 12 -176 34 -170C28 -164 30 -156 22 -152C14 -146 8 -148 0 -147Z",
        tone(chance.pick(["#c8493f", "#4c6fb0", "#dba339"])),
      ),
    ),
  /** @param {Hat} h */
  flowers: ({ tone }) =>
    group(
      ...[-26, -13, 0, 13, 26].map((x, index) =>
        circle(
          x,
          -136 - 6 * Math.cos(x / 18),
          6.5,
          tone(["#f2a0b0", "#fff3d6", "#f2cf6b", "#fff3d6", "#b79be0"][index]),
        ),
      ),
    ),
  /** @param {Hat} h */
  shell: ({ tone }) =>
    placed(
      22,
      -136,
      { turn: 20 },
      path("M0 8C-12 4 -12 -10 0 -12C12 -10 12 4 0 8Z", tone("#f6c0a8")),
      line("M0 7V-10M-3 6L-7 -6M3 6L7 -6", tone("#d98f78"), 1.5),
    ),
  /** @param {Hat} h */
  pointed: ({ tone, chance }) =>
    group(
      path(
        "M-33 -128C-24 -150 -6 -186 8 -200C16 -184 28 -154 33 -128Q0 -116 -33 -128Z",
        tone(chance.pick(["#c2433f", "#4a7f4f", "#4c6fb0"])),
      ),
      path("M-35 -126Q0 -112 35 -126L34 -135Q0 -122 -33 -136Z", tone("#f5ecd9")),
      circle(8, -201, 6.5, tone("#f5ecd9")),
    ),
  /** @param {Hat} h */
  cap: ({ tone }) =>
    group(
      path("M-36 -122C-36 -144 -18 -150 0 -150C20 -150 36 -144 36 -122Q0 -132 -36 -122Z", tone("#6f6354")),
      path("M-10 -128Q24 -134 50 -120Q30 -120 8 -120Z", tone("#5b5145")),
    ),
  /** @param {Hat} h */
  sailor: ({ tone }) =>
    group(
      path("M-28 -132L-34 -150Q0 -162 34 -150L28 -132Q0 -124 -28 -132Z", tone("#f8f6f0")),
      path("M-29 -130Q0 -121 29 -130L30 -137Q0 -128 -30 -137Z", tone("#35507f")),
    ),
  /** @param {Hat} h */
  cook: ({ tone }) =>
    group(
      circle(-16, -154, 16, tone("#fbf8f0")),
      circle(16, -154, 16, tone("#fbf8f0")),
      circle(0, -162, 17, tone("#fbf8f0")),
      path("M-26 -148H26L24 -128Q0 -122 -24 -128Z", tone("#f1ece0")),
    ),
  /** @param {Hat} h */
  bubble: ({ tone }) =>
    group(
      circle(0, -108, 50, tone("#dff0fb"), { opacity: 0.25 }),
      circle(0, -108, 50, "none", { stroke: tone("#e8edf4"), "stroke-width": 4 }),
      path("M-34 -128C-28 -142 -14 -148 -4 -148", "none", {
        stroke: "#ffffff",
        "stroke-width": 4,
        "stroke-linecap": "round",
        opacity: 0.7,
      }),
    ),
};
