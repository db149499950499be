"""The app's two pages as a user meets them: what tests of both do over and over.

What changes after a click, or with what the engine says, is waited for, here and in the tests, by `expect` or
`wait_for…`: what is read at once may be read too early on a busy machine.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

DEFAULT_TIMEOUT_MS = 120_000
OWN_TEXT = "p:not(.figures, .notice, .placeholder)"
WEBGPU = "?device=webgpu"
"""Asks for the device that pages leave alone where it is software."""
LONG_TASKS = """
window.longTasks = [];
new PerformanceObserver((list) => longTasks.push(...list.getEntries().map((entry) => entry.duration)))
  .observe({ type: "longtask", buffered: true });
"""


KEPT_MESSAGES = """() => new Promise((resolve, reject) => {
  const opening = indexedDB.open("glowworm-chats");
  opening.onerror = () => reject(opening.error);
  opening.onsuccess = () => {
    const reading = opening.result.transaction("messages").objectStore("messages").getAll();
    reading.onsuccess = () => resolve(reading.result);
    reading.onerror = () => reject(reading.error);
    opening.result.close(); // when it has been read
  };
})"""


TRACED = ["toplevel", "blink.user_timing"]


def page_thread_tasks_ms(trace: Path, mark: str) -> list[float]:
    """Processor time of each task of the page's own thread, on which `performance.mark(mark)` was called.

    `trace` is Chromium's, of the categories `TRACED`; the browser's own pages are in it too.
    """
    events = json.loads(trace.read_text())["traceEvents"]
    (thread,) = {(event["pid"], event["tid"]) for event in events if event.get("name") == mark}
    return [
        event["tdur"] / 1000
        for event in events
        if event.get("ph") == "X" and "tdur" in event and (event["pid"], event["tid"]) == thread
    ]


class AppPage:
    """What both pages share: the engine's state, and how to wait for it."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def open(self, url: str) -> None:
        """Goes to `url` and waits until the engine is ready."""
        self.page.goto(url)
        self.wait_for("ready")

    @property
    def state(self) -> str:
        return self.page.evaluate("document.body.dataset.state")

    @property
    def stats(self) -> dict:
        """Figures of the last answer."""
        return self.page.evaluate("glowworm.stats")

    @property
    def error(self) -> str:
        """The sentence that the user is told."""
        return self.page.get_by_role("alert").locator("p").inner_text()

    def wait_for(self, state: str) -> None:
        """Waits for a state that lasts; fails with the page's own words when it is an error instead."""
        self.page.wait_for_function(
            "(state) => [state, 'error'].includes(document.body.dataset.state)", arg=state
        )
        assert self.state == state, self.error

    @contextmanager
    def passing(self, *states: str) -> Iterator[None]:
        """At the block's end, waits until the page has gone through these states since its beginning.

        It misses none, however short; the last may be over as well.
        """
        self.page.evaluate(
            """() => {
              window.states = [];
              window.noting ??= new MutationObserver((changes) => {
                states.push(...changes.slice(1).map(({ oldValue }) => oldValue), document.body.dataset.state);
              });
              noting.observe(document.body, { attributeFilter: ["data-state"], attributeOldValue: true });
            }"""
        )
        yield
        self.page.wait_for_function(
            """(awaited) => {
              let next = 0;
              for (const state of states) if (state === awaited[next]) next++;
              return next === awaited.length || states.includes("error");
            }""",
            arg=states,
        )
        assert self.state != "error", self.error

    def wait_for_error(self) -> str:
        """Waits until something has failed; returns what the user is told, which must be fit for one."""
        self.page.wait_for_function("document.body.dataset.state === 'error'")
        sentence = self.error
        assert sentence.endswith(".")
        for unfit in ("Error", "Traceback", "Something went wrong"):
            assert unfit not in sentence, sentence
        return sentence

    def wait_until_offline(self) -> None:
        """Waits until the shell is cached and the model stored."""
        self.page.wait_for_function("document.body.dataset.offline === 'true'")

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name)

    def panel(self, name: str) -> Locator:
        """Opens the panel called `name`, if it is not open, and returns it."""
        panel = self.page.get_by_role("dialog", name=name)
        if panel.count() == 0:
            self.button(name).click()
        return panel

    def close_panel(self) -> None:
        self.page.keyboard.press("Escape")
        expect(self.page.get_by_role("dialog")).to_have_count(0)

    def let_answers_last(self, pause_ms: int = 0) -> None:
        """From now on answers go on where the model would end them, with pauses between their pieces.

        Where it writes nothing visible after its end, a short answer is followed by another one.
        For tests that act in the middle of an answer, whatever the model writes and however fast it does.
        Holds until the page is left or its model changed.
        """
        self.page.evaluate(
            """(pause) => {
              const { chat } = glowworm;
              window.letAnswersBe = () => (glowworm.chat = chat);
              glowworm.chat = async function* (messages, options) {
                for (let written = 0, ignore_eos = true; written < 600; ignore_eos = false) {
                  for await (const part of chat.call(glowworm, messages, { ...options, ignore_eos })) {
                    yield part;
                    written += part.text?.length ?? 0;
                    if (pause) await new Promise((resume) => setTimeout(resume, pause));
                    if (options.signal.aborted) return;
                  }
                  if (options.signal.aborted) return;
                }
              };
            }""",
            pause_ms,
        )

    def hold_answers(self, characters: int) -> None:
        """From now on answers stand still, half written, after so many characters, until they are stopped."""
        self.page.evaluate(
            """(characters) => {
              const { chat } = glowworm;
              window.letAnswersBe = () => (glowworm.chat = chat);
              glowworm.chat = async function* (messages, { signal, ...options }) {
                let written = 0;
                for await (const part of chat.call(glowworm, messages, { signal, ...options })) {
                  yield part;
                  written += part.text?.length ?? 0;
                  if (written < characters || signal.aborted) continue;
                  await new Promise((resolve) => signal.addEventListener("abort", resolve));
                }
              };
            }""",
            characters,
        )

    def let_answers_be(self) -> None:
        """From now on answers are again as the engine gives them."""
        self.page.evaluate("void window.letAnswersBe?.()")

    def cut_short(self) -> None:
        """Ends the answer if it has not ended already."""
        self.page.evaluate(
            "document.getElementById('stop').hidden || document.getElementById('stop').click()"
        )
        self.wait_for("ready")

    @staticmethod
    def text_of(article: Locator) -> str:
        """What an article says, without its figures and notices."""
        return "\n\n".join(article.locator(OWN_TEXT).all_inner_texts())

    def wait_for_text(self, article: Locator, characters: int = 10) -> str:
        """Waits until an article has begun to fill; one that is complete may be shorter."""
        self.page.wait_for_function(
            """([article, own, length]) => {
              const texts = [...article.querySelectorAll(own)].map((paragraph) => paragraph.textContent);
              const written = texts.join("").trim().length;
              const { state } = document.body.dataset;
              const complete = state === "ready" && !article.ariaBusy;
              return state === "error" || written >= length || (written > 0 && complete);
            }""",
            arg=[article.element_handle(), OWN_TEXT, characters],
        )
        assert self.state != "error", self.error
        return self.text_of(article)


