/** Woods and shores, hills and heights. */

import { darker, lighter } from "./light.js";
import {
  broadleaf,
  bush,
  floor,
  flowers,
  grass,
  hills,
  house,
  lighthouse,
  mushroom,
  palm,
  pine,
  sailboat,
  sea,
  shells,
} from "./scenery.js";
import { HEIGHT, WIDTH } from "./sky.js";
import { circle, ellipse, group, line, many, path, placed, rect } from "./svg.js";

/** @typedef {import("./lands.js").Place} Place */

/** @type {Place} */
export function forest(scene) {
  const { chance, tone } = scene;
  const row = (
    /** @type {number} */ count,
    /** @type {number} */ y,
    /** @type {number} */ scale,
    /** @type {number} */ distance,
  ) =>
    many(count, (index) => {
      const x = (index + chance.between(0.1, 0.9)) * (WIDTH / count);
      const draw = chance.happens(0.6) ? pine : broadleaf;
      return draw(scene, x, y + chance.between(-6, 8), scale * chance.between(0.85, 1.2), distance);
    });
  const edge = (/** @type {number} */ x) => pine(scene, x, 392, chance.between(2.3, 2.7), -0.1, "#2f5f4f");
  return {
    behind: group(
      hills(scene, 224, 26, tone("#6f9a7c", 0.75)),
      row(13, 262, 0.62, 0.6),
      hills(scene, 268, 12, tone("#648f62", 0.35)),
      row(8, 298, 1.05, 0.25),
      floor(scene, tone("#6d9656")),
      grass(scene, 332),
      mushroom(scene, chance.between(60, 180), 366, 0.9),
      mushroom(scene, chance.between(470, 590), 378, 1.15),
    ),
    before: group(
      edge(chance.between(-34, -6)),
      edge(chance.between(646, 676)),
      bush(scene, chance.between(40, 90), 404, 1.1, "#4a7a4c"),
      bush(scene, chance.between(560, 610), 408, 1.2, "#4a7a4c"),
    ),
    floor: 352,
  };
}

/** @type {Place} */
export function seaside(scene) {
  const { chance, tone } = scene;
  const side = chance.happens();
  const x = side ? chance.between(520, 580) : chance.between(60, 120);
  return {
    behind: group(
      sea(scene, 214),
      sailboat(scene, side ? chance.between(90, 220) : chance.between(400, 540), 240, 0.8),
      placed(
        x,
        0,
        {},
        path("M-110 300C-90 250 -70 216 -30 208C10 202 50 206 90 216C130 230 150 270 160 310Z", tone("#7f9a72", 0.2)),
        path("M-110 300C-90 270 -60 262 -20 270C30 280 100 272 160 310Z", tone("#b49a7a", 0.1)),
      ),
      lighthouse(scene, x + 6, 212, 0.86),
      path("M0 306C120 288 220 312 340 302C450 292 560 304 640 294V400H0Z", tone("#f8f3e4"), { opacity: 0.65 }),
      path("M0 316C120 298 220 322 340 312C450 302 560 314 640 304V400H0Z", tone("#ecd6a6")),
      many(26, () =>
        ellipse(chance.between(0, WIDTH), chance.between(330, 396), chance.between(1, 3), 1.1, tone("#d3b582")),
      ),
      shells(scene),
    ),
    before: group(
      many(7, (index) =>
        line(
          `M${14 + index * 9} 404q${-8 + index * 2} -30 ${-14 + index * 5} -${chance.whole(40, 66)}`,
          tone("#8fa464"),
          4,
        ),
      ),
      many(6, (index) =>
        line(
          `M${588 + index * 9} 404q${-6 + index * 2} -26 ${-10 + index * 5} -${chance.whole(34, 58)}`,
          tone("#8fa464"),
          4,
        ),
      ),
    ),
    floor: 356,
  };
}

/** @type {Place} */
export function island(scene) {
  const { chance, tone } = scene;
  return {
    behind: group(
      sea(scene, 210),
      placed(chance.pick([110, 530]), 210, {}, path("M-60 2Q-20 -34 6 -30Q40 -36 64 2Z", tone("#7fa08f", 0.6))),
      sailboat(scene, chance.pick([150, 520]), 242, 0.6),
      path("M40 404C60 330 170 300 320 300C470 300 580 330 600 404Z", tone("#f7efd6"), { opacity: 0.6 }),
      path("M60 404C84 342 190 312 320 312C450 312 556 342 580 404Z", tone("#efd9a4")),
      path("M130 352C170 322 240 312 320 312C400 312 470 322 510 352C440 338 200 338 130 352Z", tone("#8db565")),
      palm(scene, 160, 352, 1.35),
      palm(scene, 488, 350, 1.15),
      grass(scene, 322, 8),
      shells(scene),
    ),
    before: many(5, (index) =>
      line(`M${-10 + index * 150} ${390 + (index % 2) * 6}q20 -10 44 0t44 0`, tone("#cfe9ef"), 3.4, { opacity: 0.7 }),
    ),
    floor: 360,
  };
}

