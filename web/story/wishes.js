/** What can be wished for, and how wishes become a request. The lists and the wording come from choices.json. */

import { plainPunctuation } from "../components/plain-punctuation.js";

/** @typedef {"character" | "setting" | "twist" | "theme" | "length"} Wish */

/**
 * @typedef {object} WishList  wishes in the words of the request
 * @property {string} character
 * @property {string} setting
 * @property {string} twist
 * @property {string} theme
 * @property {string} length
 * @property {string} child  whom the story is for; may be empty
 */

/**
 * @typedef {{label: string, phrase: string}} Choice  what the list shows, and what the request says
 */

/**
 * @typedef {Record<Wish, Choice[]> & {template: string}} Choices
 */

/** The order of the fields. @type {readonly Wish[]} */
export const WISHES = ["character", "setting", "twist", "theme", "length"];

/** Wishes that one may also put in one's own words, with an example. @type {Partial<Record<Wish, string>>} */
export const OWN_WORDS = {
  character: "a purple cow",
  setting: "in a lighthouse",
  twist: "a talking umbrella",
  theme: "being brave",
};

const DETERMINER = /^(an?|the|my|our|your|some|two|three|four|five|six|seven|many|one)\b/;
const PREPOSITION =
  /^(in|on|at|by|under|beneath|below|above|behind|beside|near|inside|outside|within|between|among|over|across|around|through|underneath|far|deep|high|up|down|next|where|aboard)\b/;

/**
 * @param {string} url  of choices.json
 * @returns {Promise<Choices>}
 */
export async function readChoices(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`choices.json: HTTP ${response.status}`);
  return response.json();
}

/**
 * The request for a story, in the words the storyteller was taught.
 *
 * @param {string} template  with a {slot} for each wish
 * @param {WishList} wishes
 * @returns {string}
 */
export function storyRequest(template, wishes) {
  const request = template.replace(/\{(\w+)\}/g, (slot, wish) => wishes[/** @type {Wish} */ (wish)] ?? slot);
  return wishes.child ? `${request} The story is for ${wishes.child}.` : request;
}

/**
 * Own words, made to fit into the middle of the request's sentence.
 * @param {Wish} wish
 * @param {string} words
 * @returns {string} empty when there are none
 */
export function tidyPhrase(wish, words) {
  const trimmed = tidyName(words).replace(/^(An?|The|My|Our|In|On|At|By|Under|With|Two|Three)\b/, (word) =>
    word.toLowerCase(),
  );
  if (!trimmed) return "";
  if (wish === "setting" && !PREPOSITION.test(trimmed)) return `in ${trimmed}`;
  // A capital begins a name, and names have no article.
  if (wish === "character" && /^[a-z]/.test(trimmed) && !DETERMINER.test(trimmed)) {
    return `${/^[aeiou]/.test(trimmed) ? "an" : "a"} ${trimmed}`;
  }
  return trimmed;
}

/**
 * @param {string} words
 * @returns {string} in one line, in punctuation that every model knows, without an end of sentence
 */
export function tidyName(words) {
  return plainPunctuation(words)
    .trim()
    .replace(/\s+/g, " ")
    .replace(/[.!?,;:]+$/, "");
}
