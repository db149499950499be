/** The panel that says what the page is waiting for, what went wrong, and what can be done. */

/** @typedef {import("../glowworm.js").LoadEvent} LoadEvent */

export class StatusPanel {
  #panel = document.createElement("div");
  #text = document.createElement("p");
  #remark = document.createElement("span");
  #detail = document.createElement("span");
  #bar = document.createElement("progress");
  #action = document.createElement("button");
  /** @type {(() => void) | null} */
  #onAction = null;

  /** @param {HTMLElement} host  an element to put the panel in, hidden while there is nothing to say */
  constructor(host) {
    this.#panel.className = "status";
    this.#detail.className = "status-detail";
    this.#remark.className = "status-detail";
    this.#bar.max = 1;
    this.#bar.setAttribute("aria-label", "Loading");
    this.#action.type = "button";
    this.#action.addEventListener("click", () => this.#onAction?.());
    this.#panel.append(this.#text, this.#detail, this.#action, this.#bar, this.#remark);
    host.append(this.#panel);
    this.hide();
  }

  /**
   * @param {LoadEvent} event
   * @param {{label: string, run: () => void}} [action]
   */
  progress({ phase, done, total, fraction, message }, action) {
    this.#show("progress");
    if (this.#action.textContent !== (action?.label ?? "")) this.#offer(action);
    setText(this.#text, `${message} …`);
    const inBytes = (phase === "download" || phase === "weights") && total > 0;
    setText(this.#detail, inBytes ? `${formatBytes(done)} of ${formatBytes(total)}` : "");
    this.#bar.value = fraction;
  }

  /**
   * Says something beside the progress, until there is something else than progress to show.
   * @param {string} sentence
   */
  remark(sentence) {
    setText(this.#remark, sentence);
    this.#remark.hidden = this.#panel.dataset.kind !== "progress" || sentence === "";
  }

  /**
   * @param {string} sentence
   * @param {{label: string, run: () => void}} [action]
   */
  error(sentence, action) {
    this.#show("error");
    setText(this.#text, sentence);
    this.#offer(action);
  }

  /**
   * @param {string} sentence
   * @param {{label: string, run: () => void}} [action]
   */
  notice(sentence, action) {
    this.#show("notice");
    setText(this.#text, sentence);
    this.#offer(action);
  }

  hide() {
    this.#panel.hidden = true;
    delete this.#panel.dataset.kind;
    this.remark("");
  }

  /** @param {"progress" | "error" | "notice"} kind */
  #show(kind) {
    if (this.#panel.dataset.kind === kind) return;
    this.#panel.dataset.kind = kind;
    this.#panel.setAttribute("role", kind === "error" ? "alert" : "status");
    this.#panel.hidden = false;
    this.#bar.hidden = kind !== "progress";
    this.#detail.hidden = kind !== "progress";
    this.#remark.hidden = kind !== "progress" || this.#remark.textContent === "";
    this.#offer(undefined);
  }

  /** @param {{label: string, run: () => void} | undefined} action */
  #offer(action) {
    this.#onAction = action?.run ?? null;
    this.#action.hidden = !action;
    this.#action.textContent = action?.label ?? "";
  }
}

/**
 * @param {number} bytes
 * @returns {string} such as "3.1 MB"
 */
export function formatBytes(bytes) {
  const units = ["B", "kB", "MB", "GB"];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(bytes, 1)) / 3));
  const value = bytes / 1000 ** power;
  return `${value.toFixed(value < 10 && power > 0 ? 1 : 0)} ${units[power]}`;
}

/**
 * Writing the same text again would make screen readers say it again.
 * @param {HTMLElement} element
 * @param {string} text
 */
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
