"""Settings reach the model and outlive the page."""

from collections.abc import Iterator
from typing import Any

import pytest
from pages import DEFAULT_TIMEOUT_MS, ChatPage
from playwright.sync_api import Browser, Locator, expect
from support import SiteServer

WATCH = """() => {
  const chat = glowworm.chat.bind(glowworm);
  glowworm.chat = (messages, options) => {
    const { signal: _, ...chosen } = options;
    window.asked = { messages, options: chosen };
    return chat(messages, options);
  };
}"""


@pytest.fixture(scope="module")
def chat(browser: Browser, context_options: dict[str, Any], site_server: SiteServer) -> Iterator[ChatPage]:
    context = browser.new_context(**context_options)
    context.set_default_timeout(DEFAULT_TIMEOUT_MS)
    chat = ChatPage(context.new_page())
    chat.open(site_server.url)
    chat.page.evaluate(WATCH)
    yield chat
    context.close()


def slide(slider: Locator, value: str) -> None:
    """Moves a slider as a hand does: with the event that tells of it."""
    slider.evaluate(
        "(slider, value) => { slider.value = value; slider.dispatchEvent(new Event('input')); }", value
    )


def test_defaults_are_the_models_own(chat: ChatPage) -> None:
    chat.ask("Hello.")
    assert chat.page.evaluate("asked.options") == {}, "the model's file decides"
    own = chat.page.evaluate("glowworm.info.sampling")
    panel = chat.panel("Settings")
    for label, name in (("Temperature", "temperature"), ("Top-p", "top_p"), ("Top-k", "top_k")):
        assert float(panel.get_by_label(label).input_value()) == pytest.approx(own[name], abs=0.03)
    expect(panel.get_by_role("button", name="The model's own values")).to_be_disabled()
    chat.close_panel()


def test_what_is_set_reaches_the_model(chat: ChatPage) -> None:
    panel = chat.panel("Settings")
    panel.get_by_label("System prompt").fill("Speak like a pirate.")
    slide(panel.get_by_label("Temperature"), "0")
    panel.get_by_label("Longest answer").fill("5")
    panel.get_by_label("Seed").fill("7")
    chat.close_panel()
    chat.send("“It’s late” …")
    chat.wait_for("ready")
    assert chat.stats["stop_reason"] == "length"
    assert chat.page.evaluate("asked.options") == {"temperature": 0, "max_tokens": 5, "seed": 7}
    assert chat.stats["generated_tokens"] == 5
    messages = chat.page.evaluate("asked.messages")
    assert messages[0] == {"role": "system", "content": "Speak like a pirate."}
    assert messages[-1]["content"] == '"It\'s late" ...', "as the storyteller knows it"
    assert chat.text_of(chat.questions.last) == "“It’s late” …", "as it was written"
    expect(chat.answers.last).to_contain_text("length limit")
    expect(chat.button("Continue")).to_be_visible()


def test_settings_are_kept_and_can_be_taken_back(chat: ChatPage) -> None:
    chat.page.reload()
    chat.wait_for("ready")
    panel = chat.panel("Settings")
    expect(panel.get_by_label("System prompt")).to_have_value("Speak like a pirate.")
    expect(panel.get_by_label("Temperature")).to_have_value("0")
    expect(panel.get_by_label("Longest answer")).to_have_value("5")
    panel.get_by_role("button", name="The model's own values").click()
    expect(panel.get_by_label("Longest answer")).to_have_value("")
    assert float(panel.get_by_label("Temperature").input_value()) > 0
    panel.get_by_label("System prompt").fill("")
    chat.close_panel()
    chat.page.evaluate(WATCH)
    chat.ask("Hello.")
    assert chat.page.evaluate("asked.messages[0].role") == "user"


def test_light_and_dark_can_be_chosen(chat: ChatPage) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    panel = chat.panel("Settings")
    panel.get_by_label("Dark").check()
    dark = chat.page.evaluate(ground)
    panel.get_by_label("Light").check()
    assert chat.page.evaluate(ground) != dark
    panel.get_by_label("Dark").check()
    chat.page.reload()
    assert chat.page.evaluate(ground) == dark, "from the first moment on"
    chat.wait_for("ready")
    chat.panel("Settings").get_by_label("As the system").check()
    assert chat.page.evaluate("document.documentElement.dataset.theme") is None
    chat.close_panel()


def test_storage_is_told(chat: ChatPage) -> None:
    panel = chat.panel("Settings")
    expect(panel.get_by_role("progressbar", name="Storage used")).to_be_visible()
    expect(panel).to_contain_text("that the browser allows")
    chat.close_panel()


def test_context_meter_follows_the_conversation(chat: ChatPage) -> None:
    chat.ask("Tell me a story.")
    used = chat.stats["prompt_tokens"] + chat.stats["generated_tokens"]
    context = chat.page.evaluate("glowworm.info.context")
    expect(chat.page.locator("#context")).to_contain_text(f"{used:,} / {context:,} tokens")
