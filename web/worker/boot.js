/**
 * Starts Python in a module worker, from the memory snapshot that the build made if it fits, else the plain way:
 * Pyodide's own start, then our packages by their lock file. Either way `glowworm`, Jinja2 and micropip are there.
 *
 * Uses two private options of Pyodide (`_loadSnapshot`, and `_makeSnapshot` in the build), so its version is pinned.
 * Not responsible for: what Python then does.
 */

import { free } from "./buffers.js";
import { copyDifferences } from "./sparse-copy.js";
import { keepTrampoline } from "./trampoline.js";
import { placeWheels } from "./wheel-folder.js";

// Pyodide finds out what kind of worker it is in by calling this, which fails in a module worker. Where Trusted Types
// are required the browser would also log the attempt as an offence.
/** @type {any} */ (globalThis).importScripts = () => {
  throw new TypeError("A module worker imports.");
};

/** @typedef {any} Pyodide  what `loadPyodide` resolves to */

/**
 * `runtime.json`, as the build writes it.
 * @typedef {object} Runtime
 * @property {{version: string, folder: string}} pyodide
 * @property {string} folder    of the wheels, the lock file and the snapshot
 * @property {string} lock
 * @property {{name: string, version: string, file: string, sha256: string}[]} packages
 * @property {{file: string, bytes: number, unpacked_bytes: number} | null} snapshot
 */

/**
 * What happens while Python starts; `ms` counts from the call, `version` is the hash of our own package.
 * @typedef {| {phase: "fetching", ms: number, loaded: number, total: number}
 *           | {phase: "starting", ms: number, how: "snapshot" | "plain", version: string}
 *           | {phase: "fallback", ms: number, reason: string}
 *           | {phase: "ready", ms: number, how: "snapshot" | "plain"}} BootPhase
 */

/**
 * @param {object} [options]
 * @param {string} [options.indexURL]   folder of `runtime.json`; by default the site's `py/`
 * @param {boolean} [options.snapshot]  false for the plain start even where a snapshot is there
 * @param {(phase: BootPhase) => void} [options.onPhase]
 * @returns {Promise<Pyodide>} with the `glowworm` package importable
 * @throws {Error} when Python can be started neither way
 */
export async function bootPython({ indexURL, snapshot = true, onPhase = () => {} } = {}) {
  const begun = performance.now();
  const base = indexURL ?? new URL("../py/", import.meta.url).href;
  const since = () => Math.round(performance.now() - begun);
  const runtime = /** @type {Runtime} */ (await (await fetchWhole(new URL("runtime.json", base))).json());
  const version = runtime.packages.find(({ name }) => name === "glowworm")?.sha256 ?? "";
  if (snapshot && runtime.snapshot) {
    try {
      onPhase({ phase: "starting", ms: since(), how: "snapshot", version });
      const python = await restore(runtime, runtime.snapshot, base, (loaded, total) =>
        onPhase({ phase: "fetching", ms: since(), loaded, total }),
      );
      onPhase({ phase: "ready", ms: since(), how: "snapshot" });
      return python;
    } catch (error) {
      onPhase({ phase: "fallback", ms: since(), reason: error instanceof Error ? error.message : String(error) });
    }
  }
  onPhase({ phase: "starting", ms: since(), how: "plain", version });
  const python = await startPlainly(runtime, base);
  onPhase({ phase: "ready", ms: since(), how: "plain" });
  return python;
}

/**
 * @param {Runtime} runtime
 * @param {NonNullable<Runtime["snapshot"]>} snapshot
 * @param {string} base
 * @param {(loaded: number, total: number) => void} onBytes
 * @returns {Promise<Pyodide>}
 */
