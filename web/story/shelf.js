/** The shelf: the stories that were kept, as covers to take down, to share or to throw away. */

import { iconButton } from "../components/icon.js";
import { Panel } from "../components/panel.js";
import { typeset } from "../components/quotation-marks.js";
import { lazily } from "../components/tasks.js";
import { toast } from "../components/toast.js";
import { drawPicture } from "./illustration/picture.js";

/** @typedef {import("./tale.js").Tale} Tale */

const dayFormat = lazily(() => new Intl.DateTimeFormat(undefined, { day: "numeric", month: "long", year: "numeric" }));
const NOTHING_KEPT = "This browser keeps nothing for this page (a private window?), so there is no shelf.";

export class Shelf {
  #store;
  #panel;
  #onOpen;
  #onChange;

  /**
   * @param {HTMLButtonElement} opener
   * @param {import("./shelf-store.js").ShelfStore} store
   * @param {{onOpen: (tale: Tale) => void, onChange: () => void}} hear
   *     a story was taken down; a story was thrown away or brought back
   */
  constructor(opener, store, { onOpen, onChange }) {
    this.#store = store;
    this.#onOpen = onOpen;
    this.#onChange = onChange;
    this.#panel = new Panel(opener, "Your shelf", () => void this.#fill());
  }

  async #fill() {
    const { body } = this.#panel;
    try {
      const tales = await this.#store.list();
      const list = document.createElement("ul");
      list.className = "shelf";
      list.append(...tales.map((tale) => this.#book(tale)));
      body.replaceChildren(
        tales.length > 0 ? list : hint("No story yet. “Save” puts the one on the page here; it stays on this device."),
      );
    } catch (error) {
      console.warn(error);
      body.replaceChildren(hint(NOTHING_KEPT));
    }
  }

  /** @param {Tale} tale */
  #book(tale) {
    const cover = document.createElement("button");
    cover.type = "button";
    cover.className = "cover";
    const title = document.createElement("span");
    title.className = "cover-title";
    title.textContent = typeset(tale.title);
    const day = document.createElement("span");
    day.className = "cover-day";
    const told = dayFormat().format(tale.told);
    day.textContent = tale.wishes.child ? `for ${tale.wishes.child}, ${told}` : told;
    const picture = drawPicture({ ...tale.wishes, hour: tale.hour, seed: tale.seed }, `shelf-${tale.id}`);
    picture.setAttribute("aria-hidden", "true");
    cover.append(picture, title, day);
    cover.addEventListener("click", () => {
      this.#panel.close();
      this.#onOpen(tale);
    });
    title.id = `shelf-title-${tale.id}`;
    const remove = iconButton("trash-2", "Delete", () => void this.#throwAway(tale), "quiet small icon-only danger");
    remove.setAttribute("aria-describedby", title.id);
    const book = document.createElement("li");
    book.append(cover, remove);
    return book;
  }

  /** @param {Tale} tale */
  async #throwAway(tale) {
    await this.#store.remove(tale.id);
    await this.#fill();
    this.#onChange();
    toast("Taken from the shelf.", {
      label: "Undo",
      run: async () => {
        await this.#store.put(tale);
        await this.#fill();
        this.#onChange();
      },
    });
  }
}

/** @param {string} sentence */
function hint(sentence) {
  const paragraph = document.createElement("p");
  paragraph.className = "hint";
  paragraph.textContent = sentence;
  return paragraph;
}
