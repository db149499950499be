/** Which model the page's own address asks for. */

import { GlowwormError } from "../glowworm.js";

/**
 * The address's `model`: a name of models.json or the path of a GGUF file, as in `?model=weights/REPO/FILE.gguf`.
 * A link must not make a visitor's browser fetch from elsewhere, so only files of this site's origin are taken.
 *
 * @returns {string} "" when the address asks for none: the default
 * @throws {GlowwormError} UnknownModelError when it is another site's
 */
export function modelOfAddress() {
  const model = new URLSearchParams(location.search).get("model") ?? "";
  const url = URL.parse(model, document.baseURI);
  if (url?.origin === location.origin) return model;
  throw new GlowwormError(
    "UnknownModelError",
    "The model in this page's address is not of this site; download its file and open it here instead.",
  );
}
