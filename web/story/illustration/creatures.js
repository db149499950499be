/** Everybody who is neither furry, feathered nor a person: shells, fins, feelers, wheels; and a traveller for the rest. */

import { cheeks, clothes, eyes, grin, mirrored, smile } from "./figure.js";
import { darker, lighter, mix } from "./light.js";
import { halo } from "./sky.js";
import { circle, ellipse, group, line, many, path, placed, rect } from "./svg.js";

/** @typedef {import("./figure.js").Look} Look */
/** @typedef {import("./figure.js").Figure} Figure */

/** @param {Look} look @param {string} usual */
const coatOf = (look, usual) => look.tone(look.coat ?? usual);

/** @type {Figure} */
function turtle(look) {
  const { tone, chance } = look;
  const skin = tone("#a9b66a");
  const shell = coatOf(look, "#6f8a4c");
  const plate = lighter(shell, 0.24);
  return placed(
    0,
    0,
    { scaleX: chance.side() * 1.06, scale: 1.06 },
    path("M-66 -16Q-86 -10 -92 -4Q-78 -4 -62 -8Z", skin),
    ellipse(-40, -8, 17, 10, darker(skin, 0.12)),
    ellipse(32, -8, 17, 10, darker(skin, 0.12)),
    path("M30 -34C44 -40 46 -64 52 -76H84C86 -52 74 -22 44 -14Z", skin),
    path("M-72 -20C-70 -66 -38 -94 0 -94C36 -94 60 -66 62 -20Q-4 -6 -72 -20Z", shell),
    path("M-22 -82L10 -84L26 -60L8 -40L-26 -42L-40 -62Z", plate),
    line("M-22 -82L-28 -91M10 -84L18 -91M26 -60L52 -56M8 -40L14 -14M-26 -42L-36 -14M-40 -62L-64 -52", plate, 4),
    path("M-76 -20Q-4 -2 66 -20Q70 -12 62 -9Q-4 6 -72 -9Q-80 -12 -76 -20Z", darker(shell, 0.2)),
    placed(
      70,
      18,
      {},
      ellipse(0, -104, 30, 27, skin),
      eyes(look, { y: -108, gap: 11 }),
      cheeks(look, { y: -97, gap: 19, radius: 5.5 }),
      smile(look, -96, 5),
      look.brave && path("M-26 -82Q0 -70 26 -82L24 -74Q0 -62 -22 -74Z", tone("#c8553d")),
      look.sleepy &&
        path("M-24 -122Q-16 -148 6 -150Q34 -150 38 -122Q24 -132 20 -120Q0 -130 -24 -122Z", tone("#7a5aa0")),
    ),
  );
}

/** @type {Figure} */
function snail(look) {
  const { tone, chance } = look;
  const skin = tone("#e8c79a");
  const shell = coatOf(look, "#c9764f");
  return placed(
    0,
    0,
    { scaleX: chance.side() * 0.95, scale: 0.95 },
    path("M-82 0C-70 -14 -40 -20 10 -20C30 -22 34 -54 42 -70H76C80 -40 78 -14 60 -2Q50 2 -82 0Z", skin),
    line("M50 -92L44 -122M68 -92L76 -122", skin, 5),
    circle(44, -124, 6, skin),
    circle(76, -124, 6, skin),
    circle(-14, -58, 48, shell),
    line(
      "M-58 -44C-58 -84 -36 -98 -12 -96C16 -94 26 -70 20 -50C14 -32 -10 -28 -22 -40C-34 -54 -24 -72 -10 -70C2 -68 4 -56 -4 -53",
      lighter(shell, 0.34),
      6.5,
    ),
    ellipse(59, -78, 27, 24, skin),
    placed(
      60,
      28,
      {},
      eyes(look, { y: -108, gap: 10.5 }),
      cheeks(look, { y: -98, gap: 18, radius: 5.5 }),
      smile(look, -97, 5),
    ),
  );
}

