/** The story page: joins the wishes, the page the story is written on, the voice, the shelf and the engine. */

import { byId } from "../components/dom.js";
import { EngineSession } from "../components/engine-session.js";
import { describeStats } from "../components/figures.js";
import { offerInstall } from "../components/install.js";
import { keepInTab, recallInTab } from "../components/kept.js";
import { describeModel } from "../components/model-facts.js";
import { keepOffline } from "../components/offline.js";
import { saveFile } from "../components/save-file.js";
import { StatusPanel } from "../components/status-panel.js";
import { nextTask } from "../components/tasks.js";
import { toast } from "../components/toast.js";
import { canShare, keepsake, share } from "./keepsake.js";
import { offerNight } from "./night.js";
import { ReadAloud } from "./read-aloud.js";
import { Shelf } from "./shelf.js";
import { ShelfStore } from "./shelf-store.js";
import { StoryView } from "./story-view.js";
import { askForLastPart, askForSimpler, beginTale, textOf } from "./tale.js";
import { WishForm } from "./wish-form.js";
import { readChoices } from "./wishes.js";

/** @typedef {import("./tale.js").Tale} Tale */
/** @typedef {import("../glowworm.js").Message} Message */

const article = byId("story", HTMLElement);
const figures = byId("figures", HTMLElement);
const saveButton = byId("save", HTMLButtonElement);
const stopButton = byId("stop", HTMLButtonElement);

/** Wishes and story stand side by side, as in story.css. */
const WIDE = matchMedia("(min-width: 56rem)");
/** What is on the page lasts as long as its tab, reloads and what phones do to tabs included. */
const OPEN_TALE = "tale";
/** How often a story that is being written is kept: what a crash may cost. */
const KEEP_EVERY_MS = 500;

const status = new StatusPanel(byId("status", HTMLElement));
const session = new EngineSession(status);
const view = new StoryView({
  picture: byId("picture", HTMLElement),
  title: byId("title", HTMLElement),
  text: byId("text", HTMLElement),
});
const reader = new ReadAloud(byId("reading", HTMLElement), byId("voice-note", HTMLElement), () => view.sentences);
const store = new ShelfStore();
new Shelf(byId("shelf", HTMLButtonElement), store, { onOpen: open, onChange: () => void showSaved() });

/** @type {WishForm | null} */
let form = null;
/** @type {Tale | null} what is on the page */
let tale = null;
/** The next story's, so that the picture of the wishes is already its picture. */
let seed = newSeed();

/** Tells what is wished for in the form. */
function tell() {
  if (!form || !session.canAsk) return;
  const { wishes } = form;
  begin(beginTale(wishes, form.requestFor(wishes), seed, new Date()));
  seed = newSeed();
}

/** Tells another story for the same wishes as the one on the page. */
function tellAnother() {
  if (!tale || !session.canAsk) return;
  begin(beginTale(tale.wishes, tale.request, newSeed(), new Date()));
}

/** @param {Tale} fresh */
function begin(fresh) {
  put(fresh);
  if (!WIDE.matches) byId("book", HTMLElement).scrollIntoView({ block: "start", behavior: "smooth" });
  else window.scrollTo({ top: 0, behavior: "smooth" });
  void write(fresh, fresh.seed);
}

/** Goes on where the story stopped; after its end, tells what happened next. */
function goOn() {
  if (!tale || !session.canAsk) return;
  if (tale.finished) tale.parts.push("");
  void write(tale, newSeed());
}

/**
 * Has the last part of a tale written, or the rest of it.
 * @param {Tale} written
 * @param {number} chance  the seed
 */
async function write(written, chance) {
  written.finished = false;
  const last = written.parts.length - 1;
  const finished = await answer(
    (context) => askForLastPart(written, context),
    chance,
    (piece) => (written.parts[last] += piece),
    written,
    goOn,
  );
  written.finished = finished;
  if (last > 0 && !written.parts[last]) {
    written.parts.pop(); // nothing came of it: the story stands as it was
    written.finished = true;
  }
  await settled(written);
}