class ChatPage(AppPage):
    @property
    def questions(self) -> Locator:
        return self.page.get_by_role("log").get_by_role("article", name="You")

    @property
    def answers(self) -> Locator:
        return self.page.get_by_role("log").get_by_role("article", name="Assistant")

    def send(self, text: str) -> None:
        """Writes a message and sends it; returns while the answer is being written."""
        self.page.get_by_role("textbox", name="Message").fill(text)
        self.button("Send").click()

    def ask(self, text: str) -> str:
        """Sends a message, lets some of the answer come, stops it. Returns the answer, which is stored."""
        count = self.answers.count()
        self.send(text)
        self.wait_for_text(self.answers.nth(count))
        self.cut_short()
        self.wait_until_kept()
        return self.text_of(self.answers.nth(count))

    def wait_until_kept(self) -> None:
        """Waits until no tab has anything of an answer left to store."""
        self.page.wait_for_function(
            """async () => {
              const { held } = await navigator.locks.query();
              return !held.some(({ name }) => name.startsWith("glowworm answer"));
            }"""
        )

    def kept_messages(self) -> list[dict[str, Any]]:
        """The messages of all chats, as the browser's database holds them."""
        return self.page.evaluate(KEPT_MESSAGES)

    def interrupt(self, characters: int, action: str = "document.getElementById('stop').click()") -> None:
        """Has the page do something as soon as an answer has so many characters, however fast it is."""
        script = """([characters, own]) => {
          const log = document.querySelector("[role=log]");
          new MutationObserver((_, observer) => {
            const answer = [...log.querySelectorAll("article")].at(-1);
            const writing = document.body.dataset.state === "generating";
            if (!writing || !answer || answer.getAttribute("aria-label") !== "Assistant") return;
            const texts = [...answer.querySelectorAll(own)].map((paragraph) => paragraph.textContent);
            if (texts.join("").length < characters) return;
            observer.disconnect();
            ACTION;
          }).observe(log, { childList: true, subtree: true, characterData: true });
        }"""
        self.page.evaluate(script.replace("ACTION", action), [characters, OWN_TEXT])

    def import_chats(self, file: Path) -> None:
        """Takes an exported file in, through the panel."""
        self.panel("Chats").get_by_label("Import").set_input_files(file)


class StoryPage(AppPage):
    @property
    def story(self) -> Locator:
        return self.page.get_by_role("article", name="Story")

    def choose(self, wish: str, label: str) -> None:
        self.page.get_by_role("combobox", name=wish).select_option(label=label)

    def watch_requests(self) -> None:
        """Records what the engine is asked from now on, see `asked`."""
        self.page.evaluate(
            """() => {
              const chat = glowworm.chat.bind(glowworm);
              glowworm.chat = (messages, options) => {
                window.asked = messages;
                return chat(messages, options);
              };
            }"""
        )

    @property
    def asked(self) -> str:
        """The last request for a story."""
        return self.conversation[-1]["content"]

    @property
    def conversation(self) -> list[dict[str, str]]:
        """All messages of the last request."""
        return self.page.evaluate("asked")

    @property
    def text(self) -> str:
        """The story as it stands on the page."""
        return self.text_of(self.story)

    @property
    def length(self) -> int:
        """Characters of the story, as `interrupt` counts them."""
        return self.page.evaluate("document.getElementById('text').textContent.length")

    def interrupt(self, characters: int, *, reload: bool = False) -> None:
        """Lets the page stop, or reload, as soon as its story has so many characters, however fast it is."""
        self.page.evaluate(
            """([characters, reload]) => {
              const text = document.getElementById("text");
              const run = () => (reload ? location.reload() : document.getElementById("stop").click());
              new MutationObserver((_, observer) => {
                const writing = document.body.dataset.state === "generating";
                if (!writing || text.textContent.length < characters) return;
                observer.disconnect();
                run();
              }).observe(text, { childList: true, subtree: true, characterData: true });
            }""",
            [characters, reload],
        )

    @property
    def picture(self) -> str:
        """The story's drawing, as markup."""
        return self.page.locator("#picture").inner_html()

    def tell(self, button: str = "Tell me a story") -> str:
        """Has a story begun, and stopped once there is some of it; returns that."""
        self.button(button).click()
        self.wait_for_text(self.story)
        self.cut_short()
        return self.text
