/**
 * Bundles the service worker with Workbox and with what it must know of the site.
 * Usage: node bundle-sw.mjs OUT FACTS, where FACTS is a JSON file; see `SiteFacts` in sw.js.
 */

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const [out, facts] = process.argv.slice(2);
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
    "self.__SITE": await readFile(facts, "utf8"),
  },
});