/** Has the story told again in simpler words; the former one comes back when nothing comes of it, or on request. */
async function tellSimpler() {
  if (!tale || !session.canAsk) return;
  const retold = tale;
  const former = { parts: retold.parts, finished: retold.finished };
  const told = textOf(retold);
  const bringBack = () => {
    Object.assign(retold, former);
    if (tale === retold) put(retold);
    void settled(retold);
  };
  retold.parts = [""];
  retold.finished = false;
  put(retold);
  retold.finished = await answer(
    (context) => askForSimpler(retold, told, context),
    newSeed(),
    (piece) => (retold.parts[0] += piece),
    retold,
    () => void tellSimpler(),
  );
  if (!retold.parts[0]) return bringBack();
  toast("Told again in simpler words.", { label: "Bring back", run: bringBack });
  await settled(retold);
}

/**
 * Asks the engine, and shows on the page what it says of a tale.
 *
 * @param {(context: number) => Message[]} messages  for a model that holds so many tokens
 * @param {number} chance  the seed
 * @param {(piece: string) => void} take
 * @param {Tale} written
 * @param {() => void} retry  after a failure
 * @returns {Promise<boolean>} whether it came to its end; a failure has been shown
 */
async function answer(messages, chance, take, written, retry) {
  reader.end();
  figures.textContent = "";
  article.setAttribute("aria-busy", "true");
  let keptAt = 0;
  const stats = await session.ask(
    () => messages(session.engine?.info.context ?? 0),
    { seed: chance },
    {
      text: (piece) => {
        take(piece);
        if (tale !== written) return;
        view.write(written.parts);
        if (performance.now() - keptAt < KEEP_EVERY_MS) return;
        keptAt = performance.now();
        keepOpen();
      },
      notice: (sentence) => status.notice(sentence),
    },
    retry,
  );
  article.removeAttribute("aria-busy");
  if (tale === written) view.write(written.parts);
  view.flush();
  figures.textContent = stats ? describeStats(stats) : "";
  return stats?.stop_reason === "stop";
}

/** What a tale has become is kept: for this tab, and on the shelf where it stands there. @param {Tale} written */
async function settled(written) {
  if (tale === written) {
    view.write(written.parts);
    view.flush();
    update();
  }
  keepOpen();
  try {
    if (await store.has(written.id)) await store.put(written);
  } catch (error) {
    console.warn(error); // no shelf in this browser, which was said when the story was to be saved
  }
}

/** Puts a tale on the page. @param {Tale} shown */
function put(shown) {
  reader.end();
  byId("voice-note", HTMLElement).hidden = true;
  tale = shown;
  view.show(shown);
  figures.textContent = "";
  update();
  void showSaved();
}

/** Takes a tale down from the shelf. @param {Tale} taken */
function open(taken) {
  session.stop();
  if (form) form.wishes = taken.wishes;
  put(taken);
  keepOpen();
  article.scrollIntoView({ block: "start" });
}

/** Shows what can be done now. */
function update() {
  const writes = session.state === "generating";
  const ready = session.canAsk && form !== null;
  const told = tale !== null && textOf(tale).length > 0;
  document.body.toggleAttribute("data-blank", tale === null);
  byId("placeholder", HTMLElement).hidden = tale !== null;
  for (const id of ["tell", "surprise"]) byId(id, HTMLButtonElement).disabled = !ready;
  for (const id of ["another", "go-on", "simpler"]) byId(id, HTMLButtonElement).disabled = !ready || !told;
  byId("simpler", HTMLButtonElement).disabled ||= !tale?.finished;
  byId("another", HTMLButtonElement).disabled = !ready;
  stopButton.hidden = !writes;
  byId("story-tools", HTMLElement).hidden = writes || !told;
  byId("read", HTMLButtonElement).hidden = reader.isActive;
  byId("next", HTMLElement).hidden = writes || tale === null || reader.isActive;
}