/** @type {Figure} */
function robot(look) {
  const { tone, chance } = look;
  const metal = coatOf(look, chance.pick(["#8fb0c4", "#b9c2c8", "#c9a66b", "#9ab89a"]));
  const dark = darker(metal, 0.3);
  const glow = "#ffe59a";
  const screen = tone("#2b3348");
  return group(
    line("M0 -142V-160", dark, 4),
    circle(0, -164, 7, glow),
    mirrored(rect(8, -16, 20, 16, dark, { rx: 6 }), line("M38 -58Q54 -46 48 -28", dark, 9), circle(47, -24, 9, metal)),
    rect(-40, -74, 80, 62, metal, { rx: 18 }),
    rect(-24, -60, 48, 34, lighter(metal, 0.25), { rx: 9 }),
    path("M0 -34C-20 -46 -10 -60 0 -51C10 -60 20 -46 0 -34Z", tone("#e2604f")),
    rect(-12, -84, 24, 14, dark),
    mirrored(rect(42, -118, 12, 24, dark, { rx: 5 })),
    rect(-47, -142, 94, 64, metal, { rx: 22 }),
    rect(-37, -132, 74, 44, screen, { rx: 15 }),
    look.sleepy
      ? mirrored(line("M11 -112q6 6 12 0", glow, 3))
      : mirrored(circle(17, -112, 6.5, glow), circle(17, -112, 10, glow, { opacity: 0.25 })),
    line("M-7 -99Q0 -93 7 -99", glow, 3),
    mirrored(circle(30, -101, 4, "#ff9f8c", { opacity: 0.6 })),
    look.brave && path("M-30 -78Q0 -64 30 -78L28 -68Q0 -54 -28 -68Z", tone("#c8553d")),
  );
}

/** @type {Figure} */
function fish(look) {
  const coat = coatOf(look, look.chance.pick(["#e8894a", "#5aa0b8", "#d9a83f", "#c9708a"]));
  const fin = darker(coat, 0.16);
  return placed(
    0,
    -18,
    { scaleX: look.chance.side(), scale: 1 },
    path("M-44 -66C-66 -96 -88 -96 -92 -88C-84 -76 -84 -60 -92 -46C-88 -38 -66 -38 -44 -66Z", fin),
    path("M-20 -104C-10 -126 20 -128 34 -112Z", fin),
    path("M-12 -32C-8 -16 10 -12 18 -18Z", fin),
    path("M-54 -66C-38 -108 22 -118 52 -90C66 -76 66 -58 52 -46C22 -16 -38 -26 -54 -66Z", coat),
    line("M-14 -92q10 26 -2 52M2 -97q11 32 -2 62", lighter(coat, 0.35), 5),
    placed(
      36,
      32,
      {},
      eyes(look, { y: -108, gap: 11, size: 6 }),
      cheeks(look, { y: -94, gap: 20, radius: 5.5 }),
      smile(look, -92, 5.5),
    ),
  );
}

/** @type {Figure} */
function whale(look) {
  const coat = coatOf(look, "#5f86b0");
  return placed(
    0,
    -6,
    { scaleX: look.chance.side() * 1.1, scale: 1.1 },
    path(
      "M-72 -52C-96 -58 -108 -84 -100 -98C-92 -92 -86 -90 -82 -82C-78 -92 -68 -96 -60 -94C-60 -78 -62 -64 -54 -52Z",
      coat,
    ),
    path("M-82 -56C-60 -44 -48 -106 14 -106C58 -106 78 -78 76 -48C74 -16 44 -8 4 -8C-40 -8 -74 -24 -82 -56Z", coat),
    path("M76 -46C74 -16 44 -8 4 -8C-20 -8 -40 -12 -56 -22C-10 -20 40 -26 76 -46Z", lighter(coat, 0.55)),
    line("M14 -108C12 -124 4 -130 -4 -132M18 -108C20 -124 28 -130 36 -132", look.tone("#d9eef8"), 4),
    path("M6 -22C2 -4 -12 4 -24 2C-22 -10 -16 -20 -6 -26Z", darker(coat, 0.14)),
    placed(
      36,
      44,
      {},
      eyes(look, { y: -108, gap: 15 }),
      cheeks(look, { y: -96, gap: 24, radius: 6 }),
      smile(look, -94, 6),
    ),
  );
}

