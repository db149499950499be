/** Keeps a scrolling element at its end while the user is there, and leaves it alone once they scroll back. */

const NEAR_PX = 48;

export class StickToEnd {
  #scroller;
  #stuck = true;

  /** @param {HTMLElement} scroller */
  constructor(scroller) {
    this.#scroller = scroller;
    scroller.addEventListener("scroll", () => (this.#stuck = this.#atEnd()), { passive: true });
  }

  /** Call after the content has grown. */
  follow() {
    if (this.#stuck) this.#scroller.scrollTop = this.#scroller.scrollHeight;
  }

  /** Goes to the end, wherever the user was. */
  jump() {
    this.#stuck = true;
    this.follow();
  }

  #atEnd() {
    const { scrollTop, clientHeight, scrollHeight } = this.#scroller;
    return scrollHeight - scrollTop - clientHeight < NEAR_PX;
  }
}
