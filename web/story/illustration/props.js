/** What the story's twist leaves lying about, drawn at (0, 0) on the ground, some 60 units tall. */

import { darker, lighter } from "./light.js";
import { halo } from "./sky.js";
import { circle, ellipse, group, line, path, placed, rect } from "./svg.js";

/** @typedef {(look: import("./figure.js").Look) => SVGElement} Prop */

/** @type {Record<string, Prop>} */
export const PROPS = {
  toy: ({ tone, chance }) => {
    const body = tone(chance.pick(["#d9534a", "#4f8fb0", "#e0a73f"]));
    return chance.happens()
      ? group(
          circle(0, -22, 22, body),
          path("M-21 -27Q0 -12 21 -27Q22 -22 21 -17Q0 -2 -21 -17Z", tone("#fdf3df")),
          circle(-7, -33, 4, lighter(body, 0.5)),
        )
      : group(
          path("M-20 -34H20Q22 -14 0 -2Q-22 -14 -20 -34Z", body),
          ellipse(0, -34, 21, 6, lighter(body, 0.3)),
          line("M0 -36V-52", tone("#7a5740"), 4),
          line("M-18 -24Q0 -16 18 -24", tone("#fdf3df"), 4),
        );
  },
  storm: ({ tone }) =>
    placed(
      0,
      -150,
      {},
      path("M-58 8C-64 -14 -44 -24 -34 -20C-30 -42 6 -46 16 -26C34 -36 60 -20 50 4Q0 16 -58 8Z", tone("#6a7090")),
      path("M4 6L-14 44H0L-8 76L22 32H6L16 6Z", "#ffe27a"),
      line("M-40 20l-6 18M-22 22l-6 18M32 18l-6 18M46 16l-6 18", tone("#b9d3e6"), 3),
    ),
  door: ({ tone }) =>
    group(
      path("M-30 0V-58Q0 -96 30 -58V0Z", tone("#5a4038")),
      path("M-24 0V-56Q0 -86 24 -56V0Z", tone("#4f8a6a")),
      line("M-8 -66V0M8 -66V0", darker(tone("#4f8a6a"), 0.2), 2),
      path("M-24 0V-56Q-14 -68 -6 -73V0Z", "#ffe9a8", { opacity: 0.55 }),
      circle(15, -30, 4, tone("#f0cf6b")),
    ),
  star: ({ id }) =>
    group(
      halo(id, 0, -28, 74),
      path("M0 -58L9 -38L31 -36L14 -21L20 0L0 -12L-20 0L-14 -21L-31 -36L-9 -38Z", "#ffe07a", {
        stroke: "#ffe07a",
        "stroke-width": 7,
        "stroke-linejoin": "round",
      }),
      circle(-7, -30, 2.4, "#5a4a38"),
      circle(7, -30, 2.4, "#5a4a38"),
      line("M-5 -22Q0 -17 5 -22", "#5a4a38", 2),
      line("M-36 -66L-52 -90M-22 -74L-34 -96M-46 -52L-66 -70", "#fff3c4", 3, { opacity: 0.7 }),
    ),
  sound: ({ tone }) =>
    group(
      path("M-16 -4Q-22 -40 0 -46Q22 -40 16 -4Q0 4 -16 -4Z", tone("#e0b34f")),
      ellipse(0, -4, 17, 4.5, tone("#a97a2f")),
      circle(0, -48, 4, tone("#a97a2f")),
      line("M-30 -50q-9 12 0 26M-42 -58q-14 20 0 42M30 -50q9 12 0 26M42 -58q14 20 0 42", tone("#fff6dc"), 3.4, {
        opacity: 0.8,
      }),
    ),
  map: ({ tone }) =>
    placed(
      0,
      0,
      { turn: -6 },
      path("M-36 -2L-30 -50Q-14 -58 0 -50Q16 -42 32 -50L38 -4Q20 4 4 -4Q-16 -12 -36 -2Z", tone("#f1dcae")),
      line("M-22 -18q10 -16 20 -6t18 -10", tone("#a9583f"), 2.6, { "stroke-dasharray": "4 4" }),
      line("M18 -40l9 9M27 -40l-9 9", tone("#c03f35"), 3.2),
      path("M-24 -42l7 10h-14Z", tone("#6f9a5c")),
    ),
  seed: ({ id, tone }) =>
    group(
      ellipse(0, -2, 26, 7, tone("#7a5740")),
      halo(id, 0, -40, 54, 0.8, "glow"),
      line("M0 -4C-2 -22 4 -34 0 -48", tone("#5c9a4c"), 5),
      path("M0 -34C-10 -52 -28 -50 -32 -44C-26 -32 -10 -28 0 -34Z", tone("#79b85c")),
      path("M1 -44C8 -64 28 -62 32 -56C28 -42 12 -38 1 -44Z", tone("#8fcb68")),
    ),
  baby: ({ tone }) =>
    group(
      path("M-34 -20H34Q32 0 20 2H-20Q-32 0 -34 -20Z", tone("#b5834f")),
      line("M-31 -12H31M-27 -4H27", darker(tone("#b5834f"), 0.2), 2),
      circle(0, -34, 20, tone("#f5d76e")),
      circle(-7, -37, 2.4, tone("#2b2233")),
      circle(7, -37, 2.4, tone("#2b2233")),
      path("M-4 -32L0 -27L4 -32Z", tone("#e8853f")),
      line("M-38 -21Q0 -12 38 -21", lighter(tone("#b5834f"), 0.2), 5),
    ),
  cake: ({ tone }) =>
    group(
      ellipse(0, -2, 40, 7, tone("#efe6d8")),
      rect(-30, -34, 60, 32, tone("#e9a3ad"), { rx: 6 }),
      path(
        "M-31 -32Q-24 -18 -16 -30Q-8 -16 0 -28Q8 -16 16 -30Q24 -18 31 -32Q30 -42 22 -42H-22Q-30 -42 -31 -32Z",
        tone("#fff8ec"),
      ),
      ...[-16, 0, 16].map((x) =>
        group(
          line(`M${x} -42v-14`, tone("#6fa0c4"), 4),
          ellipse(x, -63, 3.5, 6, "#ffd873"),
          circle(x, -62, 11, "#ffe9a0", { opacity: 0.25 }),
        ),
      ),
    ),
  bridge: ({ tone }) =>
    group(
      path("M-58 4Q-50 -36 -18 -40L-14 -28Q-38 -22 -42 4Z", tone("#a98a66")),
      path("M58 4Q50 -36 22 -40L16 -28Q38 -22 42 4Z", tone("#a98a66")),
      line(
        "M-52 -10V-44M-22 -40V-62M52 -10V-44M24 -40V-62M-52 -42Q-40 -58 -22 -60M52 -42Q40 -58 24 -60",
        tone("#7d5f44"),
        5,
      ),
      placed(-2, -14, { turn: 24 }, rect(-13, -4, 26, 7, tone("#a98a66"), { rx: 2 })),
    ),
  umbrella: ({ tone, chance }) =>
    group(
      line("M0 -4V-66M0 -4Q0 6 9 4Q14 2 13 -5", tone("#7a5740"), 4),
      path(
        "M-42 -56C-34 -94 34 -94 42 -56Q32 -64 21 -56Q10 -64 0 -56Q-10 -64 -21 -56Q-32 -64 -42 -56Z",
        tone(chance.pick(["#c8553d", "#7a5aa0", "#3f7d8c"])),
      ),
      line("M0 -84V-92", tone("#7a5740"), 4),
    ),
  key: ({ tone }) =>
    placed(
      0,
      -10,
      { turn: -18 },
      circle(-18, 0, 12, "none", { stroke: tone("#e0b34f"), "stroke-width": 6 }),
      line("M-6 0H34M24 0V12M33 0V10", tone("#e0b34f"), 6),
    ),
  book: ({ tone }) =>
    group(
      path("M0 -6Q-20 -16 -42 -10V-44Q-20 -50 0 -40Q20 -50 42 -44V-10Q20 -16 0 -6Z", tone("#fdf4e0")),
      line(
        "M0 -40V-6M-34 -36q14 -4 26 2M-34 -26q14 -4 26 2M34 -36q-14 -4 -26 2M34 -26q-14 -4 -26 2",
        tone("#c4ae8a"),
        2,
      ),
      path("M0 -4Q-20 -14 -44 -8V-2Q-20 -8 0 2Q20 -8 44 -2V-8Q20 -14 0 -4Z", tone("#a8483f")),
    ),
  lantern: ({ id, tone }) =>
    group(
      halo(id, 0, -28, 76),
      path("M-14 -50Q0 -70 14 -50", "none", { stroke: tone("#4a3d38"), "stroke-width": 4 }),
      path("M-15 -46H15L20 -36V-10H-20V-36Z", "#ffe38a"),
      line("M0 -44V-10M-20 -36H20", tone("#4a3d38"), 2.4),
      rect(-22, -10, 44, 9, tone("#4a3d38"), { rx: 3 }),
      path("M-17 -48H17L22 -38H-22Z", tone("#4a3d38")),
    ),
  gift: ({ tone, chance }) => {
    const paper = tone(chance.pick(["#c8553d", "#4f8fb0", "#7a5aa0"]));
    return group(
      rect(-26, -40, 52, 40, paper, { rx: 3 }),
      rect(-30, -50, 60, 13, lighter(paper, 0.12), { rx: 3 }),
      rect(-6, -50, 12, 50, tone("#f7dd8a")),
      path("M0 -50C-22 -72 -32 -52 0 -50C32 -52 22 -72 0 -50Z", "none", { stroke: tone("#f7dd8a"), "stroke-width": 6 }),
    );
  },
};
