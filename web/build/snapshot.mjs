/**
 * Boots Pyodide in Node with the page's wheels on `sys.path`, imports everything the page will use, and writes the
 * memory of that interpreter, compressed. The page restores it in place of starting Python.
 *
 * Usage: node snapshot.mjs OUT.gz WHEEL...      Prints {"python", "modules", "bytes"} as JSON.
 *
 * Not responsible for: the files. A snapshot holds memory, not the file system, so `web/worker/boot.js` puts the
 * same wheels under the same paths before restoring it.
 */

import { readFile, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { gzipSync } from "node:zlib";

import { clearTrampoline } from "../worker/trampoline.js";

// Whether the runtime can suspend WebAssembly on a promise is asked once, at the start, and remembered in the
// snapshot. Nothing is suspended here, so pretending is safe; in a browser that cannot, Python's `can_run_sync()`
// still answers False, because it also looks at how it was entered.
const wasm = /** @type {any} */ (WebAssembly);
wasm.Suspending ??= function (/** @type {Function} */ wrapped) {
  return wrapped; // Called with `new`, so no arrow function.
};
wasm.promising ??= /** @param {Function} wrapped */ (wrapped) => async (/** @type {any[]} */ ...args) => wrapped(...args);

const IMPORT_EVERYTHING = `
import gc, importlib, json, pkgutil, sys

# Modules of the package that need what the page does not have are left out, and only those.
ABSENT_IN_PAGE = {"numpy", "wgpu"}

def import_everything():
    import asyncio, importlib.metadata, importlib.resources, random
    import jinja2.ext, jinja2.sandbox
    import glowworm
    for module in pkgutil.walk_packages(glowworm.__path__, "glowworm."):
        if module.name.rpartition(".")[2] == "__main__":
            continue
        try:
            importlib.import_module(module.name)
        except Exception as error:
            missing = error.__cause__ or error
            if not isinstance(missing, ModuleNotFoundError) or missing.name not in ABSENT_IN_PAGE:
                raise

import_everything()
del import_everything, ABSENT_IN_PAGE
gc.collect()
json.dumps(sorted(name for name in sys.modules if name.partition(".")[0] == "glowworm"))
`;

// The message alone: Node would print the source line first, and Pyodide's is a megabyte long.
process.on("uncaughtException", (error) => {
  console.error(error.message);
  process.exit(1);
});

const [out, ...wheels] = process.argv.slice(2);
// Imported late: the runtime looks at WebAssembly's functions when it is first evaluated.
const { loadPyodide, version } = await import("pyodide");
const { placeWheels, WHEEL_FOLDER } = await import("../worker/wheel-folder.js");

const files = await Promise.all(
  wheels.map(async (path) => ({ name: basename(path), bytes: await readFile(path) })),
);
const python = await loadPyodide(
  /** @type {any} */ ({
    _makeSnapshot: true,
    env: { HOME: "/home/pyodide", PYTHONHASHSEED: "0" },
    fsInit: async (/** @type {any} */ FS) => placeWheels(FS, files),
  }),
);
python.globals.set("wheels", files.map(({ name }) => `${WHEEL_FOLDER}/${name}`).join("\n"));
python.runPython("import sys\nsys.path.extend(wheels.splitlines())\ndel wheels");
const modules = JSON.parse(python.runPython(IMPORT_EVERYTHING));
clearTrampoline(/** @type {any} */ (python)._module);
const snapshot = /** @type {any} */ (python).makeMemorySnapshot();
await writeFile(out, gzipSync(snapshot, { level: 9 }));
console.log(JSON.stringify({ python: version, modules, bytes: snapshot.length }));
process.exit(0); // Pyodide keeps handles open.
