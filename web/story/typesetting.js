/** From a model's plain text to a page of a book: paragraphs, sentences, breaths. */

import { lazily } from "../components/tasks.js";

const sentences = lazily(() => new Intl.Segmenter("en", { granularity: "sentence" }));
const ABBREVIATION = /(?:^|[\s"'“‘(])(?:Mr|Mrs|Ms|Dr|St|Prof|No)\.$/;
/** What a voice is given at a time: longer utterances are cut off by some browsers after a quarter of a minute. */
const BREATH = 160;

/**
 * @param {string} text
 * @returns {string[]} one or more line breaks part them
 */
export function paragraphsOf(text) {
  return text.split(/\s*\n\s*/).filter(Boolean);
}

/**
 * The sentences of a paragraph. What is said and who says it stay together: “Who is there?” asked the owl.
 *
 * @param {string} paragraph
 * @returns {string[]} without white space around them
 */
export function sentencesOf(paragraph) {
  /** @type {string[]} */
  const found = [];
  for (const { segment } of sentences().segment(paragraph)) {
    const sentence = segment.trim();
    const before = found.at(-1);
    if (before !== undefined && (/^[a-z,;]/.test(sentence) || ABBREVIATION.test(before))) {
      found[found.length - 1] = `${before} ${sentence}`;
    } else if (sentence) {
      found.push(sentence);
    }
  }
  return found;
}

/**
 * A sentence as a voice is given it: whole, or where it is long in pieces that end where one breathes.
 *
 * @param {string} sentence
 * @returns {string[]}
 */
export function breathsOf(sentence) {
  /** @type {string[]} */
  const breaths = [];
  let breath = "";
  for (const clause of sentence.split(/(?<=[,;:–—])\s+/)) {
    if (breath && breath.length + clause.length >= BREATH) {
      breaths.push(breath);
      breath = clause;
    } else {
      breath = breath ? `${breath} ${clause}` : clause;
    }
  }
  return [...breaths, breath];
}
