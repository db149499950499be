/** The hour's light: the colours of the sky, and what it makes of every other colour. */

/**
 * @typedef {object} Light
 * @property {"dawn" | "day" | "dusk" | "night"} time
 * @property {[string, string, string]} sky   from the zenith to the horizon
 * @property {string} veil                    what everything is tinted with
 * @property {number} strength                of the veil on the land, 0 to 1
 * @property {string} cloud
 * @property {number} stars                   how many
 * @property {boolean} lamps                  whether windows are lit
 */

/** @type {Record<Light["time"], Omit<Light, "time">[]>} */
const LIGHTS = {
  dawn: [
    {
      sky: ["#8fa9d6", "#f3c9c0", "#fde5bd"],
      veil: "#e6a99a",
      strength: 0.22,
      cloud: "#fff1e6",
      stars: 6,
      lamps: false,
    },
    {
      sky: ["#9cb8cf", "#f6d9b8", "#fbefcf"],
      veil: "#e8bf95",
      strength: 0.2,
      cloud: "#fffaf0",
      stars: 4,
      lamps: false,
    },
  ],
  day: [
    {
      sky: ["#7fbbe0", "#b4dcec", "#e6f3e6"],
      veil: "#fff3d8",
      strength: 0.05,
      cloud: "#ffffff",
      stars: 0,
      lamps: false,
    },
    {
      sky: ["#89c4d9", "#c3e3de", "#f3f3d9"],
      veil: "#fff0cc",
      strength: 0.08,
      cloud: "#fffdf6",
      stars: 0,
      lamps: false,
    },
  ],
  dusk: [
    {
      sky: ["#3e4480", "#b8698f", "#f7b27d"],
      veil: "#5a3568",
      strength: 0.4,
      cloud: "#f0a6a0",
      stars: 16,
      lamps: true,
    },
    {
      sky: ["#4a4c8f", "#cf7f86", "#fbc98b"],
      veil: "#6a3a5c",
      strength: 0.36,
      cloud: "#f7bda4",
      stars: 12,
      lamps: true,
    },
  ],
  night: [
    {
      sky: ["#10153a", "#26306a", "#4f5a94"],
      veil: "#1a2056",
      strength: 0.58,
      cloud: "#5a659c",
      stars: 70,
      lamps: true,
    },
    {
      sky: ["#0d1a38", "#1d3a63", "#43718c"],
      veil: "#122a50",
      strength: 0.56,
      cloud: "#557fa0",
      stars: 70,
      lamps: true,
    },
    {
      sky: ["#1b1440", "#3b2b6b", "#7a5d95"],
      veil: "#251a52",
      strength: 0.56,
      cloud: "#75609c",
      stars: 64,
      lamps: true,
    },
  ],
};

/**
 * @param {number} hour  0 to 23
 * @param {import("./chance.js").Chance} chance
 * @returns {Light}
 */
export function lightOf(hour, chance) {
  const time = hour < 5 || hour >= 20 ? "night" : hour < 8 ? "dawn" : hour < 17 ? "day" : "dusk";
  return { time, ...chance.pick(LIGHTS[time]) };
}

/**
 * @param {string} from   "#rrggbb"
 * @param {string} to     "#rrggbb"
 * @param {number} share  of `to`, 0 to 1
 */
export function mix(from, to, share) {
  const parts = [1, 3, 5].map((at) => {
    const [a, b] = [from, to].map((colour) => parseInt(colour.slice(at, at + 2), 16));
    return Math.round(a + (b - a) * share)
      .toString(16)
      .padStart(2, "0");
  });
  return `#${parts.join("")}`;
}

/** @param {string} colour @param {number} [share] */
export const lighter = (colour, share = 0.25) => mix(colour, "#fff6e0", share);
/** @param {string} colour @param {number} [share] */
export const darker = (colour, share = 0.2) => mix(colour, "#1d1838", share);
