/**
 * A file over HTTP, in ranges, picked up where it broke off. Knows nothing of storage: it yields bytes in order.
 *
 * Servers differ: one may ignore ranges (200 and the whole file), the file may change between two ranges
 * (another validator), the connection may break or go silent. Each of these ends in the right bytes or in a sentence.
 */

import { GlowwormError } from "../errors.js";
import { roomFor } from "./buffers.js";

/** Bytes asked for at once. Small enough to lose little when a proxy drops the rest. */
export const RANGE_BYTES = 8 * 1024 * 1024;

const ATTEMPTS = 4; // in a row without a single new byte, and at the file from its start
const RETRY_MS = 400; // doubled at each attempt
const READ_BYTES = 1024 * 1024; // at most, of what has arrived
const SILENCE_MS = 20_000; // a connection that sends nothing for so long is given up

/**
 * @typedef {object} Chunk
 * @property {number} offset           where the bytes belong; 0 again after `offset > 0` when the file had to be restarted
 * @property {Uint8Array} bytes        valid until the next chunk is asked for
 * @property {number} total            size of the whole file
 * @property {string | null} validator  ETag or date that tells this version of the file from another
 */

/** @typedef {{ buffer: ArrayBuffer }} Spare  what is received into, from one range to the next */

/**
 * Yields the file from `offset` to its end. When what the server has now is not what `validator` belongs to,
 * starts again from 0: a chunk at offset 0 means "forget what came before".
 *
 * @param {string} url
 * @param {object} options
 * @param {number} options.offset                 bytes that are already there
 * @param {string | null} [options.validator]     of the version those bytes are from
 * @param {number} [options.expectedBytes]        refuse a file of another size
 * @param {AbortSignal} [options.signal]
 * @returns {AsyncGenerator<Chunk, void, void>}
 * @throws {GlowwormError} DownloadError
 */
export async function* download(url, { offset, validator = null, expectedBytes, signal }) {
  const spare = { buffer: new ArrayBuffer(READ_BYTES) };
  let total = Infinity;
  let failures = 0;
  let restarts = 0;
  while (offset < total) {
    let received = 0;
    try {
      const reply = await requestRange(url, offset, offset > 0 ? validator : null, spare, signal);
      const changed = offset > 0 && validator !== null && reply.validator !== validator;
      if (reply.start !== offset || changed) {
        offset = 0; // another version, a shorter one, or a server that knows no ranges
        total = Infinity;
        restarts++;
      }
      if (restarts >= ATTEMPTS) {
        await reply.cancel();
        throw new GlowwormError(
          "DownloadError",
          "The download broke off again and again, and the server only sends the file from its start; try again over a better connection.",
        );
      }
      if (reply.start !== offset || reply.empty) {
        await reply.cancel();
        validator = null;
        continue;
      }
      if (expectedBytes !== undefined && reply.total !== expectedBytes) {
        await reply.cancel();
        throw new GlowwormError(
          "DownloadError",
          `The server's file has ${reply.total} bytes where ${expectedBytes} were announced; the site may be half updated, try again later.`,
        );
      }
      ({ total, validator } = reply);
      for await (const bytes of reply.chunks) {
        if (offset + bytes.length > total) {
          throw new GlowwormError("DownloadError", "The server sent more bytes than the file has; try again later.");
        }
        yield { offset, bytes, total, validator };
        offset += bytes.length;
        received += bytes.length;
      }
      if (received === 0) throw new Error("an empty answer");
      failures = 0;
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (error instanceof GlowwormError) throw error;
      failures = received > 0 ? 1 : failures + 1;
      if (failures >= ATTEMPTS) {
        throw new GlowwormError(
          "DownloadError",
          "The download broke off and could not be continued; check the connection and try again, what has arrived is kept.",
          { cause: error },
        );
      }
      await pause(RETRY_MS * 2 ** (failures - 1), signal);
    }
  }
}

/**
 * @typedef {object} Reply
 * @property {number} start
 * @property {number} total
 * @property {string | null} validator
 * @property {boolean} empty            nothing to read: ask again from `start`
 * @property {AsyncIterable<Uint8Array>} chunks
 * @property {() => Promise<void>} cancel  instead of reading the chunks
 */

/**
 * One request for at most RANGE_BYTES from `offset`.
 * @param {string} url
 * @param {number} offset
 * @param {string | null} validator
 * @param {Spare} spare
 * @param {AbortSignal | undefined} signal
 * @returns {Promise<Reply>}
 */
