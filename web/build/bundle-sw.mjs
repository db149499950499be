/**
 * Bundles the service worker with Workbox and the list of what it keeps.
 * Usage: node bundle-sw.mjs OUT MANIFEST, where MANIFEST is a JSON file of [{"url", "revision"}, ...].
 */

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const [out, manifest] = process.argv.slice(2);
await build({
  entryPoints: [fileURLToPath(new URL("../sw.js", import.meta.url))],
  outfile: out,
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2022",
  legalComments: "none",
  logLevel: "error",
  define: {
    "process.env.NODE_ENV": '"production"',
    "self.__WB_MANIFEST": await readFile(manifest, "utf8"),
  },
});
