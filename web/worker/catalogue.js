/** Which model is meant: a name of models.json, or a URL. Knows nothing of storage. */

import { GlowwormError } from "../errors.js";

/**
 * One model of models.json, with its file's address made absolute.
 * @typedef {object} CatalogueEntry
 * @property {string} name         unique, also the name it is stored under
 * @property {string} url          absolute address of the GGUF file
 * @property {number} [bytes]      size of the file; unknown for a bare URL until it answers
 * @property {string} [sha256]     lower-case hexadecimal; unknown for a bare URL
 * @property {string} [title]      for people
 * @property {string} [family]
 * @property {string} [licence]
 * @property {number} [context]    longest context the model was trained for, in tokens
 * @property {string[]} [prompts]  what to ask it, for an empty chat
 * @property {string} [about]      what it can do, in a sentence or two
 * @property {string[]} [redirects]  origins that the file's address leads on to, for the build
 * @property {boolean} [plain_punctuation]  it knows no typographic quotes and dashes
 */

/**
 * Reads the list of models; entries' `file` is relative to the list itself.
 *
 * @param {string} listUrl  absolute URL of models.json
 * @param {AbortSignal} [signal]
 * @returns {Promise<{default: string, models: CatalogueEntry[]}>}
 * @throws {GlowwormError} DownloadError when the list cannot be had
 */
export async function readCatalogue(listUrl, signal) {
  let response;
  try {
    response = await fetch(listUrl, { signal });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new GlowwormError("DownloadError", "The list of models could not be fetched; check the connection and try again.", { cause });
  }
  if (!response.ok) {
    throw new GlowwormError("DownloadError", `The list of models could not be fetched (HTTP ${response.status}).`);
  }
  const list = await response.json();
  return {
    default: list.default ?? list.models[0]?.name,
    models: list.models.map(
      /** @param {any} model */ ({ file, ...rest }) => ({ ...rest, url: new URL(file, listUrl).href }),
    ),
  };
}

/**
 * @param {string} model    a name of the list, or a URL (absolute, or relative to `pageUrl` and ending in .gguf)
 * @param {{listUrl: string, pageUrl: string, signal?: AbortSignal}} where
 * @returns {Promise<CatalogueEntry>}
 * @throws {GlowwormError} UnknownModelError when there is no such model
 */
export async function findModel(model, { listUrl, pageUrl, signal }) {
  if (/^[a-z]+:\/\//i.test(model) || model.endsWith(".gguf")) {
    const url = new URL(model, pageUrl).href;
    return { name: await nameOfUrl(url), title: decodeURIComponent(url.split("/").at(-1) ?? url), url };
  }
  const catalogue = await readCatalogue(listUrl, signal);
  const wanted = model || catalogue.default;
  const entry = catalogue.models.find(({ name }) => name === wanted);
  if (!entry) {
    const names = catalogue.models.map(({ name }) => name).join(", ");
    throw new GlowwormError("UnknownModelError", `There is no model called "${wanted}" here; there are: ${names}.`);
  }
  return entry;
}

/**
 * A file name for a URL: readable, and unique through a digest.
 * @param {string} url
 */
async function nameOfUrl(url) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(url)));
  const stem = (url.split("/").at(-1) ?? "model").replace(/\.gguf.*$/i, "").replace(/[^\w.-]+/g, "_");
  return `${stem.slice(0, 60)}-${Array.from(digest.slice(0, 6), (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