/** @type {Place} */
export function lake(scene) {
  const { chance, tone } = scene;
  const reeds = (/** @type {number} */ from) =>
    many(7, (index) => {
      const [x, h] = [from + index * 11, chance.between(60, 110)];
      return group(
        line(`M${x} 404Q${x + 3} ${404 - h / 2} ${x + 6} ${404 - h}`, tone("#6f9450"), 3.4),
        index % 2 ? ellipse(x + 6, 398 - h, 4.5, 14, tone("#7a5238")) : null,
      );
    });
  return {
    behind: group(
      hills(scene, 216, 26, tone("#7fa284", 0.65)),
      many(9, (index) => pine(scene, index * 80 + chance.between(-20, 20), 246, chance.between(0.45, 0.65), 0.5)),
      sea(scene, 242),
      ...[
        [150, 290],
        [220, 304],
        [470, 286],
      ].map(([x, y]) => group(ellipse(x, y, 26, 7, tone("#6fa362")), circle(x + 8, y - 6, 6, tone("#f6c6d4")))),
      floor(scene, tone("#83aa5e"), 330),
      grass(scene, 346),
    ),
    before: group(reeds(-10), reeds(566)),
    floor: 360,
  };
}

/** @type {Place} */
export function mountains(scene) {
  const { chance, tone, light } = scene;
  const peak = (
    /** @type {number} */ x,
    /** @type {number} */ top,
    /** @type {number} */ half,
    /** @type {number} */ distance,
  ) => {
    const rock = tone("#7f8ba6", distance);
    const cap = top + 46;
    const cut = (half * 46) / (330 - top);
    return group(
      path(`M${x - half} 330L${x} ${top}L${x + half} 330Z`, rock, {
        stroke: rock,
        "stroke-width": 6,
        "stroke-linejoin": "round",
      }),
      path(`M${x} ${top}L${x + half} 330H${x + half * 0.15}Q${x + 14} ${top + 90} ${x} ${top}Z`, darker(rock, 0.1)),
      path(
        `M${x} ${top - 3}L${x + cut} ${cap}L${x + cut * 0.5} ${cap - 9}L${x + cut * 0.12} ${cap + 12}L${x - cut * 0.4} ${cap - 8}L${x - cut} ${cap + 2}Z`,
        tone("#ffffff", distance * 0.4),
        { stroke: tone("#ffffff", distance * 0.4), "stroke-width": 4, "stroke-linejoin": "round" },
      ),
    );
  };
  return {
    behind: group(
      peak(chance.between(60, 140), 120, 170, 0.55),
      peak(chance.between(500, 590), 108, 190, 0.5),
      peak(chance.between(270, 370), 70, 220, 0.35),
      hills(scene, 276, 12, tone("#dbe6f2", 0.3)),
      many(9, (index) =>
        pine(
          scene,
          index * 76 + chance.between(0, 50),
          294 + chance.between(-6, 10),
          chance.between(0.5, 0.75),
          0.3,
          "#4a7a78",
        ),
      ),
      floor(scene, tone("#f3f7fc"), 316),
      hills(scene, 352, 7, tone("#e3ecf7"), 4),
    ),
    before: group(
      pine(scene, chance.between(0, 40), 398, 1.6, 0, "#3f6f70"),
      pine(scene, chance.between(604, 640), 402, 1.8, 0, "#3f6f70"),
      path("M0 386Q60 372 120 392T260 398T420 396T560 388T640 380V400H0Z", tone("#fbfdff")),
      many(46, () =>
        circle(chance.between(0, WIDTH), chance.between(0, HEIGHT), chance.between(1.2, 3.4), "#ffffff", {
          opacity: light.time === "day" ? 0.9 : 0.7,
        }),
      ),
    ),
    floor: 356,
  };
}

