/** A story's picture: its hero in its place at its hour, drawn as SVG. The same story has the same picture. */

import { ANIMALS } from "./animals.js";
import { BIRDS } from "./birds.js";
import { Chance } from "./chance.js";
import { CREATURES } from "./creatures.js";
import { PLACES } from "./lands.js";
import { lightOf, mix } from "./light.js";
import { PEOPLE } from "./people.js";
import { PROPS } from "./props.js";
import { halo, halos, HEIGHT, WIDTH } from "./sky.js";
import { circle, el, ellipse, group, many, placed } from "./svg.js";
import { readHero, readPlace, readProp } from "./vocabulary.js";

/**
 * What a picture is composed of.
 * @typedef {object} Subject
 * @property {string} character  in words, as the story was wished for
 * @property {string} setting
 * @property {string} twist
 * @property {number} hour       of the day, 0 to 23
 * @property {number} seed
 */

/** @type {Record<string, import("./figure.js").Figure>} */
export const FIGURES = { ...ANIMALS, ...BIRDS, ...PEOPLE, ...CREATURES };
const SWIMMERS = new Set(["fish", "whale", "octopus"]);

/**
 * @param {Subject} subject
 * @param {string} [id]  a prefix of the names inside; give each drawing of a page its own
 * @returns {SVGElement} of 640 by 400 units, without a name for screen readers
 */
export function drawPicture({ character, setting, twist, hour, seed }, id = "picture") {
  const chance = new Chance(`${seed} ${hour} ${character} ${setting} ${twist}`.toLowerCase());
  const light = lightOf(hour, chance);
  const hero = readHero(character);
  const where = readPlace(setting);
  const { land, above } = PLACES[where];
  /** @type {import("./lands.js").Scene} */
  const scene = {
    id,
    chance,
    light,
    hour,
    tone: (colour, distance = 0) =>
      mix(mix(colour, light.veil, light.strength), light.sky[2], Math.max(0, distance) * 0.62),
  };
  const veil = where === "seabed" ? "#2f86a0" : light.veil;
  /** @type {import("./figure.js").Look} */
  const look = { ...hero, id, chance, tone: (colour) => mix(colour, veil, light.strength * 0.38) };

  const overhead = above(scene);
  const { behind, before, floor } = land(scene);
  const heroX = WIDTH / 2 + chance.between(24, 58) * chance.side();
  const propX = heroX + (heroX > WIDTH / 2 ? -1 : 1) * chance.between(122, 146);
  const prop = readProp(twist);
  const dark = light.lamps || where === "cave" || where === "moon";
  const scale = 1.12 * hero.scale;
  const bubble = SWIMMERS.has(hero.kind) && where !== "seabed";
  return el(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "xMidYMid slice", xmlns: "http://www.w3.org/2000/svg" },
    halos(id),
    overhead,
    behind,
    dark && placed(heroX, floor - 64, { scale: 0.8, scaleX: 1.2 }, halo(id, 0, 0, 190, 0.5, "glow")),
    prop !== undefined &&
      group(shadow(propX, floor - 10, 40), placed(propX, floor - 12, { scale: 1.02 }, PROPS[prop](look))),
    shadow(heroX, floor, 52 * scale),
    bubble && circle(heroX, floor - 80, 104 * scale, "#ffffff", { opacity: 0.2, stroke: "#ffffff", "stroke-width": 3 }),
    placed(heroX, floor - (bubble ? 8 : 0), { scale }, (FIGURES[hero.kind] ?? FIGURES.traveller)(look)),
    before,
    dark && where !== "seabed" && fireflies(id, chance, heroX, floor),
  );
}

/**
 * What the picture shows, in words.
 * @param {Subject} subject
 */
export function describePicture({ character, setting, hour }) {
  const time =
    hour < 5 || hour >= 20 ? "at night" : hour < 8 ? "early in the morning" : hour < 17 ? "by day" : "in the evening";
  return `Drawing: ${character} ${setting}, ${time}`;
}

/** @param {number} x @param {number} y @param {number} reach */
const shadow = (x, y, reach) => ellipse(x, y, reach, reach * 0.16, "#151230", { opacity: 0.2 });

/**
 * The house's own animal is in every evening picture.
 * @param {string} id  of the scene
 * @param {Chance} chance
 * @param {number} x  where the hero is, whose face they leave alone
 * @param {number} y
 */
const fireflies = (id, chance, x, y) =>
  many(chance.whole(4, 7), () => {
    const [fx, fy, r] = [
      x + chance.side() * chance.between(84, 260),
      y - chance.between(20, 190),
      chance.between(1.8, 2.8),
    ];
    return group(halo(id, fx, fy, r * 8, 0.9, "glow"), circle(fx, fy, r, "#fbffd8"));
  });
