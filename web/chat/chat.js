/** The chat page: joins the conversation, its view, the panels and the engine. */

import { byId } from "../components/dom.js";
import { acceptDrops } from "../components/drop-zone.js";
import { EngineSession } from "../components/engine-session.js";
import { acceptLaunches, takeSharedText } from "../components/handed-over.js";
import { addMenu } from "../components/menu.js";
import { modelOfAddress } from "../components/model-address.js";
import { keepOffline } from "../components/offline.js";
import { plainPunctuation } from "../components/plain-punctuation.js";
import { fileName, saveFile } from "../components/save-file.js";
import { StatusPanel } from "../components/status-panel.js";
import { StickToEnd } from "../components/stick-to-end.js";
import { askToKeep } from "../components/storage-room.js";
import { nextTask } from "../components/tasks.js";
import { toast } from "../components/toast.js";
import { ChatStore } from "./chat-store.js";
import { ChatsPanel } from "./chats-panel.js";
import { Composer } from "./composer.js";
import { showContext } from "./context-meter.js";
import { Conversation, titleOf } from "./conversation.js";
import { LogView } from "./log-view.js";
import { ModelChoice } from "./model-choice.js";
import { ModelList } from "./model-list.js";
import { ModelsPanel } from "./models-panel.js";
import { SettingsPanel } from "./settings-panel.js";
import { answerSettings, lastModel, systemPrompt } from "./settings.js";
import { toJson, toMarkdown } from "./transfer.js";

/** @typedef {import("../glowworm.js").Message} Prompt */
/** @typedef {import("./chat-store.js").Stored} Stored */

const CHAT = "#chat=";

const newChatButton = byId("new-chat", HTMLButtonElement);
const exportButton = byId("export", HTMLButtonElement);

const session = new EngineSession(new StatusPanel(byId("status", HTMLElement)));
const models = new ModelList();
const choice = new ModelChoice(session, models, (question) => conversation.ask(question));
try {
  void session.load(modelOfAddress() || lastModel());
} catch (error) {
  session.refuse(error);
}

const store = await ChatStore.open().catch(() => null);
const conversation = new Conversation(session, store, {
  prompts: asTheModelKnows,
  options: () => answerSettings(session.engine?.info.name),
});
const composer = new Composer();
const scroll = new StickToEnd(byId("scroller", HTMLElement), byId("to-end", HTMLButtonElement));
const log = new LogView(
  byId("log", HTMLElement),
  {
    edit: (question) => composer.edit(question),
    regenerate: () => conversation.regenerate(),
    goOn: () => conversation.goOn(),
    show: (version) => conversation.show(version),
  },
  () => scroll.follow(),
);

/**
 * What the model is given: the user's instructions first, and nothing that it has no words for.
 * @param {Prompt[]} prompts
 * @returns {Prompt[]}
 */
function asTheModelKnows(prompts) {
  const system = systemPrompt().trim();
  /** @type {Prompt[]} */
  const all = system ? [{ role: "system", content: system }, ...prompts] : prompts;
  if (!models.entryOf(session.model)?.plain_punctuation) return all;
  return all.map(({ role, content }) => ({ role, content: plainPunctuation(content) }));
}

function startNewChat() {
  if (location.hash.startsWith(CHAT)) history.pushState(null, "", location.pathname + location.search);
  conversation.startNew();
  session.dismissError();
  composer.focus();
}

/** No chat is open any more: the address must not name one, or its link would lead nowhere. */
function leaveAddress() {
  history.replaceState(null, "", location.pathname + location.search);
}

/** Opens the chat that the page's address names. */
async function openAddressed() {
  if (!location.hash.startsWith(CHAT)) {
    if (!conversation.thread.isEmpty) conversation.startNew();
  } else if (!(await conversation.open(location.hash.slice(CHAT.length)))) {
    leaveAddress();
    toast("That chat is not on this device any more.");
  }
}

/** @returns {Promise<Stored[]>} the chat that is open, as files hold it */
async function openChat() {
  const { id, messages, leaf } = conversation.thread;
  const stored = await store?.read(id);
  const now = Date.now();
  const chat = { id, title: titleOf(conversation.thread), named: false, created: now, updated: now, leaf, revision: 1 };
  return [{ chat: stored?.chat ?? chat, messages }]; // as they are here: storage may have taken no more
}

/**
 * @param {string} suffix
 * @param {(stored: Stored[]) => string} write
 * @param {string} type
 */
async function saveAs(suffix, write, type) {
  const chats = await openChat();
  saveFile(new File([write(chats)], `${fileName(chats[0].chat.title, "chat")}.${suffix}`, { type }));
}

/** Shows the conversation, and what can be done now. */
function update() {
  const { isEmpty, id, path } = conversation.thread;
  log.update(conversation);
  composer.update({ canAsk: conversation.canAsk, generating: session.state === "generating" });
  choice.update(conversation.canAsk);
  showContext(byId("context", HTMLElement), path, session.engine?.info);
  newChatButton.disabled = isEmpty;
  exportButton.hidden = isEmpty;
  byId("welcome", HTMLElement).hidden = !isEmpty;
  const title = isEmpty ? "" : titleOf(conversation.thread);
  document.title = title ? `${title} · Glowworm` : "Glowworm: chat";
  byId("title", HTMLElement).textContent = title || "Chat";
  if (!isEmpty && location.hash !== CHAT + id) history.replaceState(null, "", CHAT + id);
}

composer.addEventListener("send", () => {
  if (!conversation.canAsk) return;
  const { text, edited } = composer;
  composer.clear();
  conversation.ask(text, edited);
});
composer.addEventListener("stop", () => session.stop());
newChatButton.addEventListener("click", startNewChat);
addMenu(exportButton, [
  { label: "Markdown", run: () => void saveAs("md", toMarkdown, "text/markdown") },
  { label: "JSON", run: () => void saveAs("json", toJson, "application/json") },
]);
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || document.querySelector("dialog[open], :popover-open")) return;
  if (session.state === "generating") session.stop();
  else composer.cancelEdit();
});
addEventListener("hashchange", () => void openAddressed());

conversation.addEventListener("change", update);
conversation.addEventListener("opened", () => {
  if (conversation.thread.isEmpty && location.hash.startsWith(CHAT)) leaveAddress();
  composer.cancelEdit();
  scroll.jump();
});
conversation.addEventListener("asked", () => scroll.jump());
conversation.addEventListener("asked", () => void askToKeep(), { once: true }); // now there is something to lose
conversation.addEventListener("grown", () => log.grow());
conversation.addEventListener("trouble", (event) => toast(/** @type {CustomEvent} */ (event).detail));
session.addEventListener("statechange", update);
session.addEventListener("loaded", () => {
  const info = session.engine?.info ?? {};
  const siteRoot = new URL("./", document.baseURI).href;
  void keepOffline(siteRoot, () => info.place === "disk", byId("offline", HTMLElement));
});

acceptDrops("Drop a model's GGUF file to open it", (file) => choice.open(file));
acceptLaunches((file) => choice.open(file));

await openAddressed();
update();
const shared = takeSharedText();
if (shared) composer.text = shared;
if (matchMedia("(pointer: fine)").matches) composer.focus(); // on a phone the keyboard would cover the page
for (const make of [
  () => new ChatsPanel(byId("chats", HTMLButtonElement), store, () => conversation.thread.id),
  () => new ModelsPanel(byId("models", HTMLButtonElement), session, models, (model) => choice.open(model)),
  () => new SettingsPanel(byId("settings", HTMLButtonElement), session, models),
]) {
  await nextTask();
  make();
}
await choice.offer();
