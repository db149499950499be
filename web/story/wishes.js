/** What can be wished for, and how wishes become a request. The lists and the wording come from choices.json. */

/** @typedef {"character" | "setting" | "twist" | "theme" | "length"} Wish */

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
 * @param {Record<Wish, string>} phrases
 * @returns {string}
 */
export function storyRequest(template, phrases) {
  return template.replace(/\{(\w+)\}/g, (slot, wish) => phrases[/** @type {Wish} */ (wish)] ?? slot);
}

/**
 * Own words, made to fit into the middle of a sentence.
 * @param {string} words
 * @returns {string}
 */
export function tidyPhrase(words) {
  const trimmed = words.trim().replace(/\s+/g, " ").replace(/[.!?,;]+$/, "");
  return trimmed.replace(/^(A|An|The|In|On|At|By|Under|With)\b/, (word) => word.toLowerCase());
}