/** @type {Figure} */
function octopus(look) {
  const coat = coatOf(look, look.chance.pick(["#c9708f", "#8f78c0", "#d98a5a"]));
  return group(
    ...[-3, -2, -1, 0, 1, 2, 3].map((arm) =>
      line(
        `M${arm * 9} -52C${arm * 14} -24 ${arm * 22} -22 ${arm * 23} -6q${arm < 0 ? -10 : 10} 8 ${arm < 0 ? -13 : 13} -4`,
        arm % 2 ? darker(coat, 0.12) : coat,
        15,
      ),
    ),
    path("M0 -148C34 -148 48 -122 46 -92C44 -66 34 -48 0 -48C-34 -48 -44 -66 -46 -92C-48 -122 -34 -148 0 -148Z", coat),
    ellipse(18, -132, 8, 5, lighter(coat, 0.4)),
    circle(30, -120, 3.5, lighter(coat, 0.4)),
    eyes(look, { y: -92, gap: 17, size: 6 }),
    cheeks(look, { y: -78, gap: 29 }),
    grin(look, -76, 8),
  );
}

/** @type {Figure} */
function crab(look) {
  const coat = coatOf(look, "#d9603f");
  return placed(
    0,
    2,
    {},
    mirrored(
      line("M34 -26Q56 -28 60 -4M30 -20Q46 -16 46 0M36 -34Q66 -40 74 -14", darker(coat, 0.16), 7),
      line("M40 -52Q64 -56 66 -76", coat, 9),
      path("M66 -72C48 -82 52 -108 68 -110C64 -100 66 -94 70 -90C74 -98 80 -102 86 -100C92 -86 84 -72 66 -72Z", coat),
      line("M14 -70V-92", coat, 5),
    ),
    ellipse(0, -42, 50, 36, coat),
    mirrored(circle(14, -96, 10, look.tone("#fffaf0"))),
    eyes(look, { y: -96, gap: 14, size: 5 }),
    cheeks(look, { y: -44, gap: 28 }),
    grin(look, -46, 10),
  );
}

/** Six legs and wings: bees, butterflies, beetles, fireflies. @param {{coat: string, wings: string, bands?: string, dots?: string, lit?: boolean, great?: boolean}} kind @returns {Figure} */
const insect = (kind) => (look) => {
  const coat = coatOf(look, kind.coat);
  const { tone } = look;
  const wing = tone(kind.great ? (look.coat ?? kind.wings) : kind.wings);
  return placed(
    0,
    -34,
    { scale: 0.95 },
    kind.lit && halo(look.id, 0, -14, 84, 1, "glow"),
    kind.great
      ? mirrored(
          path("M8 -66C30 -128 84 -132 88 -98C90 -70 50 -54 10 -50Z", wing),
          path("M10 -50C48 -54 76 -38 66 -14C54 8 22 -18 8 -40Z", darker(wing, 0.1)),
          circle(66, -94, 9, lighter(wing, 0.5)),
          circle(52, -26, 7, lighter(wing, 0.5)),
        )
      : mirrored(path("M14 -64C34 -104 74 -104 76 -84C76 -66 44 -54 16 -52Z", wing, { opacity: 0.8 })),
    path(
      "M0 -70C24 -70 32 -50 30 -32C28 -12 14 0 0 0C-14 0 -28 -12 -30 -32C-32 -50 -24 -70 0 -70Z",
      kind.lit ? darker(coat, 0.1) : coat,
    ),
    kind.bands !== undefined &&
      line("M-28 -46Q0 -38 28 -46M-29 -28Q0 -20 29 -28M-20 -11Q0 -4 20 -11", tone(kind.bands), 7.5),
    kind.dots !== undefined &&
      group(
        line("M0 -68V-2", tone(kind.dots), 2.5),
        mirrored(
          circle(14, -48, 6, tone(kind.dots)),
          circle(17, -28, 6, tone(kind.dots)),
          circle(9, -12, 4.5, tone(kind.dots)),
        ),
      ),
    kind.lit && path("M-28 -24Q0 -14 28 -24C26 -8 14 0 0 0C-14 0 -26 -8 -28 -24Z", "#eef78f"),
    mirrored(line("M12 -122Q18 -138 30 -140", tone("#3b3040"), 3), circle(31, -140, 4.5, tone("#3b3040"))),
    ellipse(0, -98, 33, 30, kind.dots ? tone("#4a3b44") : lighter(coat, 0.14)),
    kind.dots !== undefined && ellipse(0, -92, 26, 20, tone("#f3d3b4")),
    placed(
      0,
      6,
      {},
      eyes(look, { y: -104, gap: 13 }),
      cheeks(look, { y: -93, gap: 21, radius: 6 }),
      smile(look, -92, 5.5),
    ),
  );
};

