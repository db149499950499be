/** Where people live: town and country, castle and bedroom. */

import { darker, mix } from "./light.js";
import { broadleaf, bush, floor, flowers, grass, hills, house } from "./scenery.js";
import { halo, WIDTH } from "./sky.js";
import { circle, ellipse, group, line, many, path, placed, rect } from "./svg.js";

/** @typedef {import("./lands.js").Place} Place */

/** @type {Place} */
export function castle(scene) {
  const { chance, tone, light } = scene;
  const stone = tone("#b5adb4", 0.25);
  const roof = tone(chance.pick(["#5a6a9a", "#9a5560", "#4f7d80"]), 0.2);
  const pane = light.lamps ? "#ffd985" : tone("#5d5a70", 0.2);
  const tower = (/** @type {number} */ x, /** @type {number} */ w, /** @type {number} */ h) =>
    group(
      rect(x - w / 2, 276 - h, w, h + 20, stone),
      rect(x, 276 - h, w / 2, h + 20, darker(stone, 0.08)),
      path(`M${x - w / 2 - 7} ${278 - h}L${x} ${226 - h}L${x + w / 2 + 7} ${278 - h}Z`, roof, {
        stroke: roof,
        "stroke-width": 3,
        "stroke-linejoin": "round",
      }),
      line(`M${x} ${226 - h}v-20`, tone("#5d5060"), 2),
      path(`M${x} ${206 - h}q14 2 22 8q-10 4 -22 5Z`, tone("#d9694f")),
      path(`M${x - 5} ${308 - h}v-12q5 -9 10 0v12Z`, pane),
      h > 90 && path(`M${x - 5} ${344 - h}v-12q5 -9 10 0v12Z`, pane),
    );
  const at = chance.between(120, 200) + (chance.happens() ? 250 : 0);
  const merlons = many(9, (index) => rect(at - 90 + index * 20.5, 208, 11, 12, stone));
  return {
    behind: group(
      hills(scene, 250, 26, tone("#7fa07f", 0.6)),
      path(`M${at - 210} 310Q${at - 100} 240 ${at} 246Q${at + 110} 240 ${at + 210} 310Z`, tone("#739a68", 0.25)),
      tower(at - 50, 34, 122),
      tower(at + 54, 34, 110),
      tower(at + 4, 42, 150),
      rect(at - 90, 218, 180, 70, stone),
      merlons,
      tower(at - 92, 38, 84),
      tower(at + 92, 38, 92),
      path(`M${at - 20} 290V258Q${at} 226 ${at + 20} 258V290Z`, tone("#5d4638", 0.1)),
      line(`M${at - 7} 244v46M${at + 7} 244v46`, tone("#43332c", 0.1), 2),
      path(
        `M${at - 20} 288C${at - 30} 320 ${at + 80} 330 300 404H420C${at + 140} 330 ${at + 6} 320 ${at + 20} 288Z`,
        tone("#d9c398", 0.1),
      ),
      floor(scene, tone("#6f9a58")),
      path(`M${at - 6} 318C${at + 40} 336 290 350 270 404H420C410 360 ${at + 70} 340 ${at + 26} 318Z`, tone("#dcc79c")),
      grass(scene, 336),
    ),
    before: group(bush(scene, 20, 402, 1.3), bush(scene, 618, 404, 1.4), flowers(scene, 360, 12)),
    floor: 354,
  };
}

