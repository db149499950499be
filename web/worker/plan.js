/**
 * Reads an encoded program (see py/glowworm/graph/encode.py, which defines the format).
 *
 * @typedef {{ buffer: number, offset: number, bytes: number }} Region
 * @typedef {{ name: string, bytes: number }} BufferSpec
 * @typedef {{ label: string, writes: boolean[] }} KernelSpec one flag per binding
 * @typedef {{ fileOffset: number, bytes: number, kernel: number | null, blocksPerWorkgroup: number,
 *   blockBytes: number, firstBlock: number, targets: Region[] }} Load
 * @typedef {{ kernel: number, grid: [number, number, number], bindings: Region[] }} Dispatch
 * @typedef {{ rows: number, logits: Region, body: Dispatch[], head: Dispatch[] }} Phase
 * @typedef {{ buffers: BufferSpec[], kernels: KernelSpec[], loads: Load[], phases: Map<string, Phase> }} Program
 */

const VERSION = 1;
const NONE = 0xffffffff;

/**
 * @param {Uint32Array} words
 * @param {string[]} strings
 * @returns {Program}
 */
export function decodeProgram(words, strings) {
  let at = 0;
  let text = 0;
  const next = () => words[at++];
  /** @template T @param {number} count @param {() => T} read @returns {T[]} */
  const times = (count, read) => Array.from({ length: count }, read);
  const region = () => ({ buffer: next(), offset: next(), bytes: next() });

  if (next() !== VERSION) throw new Error("The program was encoded by another version of this page.");
  const [buffers, kernels, loads, phases] = times(4, next);
  return {
    buffers: times(buffers, () => ({ bytes: next(), name: strings[text++] })),
    kernels: times(kernels, () => {
      const bindings = next();
      const written = next();
      return { label: strings[text++], writes: times(bindings, () => false).map((_, i) => !!(written & (1 << i))) };
    }),
    loads: times(loads, () => ({
      fileOffset: next() + next() * 2 ** 32,
      bytes: next(),
      kernel: ((index) => (index === NONE ? null : index))(next()),
      blocksPerWorkgroup: next(),
      blockBytes: next(),
      firstBlock: next(),
      targets: times(next(), region),
    })),
    phases: new Map(
      times(phases, () => {
        const [rows, body, head] = times(3, next);
        const logits = region();
        const dispatch = () => ({
          kernel: next(),
          grid: /** @type {[number, number, number]} */ (times(3, next)),
          bindings: times(next(), region),
        });
        return /** @type {[string, Phase]} */ ([
          strings[text++],
          { rows, logits, body: times(body, dispatch), head: times(head, dispatch) },
        ]);
      }),
    ),
  };
}
