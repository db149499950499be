/**
 * Large buffers, used again and given back by hand: garbage of this kind is collected late, by the hundred megabytes.
 */

/**
 * @param {number} bytes
 * @param {ArrayBuffer} [buffer]  one that is no longer needed
 * @returns {ArrayBuffer} of so many bytes or more
 */
export function roomFor(bytes, buffer) {
  return buffer && buffer.byteLength >= bytes ? buffer : new ArrayBuffer(bytes);
}

/**
 * Gives a buffer's memory back now: it goes with a message that nobody can receive. Where a buffer has come from a
 * message or a stream, Chromium keeps what `buffer.transfer(0)` lets go of until garbage is collected.
 *
 * @param {ArrayBuffer} buffer  not to be used any more
 */
export function free(buffer) {
  if (buffer.byteLength === 0) return; // another one has it
  const { port1, port2 } = new MessageChannel();
  port2.close();
  port1.postMessage(null, [buffer]);
  port1.close();
}
