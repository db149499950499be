/**
 * Which models the browser's storage was last seen to hold, noted outside of that storage: when a model is missing
 * from there although it was never removed here, the browser has made room for something else.
 */

const KEY = "glowworm.kept-models";

/** @returns {Record<string, string>} what is known of each model's content, by its name */
export function keptModels() {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "{}");
  } catch {
    return {}; // no storage: nothing is kept either
  }
}

/**
 * @param {string} name
 * @param {string | null} identity  its digest or address; null when it is kept no more
 */
export function noteKeptModel(name, identity) {
  const { [name]: _, ...others } = keptModels();
  try {
    localStorage.setItem(KEY, JSON.stringify(identity === null ? others : { ...others, [name]: identity }));
  } catch {
    // Nothing can be noted, so nothing will be missed.
  }
}