/** @type {Place} */
export function farm(scene) {
  const { chance, tone, light } = scene;
  const barn = tone("#b04f41", 0.15);
  const x = chance.pick([120, 500]);
  const far = WIDTH - x;
  return {
    behind: group(
      hills(scene, 246, 22, tone("#9ab36a", 0.6)),
      path("M-20 300C100 250 260 268 330 290L330 330H-20Z", tone("#c9b45c", 0.3)),
      path("M320 296C420 262 560 256 660 280V330H320Z", tone("#a9bd62", 0.3)),
      many(9, (index) => line(`M${330 + index * 40} 290q10 16 6 34`, tone("#8aa04f", 0.25), 3)),
      placed(
        far,
        282,
        { scale: 0.95 },
        path("M-14 0L-9 -78H9L14 0Z", tone("#efe4d0", 0.25)),
        path("M-12 -76Q0 -94 12 -76Z", tone("#8a5a48", 0.2)),
        ...[20, 110, 200, 290].map((turn) =>
          placed(
            0,
            -78,
            { turn },
            rect(-2, -52, 4, 52, tone("#7a5a48", 0.2)),
            rect(2, -50, 12, 34, tone("#fbf4e4", 0.2), { opacity: 0.9 }),
          ),
        ),
      ),
      placed(
        x,
        300,
        {},
        path("M-66 0V-62L-42 -92Q0 -118 42 -92L66 -62V0Z", barn),
        path("M-74 -58L-46 -96Q0 -126 46 -96L74 -58L64 -56L40 -86Q0 -110 -40 -86L-64 -56Z", tone("#6a4440", 0.1)),
        rect(-26, -46, 52, 46, darker(barn, 0.25)),
        line("M-26 -46L26 0M26 -46L-26 0M-26 -46H26V0H-26Z", tone("#f6ead6", 0.1), 3.4),
        rect(-9, -82, 18, 18, light.lamps ? "#ffd985" : darker(barn, 0.3)),
        line("M-9 -82h18v18h-18Z", tone("#f6ead6", 0.1), 2.6),
      ),
      floor(scene, tone("#86ab58")),
      grass(scene, 340),
      placed(
        far,
        346,
        { scale: 0.9 },
        rect(-46, -30, 60, 34, tone("#e0bd62"), { rx: 6 }),
        rect(-20, -58, 52, 30, tone("#e9c96f"), { rx: 6 }),
        line("M-36 -28v28M-2 -28v28M-6 -56v26M18 -56v26", tone("#c09a45"), 2.4),
      ),
    ),
    before: group(
      ...[-8, 66, 140, 500, 574, 648].map((post) => rect(post - 5, 346, 10, 60, tone("#b08d68"), { rx: 4 })),
      line("M-20 366H160M-20 388H160M490 366H660M490 388H660", tone("#c4a27c"), 7),
      flowers(scene, 372, 8),
    ),
    floor: 352,
  };
}

/** @type {Place} */
export function garden(scene) {
  const { chance, tone } = scene;
  const arch = chance.pick([150, 490]);
  return {
    behind: group(
      many(6, (index) => broadleaf(scene, index * 120 + chance.between(0, 60), 250, chance.between(0.9, 1.2), 0.55)),
      rect(0, 234, WIDTH, 110, tone("#5c8f5a", 0.2)),
      many(24, (index) => circle(index * 28, 234, 18, tone("#5c8f5a", 0.2))),
      many(40, () =>
        circle(
          chance.between(0, WIDTH),
          chance.between(230, 300),
          chance.between(2.4, 4.4),
          tone(chance.pick(["#f3b0bd", "#fdeacb", "#e9848a"]), 0.1),
        ),
      ),
      placed(
        arch,
        314,
        {},
        path("M-44 0V-90Q0 -146 44 -90V0H30V-84Q0 -122 -30 -84V0Z", tone("#f3ead8", 0.1)),
        path("M-30 0V-84Q0 -122 30 -84V0Z", tone("#3f6f55", 0.1)),
        path("M-28 0V-58H28V0Z", tone("#8a6248")),
        line("M-14 -58V0M0 -58V0M14 -58V0M-28 -40H28", tone("#6b4a38"), 2.4),
        circle(20, -30, 2.6, tone("#f0d58a")),
        ...Array.from({ length: 13 }, (_, index) => {
          const angle = Math.PI * (index / 12);
          return circle(
            -42 * Math.cos(angle),
            -88 - 42 * Math.sin(angle),
            8 + (index % 3),
            tone(["#6fa05c", "#f0a3b2", "#5c8f55"][index % 3]),
          );
        }),
      ),
      floor(scene, tone("#7fae62"), 318),
      ...[0, 1, 2, 3].map((index) =>
        ellipse(arch + (320 - arch) * (index / 4), 330 + index * 14, 22 + index * 7, 6 + index * 1.8, tone("#d9cfbd")),
      ),
      grass(scene, 336),
      flowers(scene, 330, 26),
    ),
    before: group(
      ...[
        [30, 1],
        [92, 0.8],
        [560, 0.9],
        [616, 1.05],
      ].map(([x, scale]) =>
        placed(
          x,
          404,
          { scale },
          line("M0 0C-2 -30 2 -50 0 -72", tone("#4f7f48"), 5),
          path("M0 -24Q-26 -34 -30 -52Q-8 -50 0 -24ZM0 -36Q24 -44 30 -62Q8 -60 0 -36Z", tone("#5c9150")),
          ...Array.from({ length: 9 }, (_, petal) =>
            placed(0, -84, { turn: petal * 40 }, ellipse(0, -17, 7.5, 14, tone(scale > 0.95 ? "#f6c84f" : "#ef9fae"))),
          ),
          circle(0, -84, 12, tone("#8a5638")),
        ),
      ),
    ),
    floor: 352,
  };
}

