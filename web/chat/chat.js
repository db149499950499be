/** The chat page: joins the conversation, its view and the engine. */

import { byId } from "../components/dom.js";
import { EngineSession } from "../components/engine-session.js";
import { describeModel } from "../components/model-facts.js";
import { modelOfAddress } from "../components/model-address.js";
import { keepOffline } from "../components/offline.js";
import { StatusPanel } from "../components/status-panel.js";
import { StickToEnd } from "../components/stick-to-end.js";
import { Glowworm } from "../glowworm.js";
import { Conversation } from "./conversation.js";
import { LogView } from "./log-view.js";

/** @typedef {import("./log-view.js").AnswerView} AnswerView */

const message = byId("message", HTMLTextAreaElement);
const sendButton = byId("send", HTMLButtonElement);
const stopButton = byId("stop", HTMLButtonElement);
const newChatButton = byId("new-chat", HTMLButtonElement);
const regenerateButton = byId("regenerate", HTMLButtonElement);
const modelSelect = byId("model", HTMLSelectElement);
const modelFile = byId("model-file", HTMLInputElement);
const welcome = byId("welcome", HTMLElement);

const conversation = new Conversation();
const session = new EngineSession(new StatusPanel(byId("status", HTMLElement)));
const scroll = new StickToEnd(byId("scroller", HTMLElement));
const log = new LogView(byId("log", HTMLElement), () => scroll.follow());
/** @type {AnswerView | null} the last answer of the log */
let lastAnswer = null;

/** @param {string} question */
function send(question) {
  if (!question.trim() || !session.canAsk) return;
  conversation.ask(question.trim());
  message.value = "";
  fitMessage();
  log.addQuestion(question.trim());
  lastAnswer = null;
  void answer();
}

/** Answers the conversation's last question, in place of the answer it has. */
async function answer() {
  const exchange = conversation.last;
  if (!exchange || !session.canAsk) return;
  lastAnswer?.remove();
  exchange.answer = "";
  const view = (lastAnswer = log.addAnswer());
  scroll.jump();
  const stats = await session.ask(
    conversation.toMessages(),
    {},
    {
      text(piece) {
        view.append(piece);
        exchange.answer = view.text;
      },
      notice: (sentence) => view.notice(sentence),
      restart: () => view.restart(),
    },
    () => void answer(),
  );
  exchange.answer = view.text;
  view.finish(stats);
  update();
}

function startNewChat() {
  session.stop();
  conversation.clear();
  log.clear();
  lastAnswer = null;
  session.dismissError();
  update();
  message.focus();
}

/** Lets the message's field grow with its text, in browsers that do not do so themselves. */
function fitMessage() {
  if (CSS.supports("field-sizing", "content")) return;
  message.style.height = "auto";
  message.style.height = `${message.scrollHeight}px`;
}

/** Shows what can be done now. */
function update() {
  const generating = session.state === "generating";
  sendButton.hidden = generating;
  sendButton.disabled = !session.canAsk || !message.value.trim();
  stopButton.hidden = !generating;
  newChatButton.disabled = conversation.isEmpty;
  regenerateButton.hidden = conversation.isEmpty || !session.canAsk;
  welcome.hidden = !conversation.isEmpty;
}

byId("composer", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  send(message.value);
});
message.addEventListener("input", () => {
  update();
  fitMessage();
});
message.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  send(message.value);
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") session.stop();
});
stopButton.addEventListener("click", () => {
  session.stop();
  message.focus();
});
newChatButton.addEventListener("click", startNewChat);
regenerateButton.addEventListener("click", () => void answer());
modelSelect.addEventListener("change", () => void session.load(modelSelect.value));
modelFile.addEventListener("change", () => {
  const file = modelFile.files?.[0];
  modelFile.value = ""; // so that the same file can be opened again
  if (file) void session.load(file);
});

session.addEventListener("statechange", update);
session.addEventListener("loaded", () => {
  const info = session.engine?.info ?? {};
  byId("running", HTMLElement).textContent = describeModel(info);
  const siteRoot = new URL("./", document.baseURI).href;
  void keepOffline(siteRoot, () => info.place === "disk", byId("offline", HTMLElement));
});

/**
 * Offers the site's models, and what the one that is loaded is good at.
 * @param {string} model  what is loaded: a name, an address, "" for the default
 */
async function offerModels(model) {
  const { default: standard, models } = await Glowworm.models();
  const chosen = model || standard;
  modelSelect.replaceChildren(
    ...models.map(({ name, title, bytes }) => {
      const size = bytes ? ` (${Math.ceil(bytes / 1e6)} MB)` : "";
      return new Option(`${title ?? name}${size}`, name, name === chosen, name === chosen);
    }),
  );
  if (!models.some(({ name }) => name === chosen)) modelSelect.selectedIndex = -1;
  modelSelect.hidden = models.length < 2;
  const prompts = models.find(({ name }) => name === chosen)?.prompts ?? [];
  byId("prompts", HTMLElement).replaceChildren(
    ...prompts.map((prompt) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = prompt;
      button.addEventListener("click", () => send(prompt));
      return button;
    }),
  );
}

let wanted = "";
try {
  wanted = modelOfAddress();
  void session.load(wanted);
} catch (error) {
  session.refuse(error);
}
offerModels(wanted).catch((error) => console.warn("The list of models could not be read.", error));
if (matchMedia("(pointer: fine)").matches) message.focus(); // on a phone the keyboard would cover the page
