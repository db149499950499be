/**
 * Where a model's bytes come from: a file the user picked, the browser's private file system, or the network.
 * Whoever reads does not notice which. Nothing here knows what a model is: names, bytes and digests only.
 *
 * On disk a model is `models/<name>` beside `models/<name>.json`, its {@link Sidecar}. The file's length says how much
 * has arrived; the sidecar's `pieces` say that all of it has and was found right.
 */

import { ArrivingModel } from "./arriving-model.js";
import { modelLock, modelsFolder, openForWriting, readFile, readJson } from "./opfs.js";
import { digestOf } from "./pieces.js";
import { readBlob } from "./read-blob.js";
import { Spool } from "./spool.js";
import { StoredModel } from "./stored-model.js";
import { GlowwormError } from "../errors.js";

/** A wait for another tab is worth a word; one for a worker of this page that is just ending is not. */
const TELL_AFTER_MS = 500;

/** Of each end of a picked file, which tell it from others. A GGUF file begins with all that describes its tensors. */
const IDENTITY_BYTES = 1 << 20;

/** @typedef {import("./catalogue.js").CatalogueEntry} CatalogueEntry */

/**
 * @typedef {object} ModelSource
 * @property {number} size                    bytes
 * @property {(offset: number, length: number, buffer?: ArrayBuffer) => Promise<Uint8Array>} read
 *     a copy of the range, in `buffer` if that is large enough; waits for bytes that are still on their way
 * @property {() => Promise<void>} verified   resolves once everything that was read is known to be right
 * @property {() => void} rest                gives back the memory that reading took; called between reads
 * @property {"file" | "disk" | "memory"} place  where the bytes are kept
 * @property {unknown} failure                the error of a read that failed, null before
 * @property {number} downloadedBytes         what this source took from the network
 */

/**
 * What is remembered of a stored file.
 * @typedef {object} Sidecar
 * @property {string} url
 * @property {string | null} sha256     as announced; null for a bare URL
 * @property {number} bytes
 * @property {string | null} validator  ETag or date of the version that is being fetched
 * @property {string[] | null} pieces   SHA-256 of each piece of PIECE_BYTES once the whole was verified, null before
 */

/**
 * @typedef {object} OpenOptions
 * @property {AbortSignal} [signal]
 * @property {(done: number, total: number) => void} [onDownload]
 * @property {(message: string) => void} [onNotice]  one sentence for the user
 */

/**
 * A picked or dropped file, read in place.
 * @param {Blob} file
 * @returns {ModelSource}
 */
export function openFile(file) {
  return {
    size: file.size,
    place: "file",
    downloadedBytes: 0,
    failure: null,
    verified: async () => {},
    rest() {},
    async read(offset, length, buffer) {
      try {
        return await readBlob(file.slice(offset, offset + length), buffer);
      } catch (cause) {
        const message = "The file can no longer be read; it was moved or changed, so pick it again.";
        this.failure = new GlowwormError("WeightsError", message, { cause });
        throw this.failure;
      }
    },
  };
}

/**
 * What tells a picked file from others, without reading all of it.
 *
 * @param {Blob} file
 * @param {ModelSource} source  of the file
 * @returns {Promise<string>}
 * @throws {GlowwormError} WeightsError when it cannot be read
 */
export async function fileIdentity(file, source) {
  const { size } = file;
  const { name, lastModified } = file instanceof File ? file : { name: "", lastModified: 0 };
  const length = Math.min(size, IDENTITY_BYTES);
  const ends = new Uint8Array(2 * length);
  ends.set(await source.read(0, length));
  ends.set(await source.read(size - length, length), length);
  return JSON.stringify([name, size, lastModified, await digestOf(ends)]);
}

/**
 * A model of the catalogue: from disk when it was fetched before, else from the network, on to disk.
 * Several tabs that want the same model fetch it once: the others say so and wait for the first.
 *
 * @param {CatalogueEntry} entry
 * @param {OpenOptions} [options]
 * @returns {Promise<ModelSource>}
 * @throws {GlowwormError} DownloadError, WeightsError, StorageError
 */
export async function openModel(entry, options = {}) {
  const folder = await modelsFolder();
  const stored = folder && (await openStored(folder, entry, options));
  if (stored) return stored;
  if (!folder) return ArrivingModel.start(entry, null, new Spool(null), options);
  return new Promise((resolve, reject) => {
    let granted = false;
    const waiting = setTimeout(async () => {
      const { held = [] } = await navigator.locks.query(); // a slow device may be late to grant what nobody holds
      if (granted || !held.some(({ name }) => name === modelLock(entry.name))) return;
      options.onNotice?.("Another tab has begun to fetch this model; this one uses what it brings.");
    }, TELL_AFTER_MS);
    navigator.locks
      .request(modelLock(entry.name), { signal: options.signal }, async () => {
        granted = true;
        clearTimeout(waiting);
        const ready = await openStored(folder, entry, options); // another tab may just have put it there
        if (ready) return resolve(ready);
        const handle = await openForWriting(folder, entry.name).catch(() => null);
        const arriving = await ArrivingModel.start(entry, folder, new Spool(handle), options);
        resolve(arriving);
        await arriving.verified().catch(() => {}); // whoever reads it is told
      })
      .catch((error) => {
        clearTimeout(waiting);
        reject(error);
      });
  });
}

/**
 * @param {FileSystemDirectoryHandle} folder
 * @param {CatalogueEntry} entry
 * @param {OpenOptions} options
 * @returns {Promise<StoredModel | null>} null unless all of it is there
 */
async function openStored(folder, entry, options) {
  const sidecar = /** @type {Sidecar | null} */ (await readJson(folder, `${entry.name}.json`));
  if (!sidecar?.pieces) return null;
  if (entry.sha256 ? sidecar.sha256 !== entry.sha256 : sidecar.url !== entry.url) return null;
  const file = await readFile(folder, entry.name);
  if (file?.size !== sidecar.bytes) return null;
  return new StoredModel(folder, entry, sidecar, file, options.signal);
}
