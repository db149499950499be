/** Turns the overlapping phases of loading into one bar that only moves forward, and into timings. */

/**
 * @typedef {"python" | "device" | "download" | "header" | "plan" | "kernels" | "weights" | "notice" | "ready"} Phase
 */

/**
 * @typedef {object} LoadEvent
 * @property {Phase} phase
 * @property {number} done      in bytes for "download" and "weights", in steps otherwise
 * @property {number} total
 * @property {number} fraction  of the whole loading, 0 to 1
 * @property {string} message   what is being done, for people; for "notice" a sentence they should read
 */

/**
 * How much of the bar each phase has, roughly its share of the time.
 * @type {Partial<Record<Phase, number>>}
 */
const SHARES = { python: 3, device: 1, download: 6, header: 1, plan: 2, kernels: 3, weights: 3 };

/** @type {Record<Phase, string>} */
const MESSAGES = {
  python: "Starting Python",
  device: "Choosing a device",
  download: "Fetching the model",
  header: "Reading the model",
  plan: "Building the model",
  kernels: "Compiling kernels",
  weights: "Loading weights",
  notice: "",
  ready: "Ready",
};

export class LoadProgress {
  /** @type {Map<Phase, {begin: number, end: number, done: number, total: number}>} times in ms since the start */
  #phases = new Map();
  #fraction = 0;
  #start = performance.now();
  #report;

  /** @param {(event: LoadEvent) => void} report */
  constructor(report) {
    this.#report = report;
  }

  /**
   * @param {Phase} phase
   * @param {number} done
   * @param {number} total
   */
  update(phase, done, total) {
    const now = performance.now() - this.#start;
    const { begin } = this.#phases.get(phase) ?? { begin: now };
    this.#phases.set(phase, { begin, end: now, done, total });
    this.#send(phase, MESSAGES[phase]);
  }

  /** @param {string} message */
  notice(message) {
    this.#send("notice", message);
  }

  /**
   * Counts a phase from now to the end of `work`.
   * @template T
   * @param {Phase} phase
   * @param {Promise<T>} work
   * @returns {Promise<T>}
   */
  async during(phase, work) {
    this.update(phase, 0, 1);
    const result = await work;
    this.update(phase, 1, 1);
    return result;
  }

  /**
   * How long each phase took, and when all was ready, in ms. Phases overlap: they do not add up.
   * @returns {Record<string, number>}
   */
  timings() {
    /** @type {Record<string, number>} */
    const timings = {};
    for (const [phase, { begin, end }] of this.#phases) timings[`${phase}_ms`] = Math.round(end - begin);
    timings.ready_ms = Math.round(performance.now() - this.#start);
    return timings;
  }

  finish() {
    this.#fraction = 1;
    this.#send("ready", MESSAGES.ready);
  }

  /**
   * @param {Phase} phase
   * @param {string} message
   */
  #send(phase, message) {
    let reached = 0;
    let whole = 0;
    for (const [name, share] of Object.entries(SHARES)) {
      const state = this.#phases.get(/** @type {Phase} */ (name));
      if (name === "download" && !state) continue; // the model may be on disk already
      whole += share;
      if (state) reached += share * (state.total > 0 ? Math.min(1, state.done / state.total) : 1);
    }
    this.#fraction = Math.max(this.#fraction, reached / whole);
    const { done, total } = this.#phases.get(phase) ?? { done: 0, total: 0 };
    this.#report({ phase, done, total, fraction: this.#fraction, message });
  }
}
