/** Furry and other four-legged figures, sitting upright: one body, made to measure from a line of a table. */

import { EARS, MARKS, MUZZLES, TAILS } from "./animal-parts.js";
import { clothes, mirrored } from "./figure.js";
import { darker, lighter } from "./light.js";
import { ellipse, group, line, path, placed } from "./svg.js";

/** @typedef {import("./figure.js").Look} Look */
/** @typedef {import("./figure.js").Figure} Figure */
/** @typedef {import("./animal-parts.js").Colours} Colours */

/**
 * @typedef {object} Kind
 * @property {string} coat
 * @property {string} [belly]
 * @property {keyof typeof EARS} [ears]
 * @property {string} [inner]                of the ears
 * @property {keyof typeof MUZZLES} [muzzle]
 * @property {keyof typeof TAILS} [tail]
 * @property {string} [tip]                  of tail and ears, and the feet: a second colour
 * @property {(keyof typeof MARKS)[]} [marks]
 * @property {number} [size]
 * @property {number} [neck]                 how much longer than usual
 */

/** @type {Record<string, Kind>} */
const KINDS = {
  fox: { coat: "#dc7a3d", belly: "#fdf0df", ears: "pointed", muzzle: "mask", tail: "bushy", tip: "#54363a" },
  wolf: { coat: "#8a90a2", belly: "#ecebe8", ears: "pointed", muzzle: "mask", tail: "bushy", tip: "#555a70" },
  mouse: {
    coat: "#b3a8a4",
    belly: "#f3e8e0",
    ears: "dishes",
    inner: "#eab6ae",
    muzzle: "button",
    tail: "thin",
    size: 0.82,
  },
  bear: { coat: "#93623f", belly: "#d0a477", ears: "round", inner: "#d0a477", muzzle: "broad", size: 1.1 },
  polar: { coat: "#f2f0ea", belly: "#ffffff", ears: "round", inner: "#d9cfc9", muzzle: "broad", size: 1.1 },
  panda: {
    coat: "#f4f1ea",
    belly: "#ffffff",
    ears: "round",
    inner: "#3a3640",
    tip: "#3a3640",
    muzzle: "broad",
    marks: ["patches", "limbs"],
  },
  koala: { coat: "#9aa0aa", belly: "#e6e4e2", ears: "dishes", inner: "#e3c9c6", muzzle: "spoon" },
  cat: {
    coat: "#e0a35a",
    belly: "#fbecd2",
    ears: "pointed",
    inner: "#eeb7a5",
    muzzle: "whiskers",
    tail: "curl",
    marks: ["tabby"],
    size: 0.92,
  },
  dog: {
    coat: "#c9965c",
    belly: "#fbeedb",
    ears: "floppy",
    tip: "#8a5a38",
    muzzle: "dog",
    tail: "wag",
    marks: ["eyepatch"],
  },
  rabbit: {
    coat: "#cdb9a4",
    belly: "#fbf3e8",
    ears: "long",
    inner: "#efc0b6",
    muzzle: "teeth",
    tail: "puff",
    size: 0.94,
  },
  squirrel: { coat: "#b9603a", belly: "#fbe8d3", ears: "tufts", muzzle: "teeth", tail: "plume", size: 0.88 },
  beaver: { coat: "#7d5237", belly: "#c39a70", ears: "small", muzzle: "teeth", tail: "paddle" },
  otter: { coat: "#8d6a4d", belly: "#ead8bf", ears: "small", muzzle: "whiskers", tail: "thick" },
  badger: { coat: "#63636f", belly: "#d9d6d2", ears: "small", muzzle: "button", marks: ["stripes"], tail: "puff" },
  mole: { coat: "#4d4653", belly: "#6b6170", ears: "none", muzzle: "pink", size: 0.84 },
  hedgehog: { coat: "#dcb892", belly: "#f4e2c8", ears: "small", muzzle: "button", marks: ["spines"], size: 0.88 },
  elephant: {
    coat: "#9ba6b8",
    belly: "#c3cbd6",
    ears: "flaps",
    inner: "#d8b4b8",
    muzzle: "trunk",
    tail: "thin",
    size: 1.12,
  },
  lion: {
    coat: "#e0ac5a",
    belly: "#f9e6bb",
    ears: "round",
    inner: "#c98a3f",
    tip: "#a9622d",
    muzzle: "broad",
    tail: "tuft",
    marks: ["mane"],
  },
  tiger: {
    coat: "#e5923f",
    belly: "#fff2dd",
    ears: "round",
    inner: "#fbe3cf",
    tip: "#3b2b33",
    muzzle: "broad",
    tail: "curl",
    marks: ["tabby", "bands"],
  },
  monkey: { coat: "#855a41", belly: "#e5bd94", ears: "side", inner: "#e5bd94", muzzle: "face", tail: "curl" },
  sloth: { coat: "#9b8a74", belly: "#c9b799", ears: "none", muzzle: "face", marks: ["patches"], tip: "#6b5847" },
  racoon: {
    coat: "#8c8b96",
    belly: "#dcdadc",
    ears: "pointed",
    muzzle: "button",
    marks: ["bandit"],
    tip: "#3f3c49",
    tail: "rings",
  },
  pig: { coat: "#f0b3ae", belly: "#f8d0ca", ears: "leaf", inner: "#e09693", muzzle: "snout", tail: "spring" },
  cow: {
    coat: "#f5efe6",
    belly: "#ffffff",
    ears: "side",
    inner: "#efbab2",
    tip: "#5b4644",
    muzzle: "cow",
    marks: ["blotches", "horns"],
    tail: "tuft",
    size: 1.08,
  },
  sheep: { coat: "#f6f0e4", belly: "#fffaf0", ears: "side", inner: "#e8b9ae", muzzle: "lamb", marks: ["wool"] },
  goat: {
    coat: "#d9d1c4",
    belly: "#f5efe4",
    ears: "side",
    inner: "#e8b9ae",
    muzzle: "lamb",
    marks: ["horns", "beard"],
  },
  deer: {
    coat: "#b97f4d",
    belly: "#f5e2c5",
    ears: "leafy",
    inner: "#f3cfb8",
    muzzle: "deer",
    marks: ["antlers", "spots"],
    tail: "puff",
    neck: 12,
  },
  giraffe: {
    coat: "#eac26c",
    belly: "#faecc6",
    ears: "leafy",
    inner: "#f3cfb8",
    muzzle: "deer",
    tip: "#a86a35",
    marks: ["knobs", "map"],
    tail: "tuft",
    neck: 46,
  },
  horse: {
    coat: "#a8714a",
    belly: "#c8966a",
    ears: "upright",
    inner: "#d9a184",
    tip: "#4c3530",
    muzzle: "long",
    marks: ["forelock"],
    tail: "flow",
    neck: 10,
  },
  donkey: {
    coat: "#9d978f",
    belly: "#e6e0d6",
    ears: "long",
    inner: "#d9b9ae",
    tip: "#5d5753",
    muzzle: "long",
    marks: ["forelock"],
    tail: "tuft",
  },
  zebra: {
    coat: "#f6f3ee",
    belly: "#ffffff",
    ears: "upright",
    inner: "#d8b9b2",
    tip: "#34303c",
    muzzle: "long",
    marks: ["bands", "forelock"],
    tail: "tuft",
  },
  unicorn: {
    coat: "#eef0f7",
    belly: "#ffffff",
    ears: "upright",
    inner: "#f3c3d1",
    tip: "#b79be0",
    muzzle: "long",
    marks: ["forelock", "horn"],
    tail: "flow",
    neck: 10,
  },
  dragon: {
    coat: "#6aa66b",
    belly: "#f0dd9b",
    ears: "fins",
    inner: "#e0925a",
    tip: "#e0925a",
    muzzle: "dragon",
    tail: "arrow",
    marks: ["wings", "ribs", "horns"],
    size: 1.06,
  },
  dinosaur: {
    coat: "#7fae76",
    belly: "#e3e6b0",
    ears: "none",
    muzzle: "dragon",
    tail: "thick",
    tip: "#d98a4e",
    marks: ["crest"],
    size: 1.08,
  },
  frog: { coat: "#7fb356", belly: "#e9efb8", ears: "none", muzzle: "frog", size: 0.86 },
  kangaroo: { coat: "#c08a5c", belly: "#f0d6b2", ears: "long", inner: "#efc0b6", muzzle: "deer", tail: "thick" },
  bat: {
    coat: "#6a5a72",
    belly: "#a08ca6",
    ears: "pointed",
    inner: "#c39aa5",
    muzzle: "button",
    marks: ["batwings"],
    size: 0.84,
  },
  monster: {
    coat: "#7d8fc9",
    belly: "#c3d0f0",
    ears: "none",
    muzzle: "frogless",
    marks: ["horns", "shag"],
    tip: "#5a69a8",
  },
  bison: {
    coat: "#7a5638",
    belly: "#a37b52",
    ears: "side",
    inner: "#a37b52",
    tip: "#e8dcc4",
    muzzle: "broad",
    marks: ["horns"],
    size: 1.12,
  },
};

