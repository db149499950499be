"""The chat page with the real engine: load, talk, stop, regenerate, start anew; and the API beneath."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pages import DEFAULT_TIMEOUT_MS, LONG_TASKS, TRACED, ChatPage, page_thread_tasks_ms
from playwright.sync_api import expect
from support import Journal, Surroundings

LONGEST_TASK_MS = 50
PAGE_THREAD = "the page's thread"  # a mark in the trace


@pytest.fixture(scope="module")
def trace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the browser's trace of loading and of a first answer is."""
    return tmp_path_factory.mktemp("trace") / "trace.json"


@pytest.fixture(scope="module")
def module_journal(surroundings: Surroundings) -> Journal:
    """What the page said and asked for on one of them."""
    return Journal()


@pytest.fixture(scope="module")
def loaded(surroundings: Surroundings, module_journal: Journal, trace: Path) -> Iterator[ChatPage]:
    """One loaded chat page for all tests here, on each kind of device."""
    browser = surroundings.browser
    context = browser.new_context(**surroundings.context_options)
    context.set_default_timeout(DEFAULT_TIMEOUT_MS)
    module_journal.watch(context)
    context.add_init_script(LONG_TASKS)
    chat = ChatPage(context.new_page())
    browser.start_tracing(page=chat.page, path=trace, categories=TRACED)
    chat.open(surroundings.url + surroundings.query)
    assert chat.page.evaluate("glowworm.info.device").items() >= surroundings.device.items()
    chat.ask("Tell me a story.")
    chat.page.evaluate("(mark) => void performance.mark(mark)", PAGE_THREAD)
    browser.stop_tracing()
    yield chat
    context.close()


@pytest.fixture
def chat(loaded: ChatPage) -> ChatPage:
    """The loaded page with an empty conversation."""
    loaded.let_answers_be()
    if loaded.questions.count() > 0:
        loaded.button("New chat").click()
        loaded.wait_for("ready")
    expect(loaded.questions).to_have_count(0)
    return loaded


def test_page_thread_stays_free_while_loading_and_answering(loaded: ChatPage, trace: Path) -> None:
    """By the processor time of its tasks, which does not depend on what else the machine is doing."""
    tasks = page_thread_tasks_ms(trace, PAGE_THREAD)
    seen = max(loaded.page.evaluate("longTasks"), default=0)
    print(f"longest task of the page's thread: {max(tasks):.0f} ms of work; the page saw {seen:.0f} ms")
    assert len(tasks) > 100
    assert max(tasks) < LONGEST_TASK_MS


def test_loading_is_measured(chat: ChatPage) -> None:
    load = chat.page.evaluate("glowworm.stats.load")
    print("load:", {name: value for name, value in load.items() if name.endswith("_ms")})
    assert load["snapshot"] is True
    assert load["downloaded_bytes"] == chat.page.evaluate("glowworm.info.size_bytes")
    assert {"python_ms", "device_ms", "download_ms", "weights_ms", "kernels_ms", "ready_ms"} <= load.keys()
    assert load["ready_ms"] >= load["kernels_ms"]


def test_answers_over_several_turns(chat: ChatPage) -> None:
    for turn in range(3):
        answer = chat.ask(f"Tell me about a small owl, part {turn + 1}.")
        assert answer.strip()
        expect(chat.questions).to_have_count(turn + 1)
        expect(chat.answers).to_have_count(turn + 1)
        if turn > 0:
            assert chat.stats["reused_tokens"] > 10, "the conversation so far is not computed again"
    expect(chat.answers.last.locator(".figures")).to_contain_text("tokens/s")
    assert chat.stats["ttft_ms"] > 0


