/**
 * Writes Brotli and gzip variants. Usage: node compress.mjs '[["FROM", "TO"], ...]' makes TO.br and TO.gz of FROM.
 * Brotli at 9 of 11: the last two levels take ten times as long for a tenth less.
 */

import { readFile, writeFile } from "node:fs/promises";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

/** @type {[string, string][]} */
const jobs = JSON.parse(process.argv[2]);
for (const [from, to] of jobs) {
  const bytes = await readFile(from);
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: 9,
    [constants.BROTLI_PARAM_LGWIN]: 24,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  };
  await writeFile(`${to}.br`, brotliCompressSync(bytes, { params }));
  await writeFile(`${to}.gz`, gzipSync(bytes, { level: 9 })); // Last: its presence says that both are there.
}