/** @type {Place} */
export function meadow(scene) {
  const { chance, tone } = scene;
  return {
    behind: group(
      hills(scene, 226, 30, tone("#8fae80", 0.7)),
      hills(scene, 262, 22, tone("#86ad6c", 0.4)),
      many(4, (index) =>
        broadleaf(scene, 60 + index * 170 + chance.between(-40, 40), 284, chance.between(0.5, 0.8), 0.35),
      ),
      chance.happens() && house(scene, chance.pick([110, 540]), 292, 0.7, 0.3),
      floor(scene, tone("#86b05f")),
      grass(scene, 334, 22),
      flowers(scene, 334, 20),
    ),
    before: group(
      chance.happens() ? broadleaf(scene, -4, 404, 1.9, 0) : bush(scene, 16, 404, 1.4),
      bush(scene, 624, 404, 1.3),
      flowers(scene, 372, 8),
    ),
    floor: 354,
  };
}

/** @type {Place} */
export function jungle(scene) {
  const { chance, tone } = scene;
  const leaf = (
    /** @type {number} */ x,
    /** @type {number} */ y,
    /** @type {number} */ turn,
    /** @type {number} */ scale,
    /** @type {string} */ colour,
  ) =>
    placed(
      x,
      y,
      { scale, turn },
      path("M0 0C-34 -30 -36 -96 0 -140C36 -96 34 -30 0 0Z", colour),
      line("M0 0V-126M0 -40L-16 -56M0 -40L16 -56M0 -72L-18 -88M0 -72L18 -88", darker(colour, 0.18), 2.4),
    );
  const fan = (
    /** @type {number} */ x,
    /** @type {number} */ y,
    /** @type {number} */ scale,
    /** @type {string} */ colour,
  ) =>
    group(
      ...[-66, -36, -10, 18, 46, 72].map((turn, index) =>
        leaf(x, y, turn, scale * (index % 2 ? 1 : 0.84), index % 2 ? colour : lighter(colour, 0.08)),
      ),
    );
  return {
    behind: group(
      rect(0, 120, WIDTH, 200, tone("#7fb58a", 0.7)),
      many(9, (index) => palm(scene, index * 82 + chance.between(-20, 20), 320, chance.between(1.1, 1.5), 0.5)),
      many(7, (index) =>
        fan(index * 110 + chance.between(-20, 20), 318, chance.between(0.5, 0.75), tone("#4f9165", 0.25)),
      ),
      floor(scene, tone("#6a9a58"), 316),
      grass(scene, 334),
      flowers(scene, 340, 10),
      many(6, (index) => {
        const x = 40 + index * 112 + chance.between(-30, 30);
        const drop = chance.between(60, 150);
        return group(
          line(`M${x} -6C${x + 16} ${drop * 0.4} ${x - 14} ${drop * 0.7} ${x + 4} ${drop}`, tone("#4a7f52", 0.1), 4),
          ...[0.3, 0.55, 0.8, 1].map((share, leafIndex) =>
            ellipse(x + (leafIndex % 2 ? 9 : -7), drop * share, 9, 4.5, tone("#5f9a5c", 0.1)),
          ),
        );
      }),
    ),
    before: group(
      fan(-4, 420, 1.3, tone("#356f4c")),
      fan(646, 424, 1.35, tone("#356f4c")),
      leaf(-10, -10, 142, 1.1, tone("#2f6546")),
      leaf(-16, -30, 112, 1.2, tone("#3f7a52")),
      leaf(650, -10, -142, 1.1, tone("#2f6546")),
      leaf(656, -30, -112, 1.2, tone("#3f7a52")),
      placed(
        86,
        384,
        {},
        ...[0, 72, 144, 216, 288].map((turn) => placed(0, 0, { turn }, ellipse(0, -12, 8, 13, tone("#ef7f8a")))),
        circle(0, 0, 6, tone("#f7d774")),
      ),
    ),
    floor: 354,
  };
}

/** @type {Place} */
export function desert(scene) {
  const { chance, tone } = scene;
  const cactus = (/** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ scale) =>
    placed(
      x,
      y,
      { scale },
      line("M0 0V-86", tone("#5f8f5c"), 24),
      line("M0 -34H-26V-58M0 -48H26V-74", tone("#5f8f5c"), 15),
      line("M-4 -8V-80M5 -8V-80", tone("#7fab70"), 2),
      circle(0, -99, 6, tone("#f08fa0")),
    );
  return {
    behind: group(
      hills(scene, 246, 34, tone("#e0a878", 0.5), 4),
      hills(scene, 282, 22, tone("#e6b67c", 0.25), 4),
      cactus(chance.pick([110, 540]), 318, 1),
      cactus(chance.pick([210, 440]), 302, 0.5),
      floor(scene, tone("#efc88e")),
      many(6, (index) => line(`M${index * 110} ${350 + (index % 3) * 14}q26 -8 52 0`, tone("#dcae74"), 2.6)),
    ),
    before: group(cactus(chance.pick([40, 604]), 404, 1.3)),
    floor: 354,
  };
}