async function restore(runtime, snapshot, base, onBytes) {
  const core = new URL(runtime.pyodide.folder, base);
  const folder = new URL(runtime.folder, base);
  // All at once: the memory, the wheels it expects to find on disk, and the two scripts.
  const memory = unpack(new URL(snapshot.file, folder), snapshot, onBytes);
  const wheels = Promise.all(
    runtime.packages.map(async ({ file, sha256 }) => {
      const integrity = `sha256-${base64(sha256)}`;
      const response = await fetchWhole(new URL(file, folder), { integrity });
      return { name: file, bytes: new Uint8Array(await response.arrayBuffer()) };
    }),
  );
  // Whichever fails first is the reason; the others' failures are then nobody's.
  memory.catch(() => {});
  wheels.catch(() => {});
  const [{ loadPyodide }, { default: createModule }] = await Promise.all([
    import(new URL("pyodide.mjs", core).href),
    import(new URL("pyodide.asm.mjs", core).href),
  ]);
  const wheelFiles = await wheels;
  let restoreTrampoline = () => {};
  const python = await loadPyodide({
    ...interpreterOptions(runtime, base),
    _loadSnapshot: memory, // Awaited there, while the runtime compiles.
    fsInit: async (/** @type {any} */ FS) => placeWheels(FS, wheelFiles),
    createPyodideModule: async (/** @type {any} */ settings) => {
      const module = await createModule(settings);
      restoreTrampoline = keepTrampoline(module);
      restoreSparsely(module.HEAP8);
      return module;
    },
  });
  restoreTrampoline();
  free((await memory).buffer);
  delete python._api.config._loadSnapshot; // it would keep the memory image, which has been copied, for ever
  // Every page starts from the same memory, so the generator's state must not be the same too.
  python.runPython("import random\nrandom.seed()");
  return python;
}

/**
 * Two fifths of the memory image are zeros, which Pyodide would write like the rest.
 * @param {Int8Array} heap  Python's memory, into which Pyodide will copy the image whole
 */
function restoreSparsely(heap) {
  heap.set = (/** @type {any} */ from, /** @type {number | undefined} */ at) => {
    if (at !== undefined) return Int8Array.prototype.set.call(heap, from, at);
    delete (/** @type {any} */ (heap).set);
    copyDifferences(from, heap);
  };
}

/**
 * @param {Runtime} runtime
 * @param {string} base
 * @returns {Promise<Pyodide>}
 */
async function startPlainly(runtime, base) {
  const { loadPyodide } = await import(new URL(`${runtime.pyodide.folder}pyodide.mjs`, base).href);
  const python = await loadPyodide(interpreterOptions(runtime, base));
  await python.loadPackage(
    runtime.packages.map(({ name }) => name),
    { messageCallback: () => {} },
  );
  python.runPython("import glowworm");
  return python;
}

/**
 * @param {Runtime} runtime
 * @param {string} base
 */
function interpreterOptions(runtime, base) {
  const folder = new URL(runtime.folder, base).href;
  return {
    indexURL: new URL(runtime.pyodide.folder, base).href,
    lockFileURL: new URL(runtime.lock, folder).href,
    packageBaseUrl: folder,
  };
}

/**
 * Streams, decompresses and collects the snapshot.
 *
 * @param {URL} url
 * @param {{bytes: number, unpacked_bytes: number}} snapshot
 * @param {(loaded: number, total: number) => void} onBytes
 */
async function unpack(url, snapshot, onBytes) {
  const response = await fetchWhole(url);
  const memory = new Uint8Array(snapshot.unpacked_bytes);
  let loaded = 0;
  let filled = 0;
  const counted = /** @type {ReadableStream<Uint8Array<ArrayBuffer>>} */ (response.body).pipeThrough(
    new TransformStream({
      transform(chunk, controller) {
        loaded += chunk.length;
        onBytes(loaded, snapshot.bytes);
        controller.enqueue(chunk);
      },
    }),
  );
  for await (const chunk of readAll(counted.pipeThrough(new DecompressionStream("gzip")))) {
    memory.set(chunk, filled); // Throws when the file is longer than announced.
    filled += chunk.length;
  }
  if (filled !== memory.length) throw new Error("The memory snapshot is shorter than announced.");
  return memory;
}

/**
 * A stream's chunks; not every browser can iterate over the stream itself.
 * @param {ReadableStream<Uint8Array>} stream
 */
async function* readAll(stream) {
  const reader = stream.getReader();
  for (let { done, value } = await reader.read(); !done && value; { done, value } = await reader.read()) yield value;
}

/**
 * @param {URL} url
 * @param {RequestInit} [options]
 */
async function fetchWhole(url, options) {
  const response = await fetch(url, options);
  if (!response.ok) throw new Error(`${url.pathname} could not be fetched (HTTP ${response.status}).`);
  return response;
}

/** @param {string} hex */
function base64(hex) {
  return btoa(String.fromCharCode(...(hex.match(/../g) ?? []).map((pair) => parseInt(pair, 16))));
}