/** @type {Place} */
export function city(scene) {
  const { chance, tone, light } = scene;
  const block = (
    /** @type {number} */ x,
    /** @type {number} */ w,
    /** @type {number} */ h,
    /** @type {number} */ distance,
  ) => {
    const wall = tone(chance.pick(["#8a90ac", "#a8869a", "#c79f86", "#7f9aa8", "#b5a58f"]), distance);
    const columns = Math.max(2, Math.floor(w / 17));
    const rows = Math.floor((h - 18) / 20);
    const roof = chance.whole(0, 3);
    return group(
      rect(x, 330 - h, w, h, wall),
      roof === 0 && path(`M${x} ${332 - h}L${x + w / 2} ${302 - h}L${x + w} ${332 - h}Z`, darker(wall, 0.14)),
      roof === 1 && rect(x + w * 0.3, 316 - h, w * 0.4, 16, darker(wall, 0.1)),
      roof === 2 &&
        group(
          rect(x + w * 0.55, 306 - h, 16, 26, darker(wall, 0.16), { rx: 5 }),
          path(`M${x + w * 0.55 - 3} ${308 - h}l11 -11l11 11Z`, darker(wall, 0.26)),
        ),
      many(rows * columns, (index) => {
        const lit = chance.happens(light.lamps ? 0.55 : 0);
        const [wx, wy] = [x + 7 + (index % columns) * ((w - 6) / columns), 342 - h + Math.floor(index / columns) * 20];
        return rect(wx, wy, 8, 11, lit ? "#ffdb8a" : darker(wall, 0.16), { rx: 1 });
      }),
    );
  };
  const row = (
    /** @type {number} */ from,
    /** @type {number} */ low,
    /** @type {number} */ high,
    /** @type {number} */ distance,
  ) => {
    const blocks = [];
    for (let x = from; x < WIDTH;) {
      const w = chance.between(54, 92);
      blocks.push(block(x, w, chance.between(low, high), distance));
      x += w + chance.between(-2, 6);
    }
    return group(...blocks);
  };
  const lamp = (/** @type {number} */ x) =>
    placed(
      x,
      392,
      {},
      line("M0 0V-128", tone("#3a3a4c"), 6),
      line("M0 -128Q2 -146 18 -146", tone("#3a3a4c"), 5),
      light.lamps && halo(scene.id, 20, -132, 72, 0.8),
      path("M9 -142H31L27 -122H13Z", light.lamps ? "#ffe6a0" : tone("#f2ead6")),
      path("M7 -142Q20 -156 33 -142Z", tone("#3a3a4c")),
    );
  return {
    behind: group(
      row(-30, 120, 230, 0.6),
      row(-10, 60, 140, 0.2),
      many(7, (index) => broadleaf(scene, 30 + index * 100 + chance.between(-20, 20), 332, 0.5, 0.05)),
      rect(0, 328, WIDTH, 80, tone("#c9bfb5")),
      rect(0, 328, WIDTH, 6, tone("#a89d96")),
      many(6, (index) => line(`M${index * 130 - 20} 400L${index * 110 + 40} 336`, tone("#b3a89f"), 2)),
    ),
    before: group(lamp(chance.between(40, 90)), lamp(chance.between(540, 580))),
    floor: 366,
  };
}

