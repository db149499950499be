/**
 * Reads parts of large files into the same buffer over and over. `blob.arrayBuffer()` would do, but what it makes is
 * garbage by the hundred megabytes, and even a transferred buffer's memory comes back only when that is collected.
 */

import { roomFor } from "./buffers.js";

/** In use. Chromium collects a blob's stream, even while it is waited for, when only the waiting knows of it. */
const readers = new Set();

/**
 * @param {Blob} blob
 * @param {ArrayBuffer} [buffer]  is used if it is large enough, and not to be used afterwards but through what is returned
 * @returns {Promise<Uint8Array<ArrayBuffer>>} all of the blob
 * @throws {DOMException} when the blob cannot be read any more
 */
export async function readBlob(blob, buffer) {
  const reader = readerOf(blob);
  if (!reader) return new Uint8Array(await blob.arrayBuffer());
  readers.add(reader);
  try {
    let room = roomFor(blob.size, buffer);
    let filled = 0;
    while (filled < blob.size) {
      const { value } = await reader.read(new Uint8Array(room, filled, blob.size - filled));
      if (!value?.length) throw new DOMException("The file ends early.", "NotReadableError");
      room = value.buffer;
      filled += value.length;
    }
    await reader.cancel();
    return new Uint8Array(room, 0, filled);
  } finally {
    readers.delete(reader);
  }
}

/**
 * @param {Blob} blob
 * @returns {ReadableStreamBYOBReader | null} null where the browser cannot read into a given buffer
 */
function readerOf(blob) {
  try {
    return blob.stream().getReader({ mode: "byob" });
  } catch {
    return null;
  }
}
