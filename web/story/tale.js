/** A story that was told: what is kept of it, and how the storyteller is asked about it. Knows nothing of the page. */

/** @typedef {import("../glowworm.js").Message} Message */
/** @typedef {import("./wishes.js").WishList} WishList */

/**
 * @typedef {object} Tale
 * @property {string} id
 * @property {string} title
 * @property {WishList} wishes
 * @property {string} request    as it was asked for
 * @property {string[]} parts    the story and what happened next, as the model wrote them
 * @property {number} seed
 * @property {number} hour       of the day it was told at, for its picture
 * @property {number} told       ms since 1970
 * @property {boolean} finished  whether its last part has come to an end
 */

/** Follow-ups in words that any storyteller understands. */
const WHAT_NEXT = "What happened next?";
const SIMPLER = "Tell it in simpler words.";

/** Characters of English that a token stands for at least, on the average. */
const CHARACTERS_PER_TOKEN = 3;
/** How much of the context what was told may take: the rest is for the answer. */
const SHARE_FOR_TOLD = 0.7;

/**
 * @param {WishList} wishes
 * @param {string} request
 * @param {number} seed
 * @param {Date} now
 * @returns {Tale} with nothing told yet
 */
export function beginTale(wishes, request, seed, now) {
  return {
    id: crypto.randomUUID(),
    title: titleOf(wishes),
    wishes,
    request,
    parts: [""],
    seed,
    hour: now.getHours(),
    told: now.getTime(),
    finished: false,
  };
}

/**
 * @param {Pick<WishList, "character" | "twist">} wishes
 * @returns {string} such as "The little fox and the lost toy"
 */
export function titleOf({ character, twist }) {
  const known = (/** @type {string} */ phrase) => phrase.replace(/^an? /, "the ");
  const title = `${known(character)} and ${known(twist)}`;
  return title[0].toUpperCase() + title.slice(1);
}

/** @param {Tale} tale */
export function textOf({ parts }) {
  return parts.filter(Boolean).join("\n\n");
}

/**
 * The conversation that asks for a tale's last part, or for the rest of it.
 *
 * @param {Tale} tale
 * @param {number} context  tokens that the model holds
 * @returns {Message[]} ending with the part so far, where there is some: the model goes on from there
 */
export function askForLastPart(tale, context) {
  const before = tale.parts.slice(0, -1).join("\n\n");
  const question = before ? askAbout(tale, before, WHAT_NEXT, context) : [asUser(tale.request)];
  return begun(question, tale.parts.at(-1) ?? "");
}

/**
 * The conversation that asks for a tale in simpler words.
 *
 * @param {Tale} tale
 * @param {string} former   what was told of it
 * @param {number} context  tokens that the model holds
 * @returns {Message[]} ending with the new telling so far, from which the model goes on
 */
export function askForSimpler(tale, former, context) {
  return begun(askAbout(tale, former, SIMPLER, context), tale.parts[0]);
}

/**
 * @param {Tale} tale
 * @param {string} told     what the storyteller is reminded of
 * @param {string} question
 * @param {number} context  tokens that the model holds
 * @returns {Message[]}
 */
function askAbout(tale, told, question, context) {
  const room = Math.floor(context * SHARE_FOR_TOLD * CHARACTERS_PER_TOKEN);
  return [asUser(tale.request), { role: "assistant", content: lastParagraphs(told, room) }, asUser(question)];
}

/**
 * @param {Message[]} messages
 * @param {string} text  that the answer begins with
 * @returns {Message[]}
 */
const begun = (messages, text) => (text ? [...messages, { role: "assistant", content: text }] : messages);

/**
 * @param {string} content
 * @returns {Message}
 */
const asUser = (content) => ({ role: "user", content });

/**
 * @param {string} text
 * @param {number} room  characters
 * @returns {string} all, or as many whole paragraphs from the end as there is room for, at least one
 */
function lastParagraphs(text, room) {
  const paragraphs = text.split(/\n+/);
  while (paragraphs.length > 1 && paragraphs.join("\n\n").length > room) paragraphs.shift();
  return paragraphs.join("\n\n");
}