def test_stop_keeps_what_was_written(chat: ChatPage) -> None:
    chat.let_answers_last()
    chat.interrupt(
        20,
        """
        window.before = { state: document.body.dataset.state, text: answer.querySelector("p").textContent };
        for (const id of ["send", "stop"]) before[id] = document.getElementById(id).checkVisibility();
        document.getElementById("stop").click();
        """,
    )
    chat.send("Tell me a very long story.")
    chat.page.wait_for_function("window.before")
    chat.wait_for("ready")
    before = chat.page.evaluate("before")
    assert before["state"] == "generating"
    assert (before["send"], before["stop"]) == (False, True)
    after = chat.text_of(chat.answers.last)
    assert after.startswith(before["text"].rstrip())
    assert chat.stats["stop_reason"] == "abort"
    expect(chat.answers.last).to_contain_text("stopped")
    expect(chat.button("Send")).to_be_visible()
    expect(chat.button("Stop")).to_be_hidden()
    chat.page.wait_for_timeout(300)
    assert chat.text_of(chat.answers.last) == after, "nothing more came"


def test_stop_before_the_first_word(chat: ChatPage) -> None:
    chat.send("Tell me a story.")
    chat.cut_short()
    chat.ask("And now, please, a story about a fox.")  # roles still alternate, or the template would refuse
    expect(chat.answers).to_have_count(2)


def test_escape_stops(chat: ChatPage) -> None:
    escape = "new KeyboardEvent('keydown', { key: 'Escape', bubbles: true })"
    chat.let_answers_last()
    chat.interrupt(20, f"document.activeElement.dispatchEvent({escape})")
    chat.send("Tell me a very long story.")
    chat.wait_for_text(chat.answers.last, characters=20)
    chat.wait_for("ready")
    assert chat.stats["stop_reason"] == "abort"


def test_enter_sends_and_shift_enter_breaks_the_line(chat: ChatPage) -> None:
    box = chat.page.get_by_role("textbox", name="Message")
    box.click()
    chat.page.keyboard.type("first")
    chat.page.keyboard.press("Shift+Enter")
    chat.page.keyboard.type("second")
    expect(box).to_have_value("first\nsecond")
    expect(chat.questions).to_have_count(0)
    chat.page.keyboard.press("Enter")
    expect(box).to_have_value("")
    expect(chat.questions).to_have_count(1)
    assert chat.text_of(chat.questions.last) == "first\nsecond"
    chat.cut_short()


def test_regenerate_replaces_the_answer(chat: ChatPage) -> None:
    chat.ask("Tell me a story about the moon.")
    first = chat.stats
    chat.button("Regenerate").click()
    chat.wait_for_text(chat.answers.last)
    chat.cut_short()
    expect(chat.questions).to_have_count(1)
    expect(chat.answers).to_have_count(1)
    assert chat.stats["seed"] != first["seed"]
    assert chat.stats["reused_tokens"] >= first["prompt_tokens"] - 1, "the prompt is not computed again"


def test_new_chat_forgets(chat: ChatPage) -> None:
    chat.ask("Remember the word marmalade.")
    chat.button("New chat").click()
    expect(chat.page.get_by_role("log").get_by_role("article")).to_have_count(0)
    expect(chat.button("Regenerate")).to_have_count(0)
    chat.ask("Hello.")
    expect(chat.questions).to_have_count(1)
    expect(chat.answers).to_have_count(1)


def test_new_chat_while_an_answer_is_written(chat: ChatPage) -> None:
    chat.let_answers_last()
    chat.interrupt(20, "document.getElementById('new-chat').click(); window.interrupted = true")
    chat.send("Tell me a very long story.")
    chat.page.wait_for_function("window.interrupted")
    chat.wait_for("ready")
    expect(chat.page.get_by_role("log").get_by_role("article")).to_have_count(0)


def test_text_is_never_markup(chat: ChatPage) -> None:
    text = "<b>bold</b> <img src=x onerror=alert(1)> &amp;"
    chat.ask(text)
    assert chat.text_of(chat.questions.last) == text
    expect(chat.page.locator("article b, article img")).to_have_count(0)


def test_too_long_a_message_is_refused_in_a_sentence(chat: ChatPage) -> None:
    chat.send("word " * 5000)
    assert "context" in chat.wait_for_error()
    chat.button("New chat").click()
    chat.wait_for("ready")
    expect(chat.page.get_by_role("alert")).to_have_count(0)
    assert chat.ask("Hello.").strip(), "the engine is still usable"