/** @type {Figure} */
function ghost(look) {
  const sheet = coatOf(look, "#f2f3fa");
  return placed(
    0,
    -12,
    {},
    path(
      "M0 -146C36 -146 46 -116 46 -84C46 -48 54 -26 60 -8C48 -14 42 0 30 -4C20 -10 12 4 0 -2C-12 4 -20 -10 -30 -4C-42 0 -48 -14 -60 -8C-54 -26 -46 -48 -46 -84C-46 -116 -36 -146 0 -146Z",
      sheet,
      { opacity: 0.94 },
    ),
    eyes(look, { y: -104, gap: 15, size: 6 }),
    cheeks(look, { y: -90, gap: 26 }),
    ellipse(0, -86, 5, 6, look.tone("#4a4466")),
  );
}

/** @type {Figure} */
function snowman(look) {
  const { tone } = look;
  const snow = tone("#fbfcff");
  const worn = clothes({ ...look, sleepy: false, brave: false }, { y: -80, width: 25, top: -134 });
  return group(
    line("M34 -62L66 -84M58 -78l4 -10M-34 -62L-66 -80M-58 -75l-3 -11", tone("#6f5138"), 4),
    circle(0, -34, 40, snow),
    path("M-38 -24A40 40 0 0 0 38 -24A44 30 0 0 1 -38 -24Z", tone("#d5dff0")),
    circle(0, -100, 31, snow),
    worn.around,
    circle(0, -46, 3.4, tone("#3a3440")),
    circle(0, -30, 3.4, tone("#3a3440")),
    eyes(look, { y: -106, gap: 11 }),
    cheeks(look, { y: -95, gap: 19, radius: 5.5 }),
    path("M-2 -102L26 -95L-2 -93Z", tone("#e8853f")),
    grin(look, -88, 7),
    path("M-22 -124H22V-152Q0 -160 -22 -152Z", tone("#3a3446")),
    rect(-34, -128, 68, 7, tone("#3a3446"), { rx: 3 }),
    rect(-22, -138, 44, 8, tone("#c8553d")),
  );
}

/** @type {Figure} */
function star(look) {
  const points = Array.from({ length: 10 }, (_, index) => {
    const [angle, reach] = [(index * Math.PI) / 5 - Math.PI / 2, index % 2 ? 33 : 68];
    return `${Math.cos(angle) * reach} ${Math.sin(angle) * reach - 78}`;
  });
  const gold = look.coat ?? "#ffd873";
  return group(
    halo(look.id, 0, -78, 130),
    path(`M${points.join("L")}Z`, gold, { stroke: gold, "stroke-width": 16, "stroke-linejoin": "round" }),
    placed(0, 30, {}, eyes(look, { y: -112, gap: 15 }), cheeks(look, { y: -99, gap: 25 }), smile(look, -98, 6)),
  );
}

/** A loaf of a body with wheels and a lit face: trains, cars, boats on land, buses. @type {Figure} */
function engine(look) {
  const { tone } = look;
  const paint = coatOf(look, look.chance.pick(["#c8553d", "#3f7d8c", "#5c8a4a", "#4c6fb0"]));
  const dark = tone("#3a3442");
  return group(
    path("M-20 -118L-26 -152H26L20 -118Z", dark),
    rect(-32, -158, 64, 10, dark, { rx: 4 }),
    ...[
      [8, -176, 11],
      [22, -192, 14],
      [44, -204, 17],
    ].map(([x, y, r]) => circle(x, y, r, tone("#fbf6ee"), { opacity: 0.8 })),
    rect(-54, -40, 108, 26, dark, { rx: 8 }),
    mirrored(circle(36, -12, 14, tone("#6b6472")), circle(36, -12, 6, tone("#d9d2c4"))),
    circle(0, -76, 52, paint),
    circle(0, -76, 40, tone("#f4e3c4")),
    placed(
      0,
      26,
      {},
      eyes(look, { y: -108, gap: 14, size: 5.4 }),
      cheeks(look, { y: -94, gap: 24 }),
      grin(look, -92, 9),
    ),
    circle(0, -124, 9, "#ffe59a"),
  );
}

