/** Reads a story aloud from the page: lights the sentence that is said, and offers pause, steps, speed and voices. */

import { iconButton, iconElement } from "../components/icon.js";
import { keep, recall } from "../components/kept.js";
import { findVoices, say, VoiceError } from "./voice.js";

const LANGUAGE = "en";
const SPEEDS = [
  { label: "Slow", rate: 0.75 },
  { label: "Calm", rate: 0.9 },
  { label: "Normal", rate: 1 },
  { label: "Quick", rate: 1.2 },
];
const CALM = 1;
const CONTROL = "quiet icon-only";
const NO_VOICE =
  "This browser has no English voice to read with. Install one in your device’s settings, under text-to-speech, then reload this page.";

/**
 * Its controls are built into `bar`, which is shown while there is something to control.
 * Fires `change` when reading begins or ends.
 */
export class ReadAloud extends EventTarget {
  #bar;
  #note;
  #sentences;
  #speed = document.createElement("select");
  #voice = document.createElement("select");
  #pauseButton;
  /** @type {SpeechSynthesisVoice[]} */
  #voices = [];
  /** @type {AbortController | null} of the sentence that is being said */
  #saying = null;
  /** @type {WakeLockSentinel | null} */
  #awake = null;
  #at = 0;
  #active = false;

  /**
   * @param {HTMLElement} bar
   * @param {HTMLElement} note  where is said why nothing can be heard
   * @param {() => HTMLElement[]} sentences  as they stand on the page
   */
  constructor(bar, note, sentences) {
    super();
    this.#bar = bar;
    this.#note = note;
    this.#sentences = sentences;
    this.#speed.setAttribute("aria-label", "Speed");
    this.#speed.append(...SPEEDS.map(({ label, rate }) => new Option(label, String(rate))));
    this.#speed.value = String(recall("speed") ?? SPEEDS[CALM].rate);
    if (this.#speed.selectedIndex < 0) this.#speed.selectedIndex = CALM;
    this.#voice.setAttribute("aria-label", "Voice");
    this.#speed.addEventListener("change", () => this.#chosen("speed", Number(this.#speed.value)));
    this.#voice.addEventListener("change", () => this.#chosen("voice", this.#voice.value));
    this.#pauseButton = iconButton("pause", "Pause", () => (this.#saying ? this.#pause() : this.#resume()), CONTROL);
    bar.append(
      iconButton("chevron-left", "Back a sentence", () => this.goTo(this.#at - 1), CONTROL),
      this.#pauseButton,
      iconButton("chevron-right", "On a sentence", () => this.goTo(this.#at + 1), CONTROL),
      this.#speed,
      this.#voice,
      iconButton("x", "End reading", () => this.end(), CONTROL),
    );
    bar.hidden = true;
    document.addEventListener("visibilitychange", () => void this.#stayAwake());
    window.addEventListener("pagehide", () => this.end());
  }

  get isActive() {
    return this.#active;
  }

  /** Begins to read, or says why it cannot be. */
  async start() {
    this.#note.hidden = true;
    this.#voices = await findVoices(LANGUAGE);
    if (this.#voices.length === 0) return this.#tell(NO_VOICE);
    this.#voice.replaceChildren(...this.#voices.map(({ name, voiceURI }) => new Option(name, voiceURI)));
    this.#voice.value = recall("voice") ?? "";
    if (this.#voice.selectedIndex < 0) this.#voice.selectedIndex = 0;
    this.#voice.hidden = this.#voices.length < 2;
    this.#active = true;
    this.#bar.hidden = false;
    document.body.dataset.reading = "true";
    this.dispatchEvent(new Event("change"));
    this.#at = 0;
    this.#resume();
  }

  /** Falls silent and puts the controls away. */
  end() {
    if (!this.#active) return;
    this.#active = false;
    this.#saying?.abort();
    this.#saying = null;
    this.#light(null);
    this.#bar.hidden = true;
    delete document.body.dataset.reading;
    void this.#stayAwake();
    this.dispatchEvent(new Event("change"));
  }

  #pause() {
    this.#saying?.abort();
    this.#saying = null;
    this.#showState();
  }

  #resume() {
    this.#saying?.abort();
    const saying = (this.#saying = new AbortController());
    this.#showState();
    this.#read(saying.signal).catch((error) => {
      if (!(error instanceof VoiceError)) console.error(error);
      this.#pause();
      this.#tell(error instanceof VoiceError ? error.message : "The browser could not read aloud; reload the page.");
    });
  }

  /**
   * Says one sentence after the other. A pause ends it: browsers differ in what they can take up again, so going on
   * begins the sentence anew.
   * @param {AbortSignal} signal
   */
  async #read(signal) {
    for (;;) {
      const sentence = this.#sentences()[this.#at];
      if (!sentence) return this.end();
      this.#light(sentence);
      const voice = this.#voices[this.#voice.selectedIndex];
      await say(sentence.textContent ?? "", { voice, rate: Number(this.#speed.value) }, signal);
      if (signal.aborted) return;
      this.#at += 1;
    }
  }

  /**
   * Goes to a sentence while reading, or while reading pauses.
   * @param {number} sentence
   */
  goTo(sentence) {
    if (!this.#active) return;
    this.#at = Math.min(Math.max(0, sentence), this.#sentences().length - 1);
    if (this.#saying) this.#resume();
    else this.#light(this.#sentences()[this.#at]);
  }

  /**
   * @param {string} name
   * @param {unknown} value
   */
  #chosen(name, value) {
    keep(name, value);
    this.#note.hidden = true;
    if (this.#saying) this.#resume();
  }

  /** @param {HTMLElement | null} sentence */
  #light(sentence) {
    for (const lit of document.querySelectorAll(".sentence.lit")) lit.classList.remove("lit");
    if (!sentence) return;
    sentence.classList.add("lit");
    const { top, bottom } = sentence.getBoundingClientRect();
    const isInSight = top > innerHeight * 0.12 && bottom < innerHeight * 0.7;
    if (!isInSight) sentence.scrollIntoView({ block: "center", behavior: "smooth" });
  }

  #showState() {
    const reads = this.#saying !== null;
    const label = reads ? "Pause" : "Resume";
    this.#pauseButton.replaceChildren(iconElement(reads ? "pause" : "play"));
    this.#pauseButton.title = label;
    this.#pauseButton.setAttribute("aria-label", label);
    void this.#stayAwake();
  }

  /** Keeps the screen on while somebody listens. */
  async #stayAwake() {
    const listening = this.#active && this.#saying !== null && document.visibilityState === "visible";
    if (!listening) {
      const held = this.#awake;
      this.#awake = null;
      await held?.release();
    } else if (!this.#awake || this.#awake.released) {
      this.#awake = (await navigator.wakeLock?.request("screen").catch(() => null)) ?? null; // refused when the battery is low
    }
  }

  /** @param {string} sentence */
  #tell(sentence) {
    this.#note.textContent = sentence;
    this.#note.hidden = false;
  }
}
