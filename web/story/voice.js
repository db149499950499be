/** The browser's own voice, sentence by sentence. Knows nothing of the page. */

import { breathsOf } from "./typesetting.js";

const VOICES_MS = 1500; // how long browsers may take to find their voices
const SILENCE_MS = 8000; // a voice that has not begun by then never will

/** The voice could not read; the message says why, fit for the user. */
export class VoiceError extends Error {}

/**
 * The voices for a language, best first: those of this device, which need no network, then the browser's default.
 *
 * @param {string} language  such as "en"
 * @returns {Promise<SpeechSynthesisVoice[]>}
 */
export async function findVoices(language) {
  if (!("speechSynthesis" in window)) return [];
  if (speechSynthesis.getVoices().length === 0) {
    await new Promise((resolve) => {
      speechSynthesis.onvoiceschanged = resolve; // not an event target in every browser
      setTimeout(resolve, VOICES_MS);
    });
  }
  const rank = (/** @type {SpeechSynthesisVoice} */ voice) => Number(voice.localService) * 2 + Number(voice.default);
  return speechSynthesis
    .getVoices()
    .filter(({ lang }) => lang.toLowerCase().replace("_", "-").split("-")[0] === language)
    .sort((one, other) => rank(other) - rank(one));
}

/**
 * Says a sentence, in breaths.
 *
 * @param {string} sentence
 * @param {{voice: SpeechSynthesisVoice, rate: number}} how
 * @param {AbortSignal} signal  falls silent at once
 * @returns {Promise<void>} once it is said, or silenced
 * @throws {VoiceError}
 */
export async function say(sentence, how, signal) {
  for (const breath of breathsOf(sentence)) {
    if (signal.aborted) return;
    await sayBreath(breath, how, signal);
  }
}

/**
 * @param {string} text
 * @param {{voice: SpeechSynthesisVoice, rate: number}} how
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
async function sayBreath(text, { voice, rate }, signal) {
  const utterance = new SpeechSynthesisUtterance(text);
  utterance.voice = voice;
  utterance.lang = voice.lang;
  utterance.rate = rate;
  const ended = new AbortController();
  try {
    await new Promise((resolve, reject) => {
      const fail = (/** @type {string} */ sentence) => {
        speechSynthesis.cancel(); // it may still be in the browser's queue
        reject(new VoiceError(sentence));
      };
      const hush = () => {
        speechSynthesis.cancel(); // at once: the next sentence may be spoken before this promise is settled
        resolve(undefined);
      };
      const silence = setTimeout(
        () => fail(`The voice “${voice.name}” does not answer; choose another one.`),
        SILENCE_MS,
      );
      ended.signal.addEventListener("abort", () => clearTimeout(silence));
      signal.addEventListener("abort", hush, { signal: ended.signal });
      utterance.addEventListener("start", () => clearTimeout(silence));
      utterance.addEventListener("end", resolve);
      utterance.addEventListener("error", ({ error }) => {
        if (error === "canceled" || error === "interrupted") resolve(undefined);
        else if (error === "network") fail(`The voice “${voice.name}” needs a network; choose another one.`);
        else fail("The browser could not read aloud; try again, or choose another voice.");
      });
      speechSynthesis.speak(utterance);
    });
  } finally {
    ended.abort();
  }
}
