/** A worker that puts a model into the browser's storage and does nothing else. Ending it pauses the download. */

import * as Comlink from "../vendor/comlink/comlink.mjs";
import { GlowwormError, toFailure } from "../errors.js";
import { findModel } from "./catalogue.js";
import { StaleBytesError } from "./pieces.js";
import { openModel } from "./store.js";

/** @typedef {import("../errors.js").Failure} Failure */

const downloads = {
  /**
   * @param {{model: string, listUrl: string, pageUrl: string}} request
   * @param {(done: number, total: number) => void} onProgress  in bytes
   * @returns {Promise<Failure | null>} why it failed
   */
  async fetch({ model, listUrl, pageUrl }, onProgress) {
    const store = async () => {
      const source = await openModel(await findModel(model, { listUrl, pageUrl }), { onDownload: onProgress });
      await source.verified();
      if (source.place === "disk") return;
      throw new GlowwormError("StorageError", "The browser's storage has no room for this model; delete something there and try again.");
    };
    try {
      await store().catch((error) => {
        if (error instanceof StaleBytesError) return store(); // one fresh start when the file turned out to be of two versions
        throw error;
      });
      return null;
    } catch (error) {
      return toFailure(error);
    }
  },
};

/** @typedef {typeof downloads} Downloads */

Comlink.expose(downloads);