async function requestRange(url, offset, validator, spare, signal) {
  const silence = new AbortController();
  const headers = new Headers({ Range: `bytes=${offset}-${offset + RANGE_BYTES - 1}` });
  // Another origin would have to allow this header first; there, answers are only compared with one another.
  if (validator && new URL(url).origin === location.origin) headers.set("If-Range", validator);
  const watch = watchdog(silence);
  const signals = signal ? [signal, silence.signal] : [silence.signal];
  // no-store: the bytes are kept once, by the caller, not a second time in the HTTP cache.
  const response = await fetch(url, { headers, signal: AbortSignal.any(signals), cache: "no-store" }).catch((error) => {
    watch.stop();
    throw error;
  });
  const reply = {
    start: 0,
    total: Number(response.headers.get("Content-Length") ?? NaN),
    validator: strongValidator(response.headers),
    empty: false,
    chunks: readBody(response, watch, spare),
    cancel: async () => {
      watch.stop();
      await response.body?.cancel();
    },
  };
  if (response.status === 206) {
    const range = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(response.headers.get("Content-Range") ?? "");
    if (!range || Number(range[1]) !== offset) {
      await reply.cancel();
      throw new GlowwormError("DownloadError", "The server answers range requests wrongly, so the file cannot be fetched from it.");
    }
    return { ...reply, start: offset, total: Number(range[3]) };
  }
  if (response.status === 200) {
    if (!Number.isFinite(reply.total)) {
      await reply.cancel();
      throw new GlowwormError("DownloadError", "The server does not say how large the file is, so it cannot be fetched from it.");
    }
    return reply;
  }
  await reply.cancel();
  if (response.status === 416 && offset > 0) return { ...reply, empty: true };
  if (response.status >= 500 || response.status === 429) throw new Error(`HTTP ${response.status}`); // worth another attempt
  const why = response.status === 404 ? "the file is not there" : `HTTP ${response.status}`;
  throw new GlowwormError("DownloadError", `The model's file could not be fetched: ${why}.`);
}

/**
 * @param {Response} response
 * @param {{touch(): void, stop(): void}} watch
 * @param {Spare} spare
 * @returns {AsyncGenerator<Uint8Array, void, void>} each piece valid until the next one is asked for
 */
async function* readBody(response, watch, spare) {
  const reader = readerOf(/** @type {ReadableStream<Uint8Array<ArrayBuffer>>} */ (response.body));
  try {
    for (;;) {
      const { done, value } = await reader.read(new Uint8Array(roomFor(READ_BYTES, spare.buffer)));
      if (value && value.buffer.byteLength >= READ_BYTES) spare.buffer = value.buffer;
      if (done || !value) return;
      watch.touch();
      yield value;
    }
  } finally {
    watch.stop();
    await reader.cancel().catch(() => {});
  }
}

/**
 * A reader that fills one buffer over and over, where the browser has it: a new buffer for each piece of a large
 * file is garbage by the hundred megabytes.
 *
 * @param {ReadableStream<Uint8Array<ArrayBuffer>>} stream
 * @returns {{read(into: Uint8Array<ArrayBuffer>): Promise<ReadableStreamReadResult<Uint8Array<ArrayBuffer>>>, cancel(): Promise<void>}}
 */
function readerOf(stream) {
  try {
    return stream.getReader({ mode: "byob" });
  } catch {
    return stream.getReader(); // its `read` ignores what it is given
  }
}

/**
 * Aborts when it is not touched for SILENCE_MS.
 * @param {AbortController} controller
 */
function watchdog(controller) {
  const bark = () => controller.abort(new Error("the server went silent"));
  let timer = setTimeout(bark, SILENCE_MS);
  return {
    touch() {
      clearTimeout(timer);
      timer = setTimeout(bark, SILENCE_MS);
    },
    stop: () => clearTimeout(timer),
  };
}

/**
 * If-Range takes a strong ETag or a date; a weak ETag says nothing about bytes.
 * @param {Headers} headers
 */
function strongValidator(headers) {
  const etag = headers.get("ETag");
  return etag && !etag.startsWith("W/") ? etag : headers.get("Last-Modified");
}

/**
 * @param {number} ms
 * @param {AbortSignal} [signal]
 * @returns {Promise<void>}
 */
function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    }, { once: true });
  });
}
