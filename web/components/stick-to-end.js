/** Keeps a scrolling element at its end while the user is there, and leaves it alone once they scroll back. */

const NEAR_PX = 48;

export class StickToEnd {
  #scroller;
  #wayBack;
  #stuck = true;

  /**
   * @param {HTMLElement} scroller
   * @param {HTMLButtonElement} [wayBack]  leads to the end; shown while the user is elsewhere
   */
  constructor(scroller, wayBack) {
    this.#scroller = scroller;
    this.#wayBack = wayBack;
    scroller.addEventListener("scroll", () => this.#look(), { passive: true });
    wayBack?.addEventListener("click", () => this.jump());
  }

  /** Call after the content has grown or shrunk. */
  follow() {
    if (this.#stuck) this.#scroller.scrollTop = this.#scroller.scrollHeight;
    this.#look();
  }

  /** Goes to the end, wherever the user was. */
  jump() {
    this.#stuck = true;
    this.follow();
  }

  #look() {
    const { scrollTop, clientHeight, scrollHeight } = this.#scroller;
    this.#stuck = scrollHeight - scrollTop - clientHeight < NEAR_PX;
    if (this.#wayBack) this.#wayBack.hidden = this.#stuck;
  }
}
