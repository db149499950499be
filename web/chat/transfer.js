/** Chats as files: JSON, which can be taken in again, and Markdown, for people. */

import { Thread } from "./thread.js";

/** @typedef {import("./chat-store.js").Stored} Stored */
/** @typedef {import("./chat-store.js").Chat} Chat */
/** @typedef {import("./thread.js").Message} Message */

const FORMAT = "glowworm-chats";
const VERSION = 1;
const ENDINGS = ["stop", "length", "abort", "context", "failed", null];

/**
 * @param {Stored[]} stored
 * @returns {string} with every version of every message
 */
export function toJson(stored) {
  return JSON.stringify({ format: FORMAT, version: VERSION, chats: stored }, null, 2) + "\n";
}

/**
 * @param {Stored[]} stored
 * @returns {string} the messages as they are shown, a chat after the other
 */
export function toMarkdown(stored) {
  return stored
    .map(({ chat, messages }) => {
      const turns = new Thread(chat.id, messages, chat.leaf).path.map(
        ({ role, text }) => `**${role === "user" ? "You" : "Assistant"}**\n\n${text.trim()}\n`,
      );
      return [`# ${chat.title}\n`, ...turns].join("\n");
    })
    .join("\n---\n\n");
}

/**
 * @param {string} text  a file that {@link toJson} wrote
 * @returns {Stored[]}
 * @throws {RangeError} with a sentence for the user
 */
export function fromJson(text) {
  /** @type {any} */
  let file;
  try {
    file = JSON.parse(text);
  } catch {
    throw new RangeError("This file is not JSON; choose one that was exported here.");
  }
  if (file?.format !== FORMAT || !Array.isArray(file.chats)) {
    throw new RangeError("This file holds no chats; choose one that was exported here as JSON.");
  }
  if (file.version !== VERSION) throw new RangeError("This file was exported by a newer version of this page; update the page first.");
  return file.chats.map(checkedStored);
}

/**
 * @param {any} stored  whatever the file says
 * @returns {Stored}
 */
function checkedStored(stored) {
  const { chat, messages } = stored ?? {};
  if (!isText(chat?.id) || !isText(chat.title) || !Array.isArray(messages)) throw damaged();
  return {
    chat: {
      id: chat.id,
      title: chat.title,
      named: chat.named === true,
      created: time(chat.created),
      updated: time(chat.updated),
      leaf: isText(chat.leaf) ? chat.leaf : null,
      revision: 1,
    },
    messages: checkedMessages(messages, chat.id),
  };
}

/**
 * @param {any[]} messages  each after the one that it follows
 * @param {string} chat
 * @returns {Message[]}
 */
function checkedMessages(messages, chat) {
  const known = new Set();
  return messages.map((message) => {
    const { parent, id } = message ?? {};
    if (parent !== null && !known.has(parent)) throw damaged();
    known.add(id);
    return checkedMessage(message, chat);
  });
}

/**
 * @param {any} message
 * @param {string} chat
 * @returns {Message}
 */
function checkedMessage(message, chat) {
  const { id, parent, role, text, created, end, notices, stats, model } = message ?? {};
  if (!isText(id) || !isText(text) || !["user", "assistant"].includes(role)) throw damaged();
  return {
    ...{ id, chat, parent, role, text, created: time(created), end: ENDINGS.includes(end) ? end : null },
    ...(Array.isArray(notices) && { notices: notices.filter(isText) }),
    ...(typeof stats?.generated_tokens === "number" && { stats }),
    ...(isText(model) && { model }),
  };
}

/** @param {unknown} value */
function isText(value) {
  return typeof value === "string";
}

/** @param {unknown} value */
function time(value) {
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}

function damaged() {
  return new RangeError("This file is damaged: one of its chats is incomplete.");
}
