/** What the user has set: instructions for every chat, and how each model chooses its words. */

import { keep, recall } from "../components/kept.js";

/** @typedef {import("../glowworm.js").ChatOptions} ChatOptions */

/** What can be set of an answer; a field that is missing is the model's own choice. */
/** @typedef {Pick<ChatOptions, "temperature" | "top_k" | "top_p" | "min_p" | "repetition_penalty" | "max_tokens" | "seed">} AnswerSettings */

/** @returns {string} the system prompt; "" for none */
export function systemPrompt() {
  return recall("system") ?? "";
}

/** @param {string} text */
export function keepSystemPrompt(text) {
  keep("system", text || null);
}

/**
 * @param {string} model  its name, as the engine tells it
 * @returns {AnswerSettings}
 */
export function answerSettings(model) {
  return recall(`answers.${model}`) ?? {};
}

/**
 * @param {string} model
 * @param {AnswerSettings} settings  an empty object brings the model's own back
 */
export function keepAnswerSettings(model, settings) {
  keep(`answers.${model}`, Object.keys(settings).length > 0 ? settings : null);
}

/** @returns {string} the model that was chosen last, by its name or address; "" for the default */
export function lastModel() {
  return recall("model") ?? "";
}

/** @param {string} model */
export function keepLastModel(model) {
  keep("model", model || null);
}
