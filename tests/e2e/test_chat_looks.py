"""The chat page to the eye and to assistive technology: every state, at every size, in light and in dark."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from chats import MARKDOWN, conversation, write_export
from faulty_server import serve_with_faults
from looks import axe_findings, take_pictures
from pages import DEFAULT_TIMEOUT_MS, ChatPage
from playwright.sync_api import Browser, Page, expect
from support import SiteServer


@pytest.fixture(scope="module")
def chat(browser: Browser, site_server: SiteServer) -> Iterator[ChatPage]:
    """One loaded page for all tests here, which go through its states in order."""
    context = browser.new_context()
    context.set_default_timeout(DEFAULT_TIMEOUT_MS)
    chat = ChatPage(context.new_page())
    chat.open(site_server.url)
    chat.wait_until_offline()  # which is shown
    yield chat
    context.close()


def test_empty(chat: ChatPage) -> None:
    take_pictures(chat.page, "chat-empty")
    assert axe_findings(chat.page) == []


def test_streaming(chat: ChatPage) -> None:
    chat.hold_answers(200)
    chat.send("Tell me a very long story about a shy hedgehog.")
    chat.wait_for_text(chat.answers.last, characters=150)
    assert axe_findings(chat.page) == []
    take_pictures(chat.page, "chat-streaming")
    assert chat.state == "generating"
    chat.cut_short()


def test_long(chat: ChatPage, tmp_path: Path) -> None:
    """Everything that Markdown has, and a line that nothing can break."""
    texts = ["In one word? " + "so" * 200, "`" + "light" * 60 + "`", "How does a rainbow form?", MARKDOWN]
    chat.import_chats(write_export(tmp_path / "chats.json", conversation("rainbow", "Rainbows", texts)))
    chat.panel("Chats").get_by_role("link", name="Rainbows").click()
    expect(chat.answers).to_have_count(2)
    take_pictures(chat.page, "chat-long")
    assert axe_findings(chat.page) == []


@pytest.mark.parametrize("name", ["Chats", "Models", "Settings"])
def test_panel(chat: ChatPage, name: str) -> None:
    chat.panel(name)
    take_pictures(chat.page, f"chat-{name.lower()}")
    assert axe_findings(chat.page) == []
    chat.close_panel()
    expect(chat.button(name)).to_be_focused()  # it opened the panel


def test_reduced_motion(chat: ChatPage) -> None:
    chat.page.emulate_media(reduced_motion="reduce")
    durations = chat.page.evaluate(
        "[...document.querySelectorAll('*')].map((element) => getComputedStyle(element).animationDuration)"
    )
    assert max(float(value.split(",")[0].rstrip("s")) for value in durations) < 0.001


def test_error(page: Page, site: Path) -> None:
    with serve_with_faults(site) as server:
        listed = json.loads((site / "models/models.json").read_text())
        listed["models"][0]["file"] = "absent.gguf"
        server.faults.overrides["/models/models.json"] = json.dumps(listed).encode()
        page.goto(server.url)
        chat = ChatPage(page)
        assert "not there" in chat.wait_for_error()
        take_pictures(page, "chat-error")
        assert axe_findings(page) == []
