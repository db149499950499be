/** A menu of a few commands that opens from a button. */

/**
 * @param {HTMLButtonElement} opener
 * @param {{label: string, run: () => void}[]} commands
 */
export function addMenu(opener, commands) {
  const menu = document.createElement("div");
  menu.className = "menu";
  menu.popover = "auto";
  menu.append(
    ...commands.map(({ label, run }) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = label;
      button.addEventListener("click", () => {
        menu.hidePopover();
        run();
      });
      return button;
    }),
  );
  opener.after(menu);
  opener.popoverTargetElement = menu;
  menu.addEventListener("toggle", () => {
    if (!menu.matches(":popover-open")) return;
    const from = opener.getBoundingClientRect();
    const below = from.bottom + menu.offsetHeight + 12 < innerHeight;
    const left = Math.min(Math.max(8, from.left), innerWidth - menu.offsetWidth - 8);
    menu.style.left = `${left}px`;
    menu.style.top = `${below ? from.bottom + 4 : from.top - menu.offsetHeight - 4}px`;
    menu.querySelector("button")?.focus();
  });
}