/** @type {Place} */
export function village(scene) {
  const { chance, tone } = scene;
  const houses = [50, 150, 246, 400, 492, 590];
  return {
    behind: group(
      hills(scene, 226, 24, tone("#8aa878", 0.65)),
      many(5, (index) => broadleaf(scene, 40 + index * 140 + chance.between(-30, 30), 276, 0.6, 0.4)),
      hills(scene, 272, 10, tone("#86ab68", 0.3)),
      ...houses.map((x, index) =>
        house(scene, x + chance.between(-10, 10), 300 + (index % 2 ? 4 : -12), chance.between(0.8, 1.02), 0.15),
      ),
      floor(scene, tone("#8ab065"), 316),
      path("M300 300C330 318 250 340 250 404H420C400 350 350 330 318 300Z", tone("#e3d1a8")),
      grass(scene, 336),
    ),
    before: group(
      broadleaf(scene, chance.between(-10, 20), 404, 1.7, -0.05),
      bush(scene, 622, 402, 1.3),
      flowers(scene, 366, 9),
    ),
    floor: 354,
  };
}

/** A bedroom with its window, where every other indoors is at home too. @type {Place} */
export function room(scene) {
  const { chance, tone, light } = scene;
  const paper = chance.pick(["#a9b6c9", "#c9a9a0", "#b3bf9f", "#c9b489"]);
  const wall = mix(paper, light.veil, light.strength * 0.5);
  const books = () =>
    many(9, (index) =>
      rect(
        478 + index * 13,
        152 - ((index * 7) % 12),
        10,
        38 + ((index * 7) % 12),
        tone(["#b5583f", "#5f7f9a", "#d9ab4f", "#6f8f5f"][index % 4]),
        { rx: 1.5 },
      ),
    );
  return {
    behind: group(
      path("M0 0H640V330H0ZM112 66V232H268V66Z", wall, { "fill-rule": "evenodd" }),
      line("M112 66H268V232H112ZM190 66V232M112 149H268", tone("#f6ecd9"), 8),
      path(
        "M100 52C96 130 90 190 76 244H112C122 190 118 110 122 52ZM280 52C284 130 290 190 304 244H268C258 190 262 110 258 52Z",
        tone("#c9705a"),
      ),
      line("M88 52H292", tone("#7a5a44"), 7),
      rect(100, 232, 180, 10, tone("#f6ecd9"), { rx: 4 }),
      rect(470, 190, 134, 10, tone("#8a6448"), { rx: 3 }),
      books(),
      rect(0, 322, WIDTH, 90, tone("#a97f5a")),
      rect(0, 316, WIDTH, 9, tone("#f0e4cd")),
      line("M0 348H640M0 378H640", tone("#946c4b"), 2),
      ellipse(320, 368, 200, 28, tone("#b5606a")),
      ellipse(320, 367, 168, 21, tone("#e6c98f")),
      ellipse(320, 366, 132, 15, tone("#b5606a")),
      placed(
        556,
        322,
        {},
        light.lamps && halo(scene.id, 0, -74, 150, 0.6),
        rect(-34, -34, 68, 38, tone("#8a6448"), { rx: 4 }),
        line("M-34 -16H34", tone("#6f4f38"), 2),
        line("M0 -34V-56", tone("#6f4f38"), 5),
        path("M-26 -54L-15 -92H15L26 -54Z", light.lamps ? "#ffdf96" : tone("#f2dfb4")),
      ),
    ),
    floor: 366,
  };
}