/** A bear with stitches: what a child takes to bed. @type {Figure} */
function toy(look) {
  const { tone } = look;
  const plush = coatOf(look, "#d2a26c");
  const patch = lighter(plush, 0.34);
  return group(
    mirrored(
      ellipse(30, -10, 20, 15, plush),
      circle(37, -9, 9, patch),
      ellipse(44, -52, 12, 20, plush),
      circle(29, -136, 16, plush),
      circle(30, -136, 9, patch),
    ),
    ellipse(0, -44, 38, 42, plush),
    ellipse(0, -40, 24, 27, patch),
    line("M0 -62v44M-4 -52h8M-4 -40h8M-4 -28h8", darker(patch, 0.25), 2),
    ellipse(0, -108, 42, 36, plush),
    ellipse(0, -97, 18, 14, patch),
    eyes(look, { y: -112, gap: 17, size: 5.4 }),
    cheeks(look, { y: -98, gap: 29 }),
    ellipse(0, -103, 6, 4.5, tone("#4a3238")),
    smile(look, -94, 5.5),
    path("M0 -72L-22 -82V-60ZM0 -72L22 -82V-60Z", tone("#c8553d")),
    circle(0, -72, 5, tone("#a03f30")),
  );
}

/** Whoever else it may be: somebody small under a hood, with a lantern. @type {Figure} */
function traveller(look) {
  const { tone, chance } = look;
  const cloak = coatOf(look, chance.pick(["#a8483f", "#3f6f7d", "#5d5a9a", "#5c7a48", "#b5763a"]));
  return placed(
    0,
    0,
    { scaleX: chance.side(), scale: 1 },
    path(
      "M0 -150C34 -148 48 -118 46 -92C54 -60 56 -24 58 -3Q0 8 -58 -3C-56 -24 -54 -60 -46 -92C-48 -118 -34 -148 0 -150Z",
      cloak,
    ),
    path("M0 -150C10 -158 26 -160 34 -152C28 -150 26 -142 24 -134Z", cloak),
    path(
      "M0 -138C26 -138 36 -118 34 -98C32 -80 18 -72 0 -72C-18 -72 -32 -80 -34 -98C-36 -118 -26 -138 0 -138Z",
      darker(cloak, 0.45),
    ),
    ellipse(0, -99, 29, 26, tone("#f1c9a2")),
    eyes(look, { y: -101, gap: 12.5 }),
    cheeks(look, { y: -91, gap: 20, radius: 6 }),
    grin(look, -88, 5),
    path("M-30 -74Q0 -56 30 -74L26 -62Q0 -46 -26 -62Z", darker(cloak, 0.2)),
    circle(0, -58, 5, tone("#f0cf7a")),
    line("M0 -52V2", darker(cloak, 0.2), 3),
    line("M44 -56Q62 -58 64 -52", cloak, 12),
    line("M66 -52V-44", tone("#4a3d38"), 2.5),
    halo(look.id, 66, -26, 62),
    path("M56 -44H76L80 -36V-12Q66 -6 52 -12V-36Z", mix("#ffe38a", cloak, 0.06)),
    path("M54 -46H78L82 -38H50Z", tone("#4a3d38")),
    path("M51 -14Q66 -8 81 -14L79 -6Q66 -1 53 -6Z", tone("#4a3d38")),
  );
}

/** @type {Record<string, Figure>} */
export const CREATURES = {
  turtle,
  snail,
  robot,
  fish,
  whale,
  octopus,
  crab,
  ghost,
  snowman,
  star,
  engine,
  toy,
  traveller,
  bee: insect({ coat: "#f0c04f", wings: "#eaf5fb", bands: "#4a3b38" }),
  butterfly: insect({ coat: "#6b5a72", wings: "#d98a4f", great: true }),
  ladybird: insect({ coat: "#d2483c", wings: "#eaf5fb", dots: "#3d3038" }),
  firefly: insect({ coat: "#7a5f4a", wings: "#eaf5d6", lit: true }),
  caterpillar: (look) => {
    const coat = coatOf(look, "#8fb552");
    return placed(
      0,
      0,
      { scaleX: look.chance.side(), scale: 1 },
      many(4, (index) => circle(-78 + index * 28, -24 - (index % 2) * 7, 23, index % 2 ? darker(coat, 0.1) : coat)),
      placed(
        38,
        20,
        {},
        mirrored(line("M12 -98Q16 -116 26 -120", coat, 4), circle(27, -120, 5, coat)),
        circle(0, -72, 35, lighter(coat, 0.12)),
        placed(
          0,
          30,
          {},
          eyes(look, { y: -106, gap: 13 }),
          cheeks(look, { y: -94, gap: 22, radius: 6 }),
          grin(look, -92, 8),
        ),
      ),
    );
  },
};
