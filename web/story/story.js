/** The story page: joins the wishes, the page the story is written on, and the engine. */

import { byId } from "../components/dom.js";
import { EngineSession } from "../components/engine-session.js";
import { describeStats } from "../components/figures.js";
import { describeModel } from "../components/model-facts.js";
import { keepOffline } from "../components/offline.js";
import { StatusPanel } from "../components/status-panel.js";
import { StreamedText } from "../components/streamed-text.js";
import { WishField } from "./wish-field.js";
import { OWN_WORDS, readChoices, storyRequest, WISHES } from "./wishes.js";

/** @typedef {import("./wishes.js").Wish} Wish */

const tellButton = byId("tell", HTMLButtonElement);
const surpriseButton = byId("surprise", HTMLButtonElement);
const stopButton = byId("stop", HTMLButtonElement);
const page = byId("story", HTMLElement);
const figures = byId("figures", HTMLElement);

/** Wishes and story stand side by side, as in story.css. */
const WIDE = matchMedia("(min-width: 56rem)");

const status = new StatusPanel(byId("status", HTMLElement));
const session = new EngineSession(status);
const text = new StreamedText(page, { lineIsParagraph: true });
/** @type {Map<Wish, WishField>} */
const fields = new Map();
let template = "";

async function tell() {
  if (!session.canAsk || fields.size === 0) return;
  const phrases = /** @type {Record<Wish, string>} */ (
    Object.fromEntries(WISHES.map((wish) => [wish, fields.get(wish)?.phrase ?? ""]))
  );
  text.clear();
  figures.textContent = "";
  page.classList.remove("empty");
  page.setAttribute("aria-busy", "true");
  byId("actions", HTMLElement).scrollIntoView({ block: WIDE.matches ? "nearest" : "start", behavior: "smooth" });
  const stats = await session.ask(
    [{ role: "user", content: storyRequest(template, phrases) }],
    {},
    {
      text: (piece) => text.append(piece),
      notice: (sentence) => status.notice(sentence),
      restart: () => text.clear(),
    },
    () => void tell(),
  );
  text.flush();
  page.removeAttribute("aria-busy");
  figures.textContent = stats ? describeStats(stats) : "";
}

/** Shows what can be done now. */
function update() {
  const generating = session.state === "generating";
  const ready = session.canAsk && fields.size > 0;
  tellButton.disabled = surpriseButton.disabled = !ready;
  tellButton.hidden = generating;
  stopButton.hidden = !generating;
}

byId("wishes", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  void tell();
});
surpriseButton.addEventListener("click", () => {
  for (const [wish, field] of fields) if (wish !== "length") field.chooseAtRandom();
  void tell();
});
stopButton.addEventListener("click", () => session.stop());
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") session.stop();
});

session.addEventListener("statechange", update);
session.addEventListener("loaded", () => {
  const info = session.engine?.info ?? {};
  byId("running", HTMLElement).textContent = describeModel(info);
  const siteRoot = new URL("../", document.baseURI).href;
  void keepOffline(siteRoot, () => info.place === "disk", byId("offline", HTMLElement));
});

async function offerWishes() {
  const choices = await readChoices(new URL("./choices.json", import.meta.url).href);
  template = choices.template;
  for (const wish of WISHES) {
    const field = new WishField(wish, choices[wish], OWN_WORDS[wish]);
    fields.set(wish, field);
    byId("fields", HTMLElement).append(field.element);
  }
  update();
}

void session.load("");
offerWishes().catch((error) => {
  console.error(error);
  status.error("The lists to choose from could not be read; reload the page.");
});