/** Shows whether the story on the page stands on the shelf. */
async function showSaved() {
  const id = tale?.id;
  const saved = id !== undefined && (await store.has(id).catch(() => false));
  if (id === tale?.id) saveButton.setAttribute("aria-pressed", String(saved));
}

async function save() {
  if (!tale) return;
  const saved = tale;
  try {
    if (await store.has(saved.id)) {
      await store.remove(saved.id);
      toast("Taken from the shelf.", { label: "Undo", run: () => void store.put(saved).then(showSaved) });
    } else {
      await store.put(saved);
      toast("It stands on your shelf now.");
      await navigator.storage?.persist?.();
    }
  } catch (error) {
    console.warn(error);
    toast("This browser keeps nothing for this page; download the story instead.");
  }
  await showSaved();
}

function keepOpen() {
  if (tale) keepInTab(OPEN_TALE, tale);
}

/** The picture of what is wished for, while there is no story. */
function preview() {
  if (form && !tale) view.draw({ ...form.wishes, hour: new Date().getHours(), seed });
}

function newSeed() {
  return crypto.getRandomValues(new Uint32Array(1))[0] >>> 1;
}

byId("wishes", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  tell();
});
byId("fields", HTMLElement).addEventListener("input", preview);
byId("surprise", HTMLButtonElement).addEventListener("click", () => {
  form?.surprise();
  tell();
});
byId("another", HTMLButtonElement).addEventListener("click", tellAnother);
byId("go-on", HTMLButtonElement).addEventListener("click", goOn);
byId("simpler", HTMLButtonElement).addEventListener("click", () => void tellSimpler());
stopButton.addEventListener("click", () => session.stop());
document.addEventListener("keydown", ({ key }) => {
  if (key === "Escape" && !document.querySelector("dialog[open]")) session.stop();
});

byId("read", HTMLButtonElement).addEventListener("click", () => void reader.start());
reader.addEventListener("change", update);
byId("text", HTMLElement).addEventListener("click", ({ target }) => {
  const sentence = target instanceof Element ? target.closest(".sentence") : null;
  if (sentence instanceof HTMLElement) reader.goTo(view.sentences.indexOf(sentence));
});
saveButton.addEventListener("click", () => void save());
byId("print", HTMLButtonElement).addEventListener("click", () => window.print());
byId("download", HTMLButtonElement).addEventListener("click", () => tale && saveFile(keepsake(tale)));
const shareButton = byId("share", HTMLButtonElement);
shareButton.hidden = !canShare();
shareButton.addEventListener("click", () => {
  if (tale) share(tale).catch(() => toast("The browser could not share the story; download it instead."));
});
offerNight(byId("night", HTMLButtonElement));
offerInstall(byId("install", HTMLButtonElement));
document.addEventListener("visibilitychange", keepOpen); // phones close hidden pages without a word

session.addEventListener("statechange", () => {
  update();
  if (session.state === "error") byId("status", HTMLElement).scrollIntoView({ block: "nearest" });
});
session.addEventListener("loaded", () => {
  const info = session.engine?.info ?? {};
  byId("running", HTMLElement).textContent = describeModel(info);
  const siteRoot = new URL("../", document.baseURI).href;
  void keepOffline(siteRoot, () => info.place === "disk", byId("offline", HTMLElement));
});

async function offerWishes() {
  form = new WishForm(byId("fields", HTMLElement), await readChoices(new URL("./choices.json", import.meta.url).href));
  /** @type {Tale | null} */
  const before = recallInTab(OPEN_TALE);
  if (before) {
    form.wishes = before.wishes;
    put(before);
  }
  update();
  await nextTask();
  preview();
}

void session.load("");
offerWishes().catch((error) => {
  console.error(error);
  status.error("The lists to choose from could not be read; reload the page.");
});