def test_oldest_turns_are_dropped_with_a_word_about_it(chat: ChatPage) -> None:
    chat.ask("fox " * 950)
    expect(chat.answers.last.locator(".notice")).to_have_count(0)
    chat.ask("owl " * 950)
    expect(chat.answers.last.locator(".notice")).to_have_text(re.compile("outgrown"))
    assert chat.stats["prompt_tokens"] < 1800
    expect(chat.questions).to_have_count(2)  # the page still shows them


CHAT = """async ({ options, question, abortAfter }) => {
  const controller = new AbortController();
  const parts = [];
  const started = performance.now();
  let stopped = 0;
  const messages = [{ role: "user", content: question }];
  for await (const { text } of glowworm.chat(messages, { ...options, signal: controller.signal })) {
    parts.push(text);
    if (abortAfter && parts.length === abortAfter) {
      stopped = performance.now();
      controller.abort();
    }
  }
  return { text: parts.join(""), stats: glowworm.stats, stopMs: performance.now() - stopped };
}"""


def run(chat: ChatPage, question: str = "Tell me a story.", abort_after: int = 0, **options: object) -> dict:
    return chat.page.evaluate(CHAT, {"options": options, "question": question, "abortAfter": abort_after})


def test_api_seeds_reproduce(chat: ChatPage) -> None:
    options = {"temperature": 1.5, "max_tokens": 32}
    first = run(chat, seed=7, **options)
    again = run(chat, seed=7, **options)
    other = run(chat, seed=8, **options)
    assert first["text"] == again["text"] != other["text"]
    assert first["stats"]["seed"] == 7
    assert first["stats"]["generated_tokens"] <= 32


def test_api_abort_ends_the_iteration(chat: ChatPage) -> None:
    answer = run(chat, abort_after=2, ignore_eos=True)
    assert answer["text"]
    assert answer["stats"]["stop_reason"] == "abort"
    print(f"stopped within {answer['stopMs']:.0f} ms")


def test_api_leaving_the_loop_stops_the_engine(chat: ChatPage) -> None:
    chat.page.evaluate("""async () => {
      const messages = [{ role: "user", content: "Tell me a story." }];
      for await (const { text } of glowworm.chat(messages, { ignore_eos: true })) if (text) break;
    }""")
    assert chat.stats["stop_reason"] == "abort"


def test_api_answers_are_given_one_after_the_other(chat: ChatPage) -> None:
    both = chat.page.evaluate("""async () => {
      const order = [];
      const ask = async (name) => {
        const messages = [{ role: "user", content: `A story about a ${name}.` }];
        for await (const { text } of glowworm.chat(messages, { max_tokens: 4 })) if (text) order.push(name);
      };
      await Promise.all([ask("fox"), ask("owl")]);
      return order;
    }""")
    assert both == sorted(both)
    assert set(both) == {"fox", "owl"}


def test_api_loading_can_be_aborted(chat: ChatPage) -> None:
    reason = chat.page.evaluate("""async () => {
      const { Glowworm } = await import(new URL("glowworm.js", document.baseURI));
      const controller = new AbortController();
      const onProgress = ({ phase }) => phase === "python" && controller.abort(new Error("enough"));
      try {
        await Glowworm.load("", { onProgress, signal: controller.signal });
      } catch (error) {
        return error.message;
      }
    }""")
    assert reason == "enough"


def test_api_unknown_model_is_told_with_the_known_ones(chat: ChatPage) -> None:
    error = chat.page.evaluate("""async () => {
      const { Glowworm } = await import(new URL("glowworm.js", document.baseURI));
      try {
        await Glowworm.load("nobody");
      } catch ({ kind, message }) {
        return { kind, message };
      }
    }""")
    assert error["kind"] == "UnknownModelError"
    assert "glowworm-story" in error["message"]


def test_page_said_nothing_wrong_and_went_nowhere_else(
    chat: ChatPage, module_journal: Journal, surroundings: Surroundings
) -> None:
    """Runs last: looks back at all that the page did in this module."""
    assert chat.state == "ready"
    assert module_journal.errors == []
    assert module_journal.requests_outside(surroundings.url) == []
