/** The one error class of the client API, on both sides of the worker boundary. */

/**
 * What went wrong, fit for a user: `message` is one clear sentence that says what happened and what to do,
 * `kind` is a stable name for programs: "DeviceError", "DeviceLostError", "WeightsError", "UnsupportedError",
 * "TokenizerError" and "PromptError" come from the engine; "DownloadError", "StorageError", "UnknownModelError",
 * "ClosedError" and "InternalError" from the page's side of it.
 */
export class GlowwormError extends Error {
  /**
   * @param {string} kind
   * @param {string} message
   * @param {{cause?: unknown}} [options]
   */
  constructor(kind, message, options) {
    super(message, options);
    this.name = "GlowwormError";
    this.kind = kind;
  }
}

/**
 * A failure as plain data, because structured cloning drops the fields of error classes.
 * @typedef {{kind: string, message: string}} Failure
 */

/**
 * @param {unknown} error  whatever was thrown
 * @returns {Failure}
 */
export function toFailure(error) {
  if (error instanceof GlowwormError) return { kind: error.kind, message: error.message };
  if (error instanceof Error) {
    const kind = /** @type {{kind?: string}} */ (error).kind;
    if (kind) return { kind, message: error.message };
  }
  console.error(error); // not one of ours: a bug, whose trace a developer will want
  const text = error instanceof Error ? error.message : String(error);
  return { kind: "InternalError", message: `Something went wrong inside Glowworm (${lastLine(text)}); reload the page.` };
}

/**
 * @param {Failure} failure
 * @returns {GlowwormError}
 */
export function fromFailure(failure) {
  return new GlowwormError(failure.kind, failure.message);
}

/**
 * A Python traceback ends with the line that matters.
 * @param {string} text
 */
function lastLine(text) {
  return text.trim().split("\n").at(-1)?.trim().replace(/\.$/, "") ?? "";
}