/** @type {Record<string, Figure>} */
export const ANIMALS = Object.fromEntries(
  Object.entries(KINDS).map(([name, kind]) => [name, (/** @type {Look} */ look) => animal(kind, look)]),
);

/**
 * @param {Kind} kind
 * @param {Look} look
 */
function animal(kind, look) {
  const { tone } = look;
  const coat = look.coat ?? kind.coat;
  /** @type {Colours} */
  const colours = {
    coat: tone(coat),
    shade: tone(darker(coat, 0.13)),
    belly: tone(kind.belly ?? lighter(coat, 0.5)),
    inner: tone(kind.inner ?? darker(coat, 0.3)),
    tip: tone(kind.tip ?? darker(coat, 0.35)),
  };
  const neck = kind.neck ?? 0;
  const worn = clothes(look, { y: -74, width: 27, top: -136 - neck });
  /** @param {"behind" | "body" | "head" | "face"} layer */
  const marks = (layer) => group(...(kind.marks ?? []).map((mark) => MARKS[mark][layer]?.(colours, look)));
  const limbs = kind.marks?.includes("limbs") ? colours.tip : colours.shade;
  return placed(
    0,
    0,
    { scale: kind.size ?? 1 },
    placed(0, 0, { scaleX: look.chance.side(), scale: 1 }, TAILS[kind.tail ?? "none"](colours)),
    worn.behind,
    marks("behind"),
    path("M0 -86C28 -86 43 -48 43 -22C43 -5 28 0 0 0C-28 0 -43 -5 -43 -22C-43 -48 -28 -86 0 -86Z", colours.coat),
    neck > 0 && path(`M-19 ${-96 - neck}Q-15 -70 -28 -62H28Q15 -70 19 ${-96 - neck}Z`, colours.coat),
    ellipse(0, -31, 25, 29, colours.belly),
    marks("body"),
    mirrored(
      line("M31 -60Q38 -44 24 -33", limbs, 15),
      ellipse(22, -4.5, 15, 7.5, limbs),
      line("M17 -3.5v2M23 -3v2", darker(limbs, 0.25), 1.8),
    ),
    worn.around,
    placed(
      0,
      -neck,
      {},
      marks("head"),
      EARS[kind.ears ?? "none"](colours),
      path(
        "M0 -140C27 -140 43 -124 43 -104C43 -83 25 -72 0 -72C-25 -72 -43 -83 -43 -104C-43 -124 -27 -140 0 -140Z",
        colours.coat,
      ),
      marks("face"),
      MUZZLES[kind.muzzle ?? "button"](colours, look),
    ),
    worn.above,
  );
}
