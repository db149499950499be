/** Where it happens: for each kind of place what lies behind the hero, what stands before, and what is above. */

import { desert, forest, island, jungle, lake, meadow, mountains, seaside } from "./countryside.js";
import { castle, city, farm, garden, room, village } from "./dwellings.js";
import { cave, clouds, moonscape, seabed } from "./faraway.js";
import { sky, space, water } from "./sky.js";

/** @typedef {import("./svg.js").Child} Child */

/**
 * @typedef {object} Scene
 * @property {string} id       before the drawing's own names, so that two drawings on a page do not share them
 * @property {import("./chance.js").Chance} chance
 * @property {import("./light.js").Light} light
 * @property {number} hour
 * @property {(colour: string, distance?: number) => string} tone  in the hour's light; 1 is at the horizon
 */

/**
 * @typedef {object} Land
 * @property {Child} behind
 * @property {Child} [before]
 * @property {number} floor   where the hero stands
 */

/** @typedef {(scene: Scene) => Land} Place */

const UNDER_THE_SKY = {
  castle,
  cave,
  city,
  clouds,
  desert,
  farm,
  forest,
  garden,
  island,
  jungle,
  lake,
  meadow,
  mountains,
  room,
  seaside,
  village,
};

/** @type {Record<string, {land: Place, above: (scene: Scene) => SVGElement}>} */
export const PLACES = {
  ...Object.fromEntries(Object.entries(UNDER_THE_SKY).map(([name, land]) => [name, { land, above: sky }])),
  moon: { land: moonscape, above: space },
  seabed: { land: seabed, above: water },
};
