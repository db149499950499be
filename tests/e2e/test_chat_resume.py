"""Nothing written is lost: a reload and a crash in the middle of an answer."""

from contextlib import suppress

import pytest
from pages import KEPT_MESSAGES, ChatPage
from playwright.sync_api import Error, Page, expect
from support import SiteServer

PAUSE_MS = 40


@pytest.fixture
def chat(page: Page, site_server: SiteServer) -> ChatPage:
    """A page whose answers last."""
    chat = ChatPage(page)
    chat.open(site_server.url)
    chat.let_answers_last(PAUSE_MS)
    return chat


def wait_until_seen_and_kept(chat: ChatPage) -> str:
    """Waits until the last answer is on the screen, and until as much of it is on the disk. Returns it."""
    seen = chat.wait_for_text(chat.answers.last, characters=80)
    chat.page.wait_for_function(
        f"""async (length) => {{
            const messages = await ({KEPT_MESSAGES})();
            const answers = messages.filter(({{ role }}) => role === "assistant");
            const last = answers.sort((one, other) => one.created - other.created).at(-1);
            return last !== undefined && last.text.length > length;
        }}""",
        arg=len(seen) + 10,
    )
    return seen


def test_reload_in_the_middle_of_an_answer(chat: ChatPage) -> None:
    page = chat.page
    chat.ask("Tell me about a cat.")
    chat.send("Tell me a very long story.")
    seen = wait_until_seen_and_kept(chat)
    page.get_by_role("textbox", name="Message").fill("What I was about to say")
    page.reload()

    expect(chat.answers).to_have_count(2)
    expect(chat.answers.last).to_contain_text("interrupted")
    kept = chat.text_of(chat.answers.last)
    assert kept.startswith(seen)
    expect(page.get_by_role("textbox", name="Message")).to_have_value("What I was about to say")

    chat.wait_for("ready")
    chat.let_answers_last(PAUSE_MS)
    chat.button("Continue").click()
    page.wait_for_function(
        "(length) => document.querySelector('.turn:last-child .turn-body').textContent.length > length + 20",
        arg=len(kept),
    )
    chat.cut_short()
    expect(chat.answers.last).not_to_contain_text("interrupted")
    assert chat.text_of(chat.answers.last).startswith(kept), "it went on where it had ended"
    expect(chat.questions).to_have_count(2)
    expect(chat.answers).to_have_count(2)
    said = f"Tell me about a cat. Tell me a very long story. {kept}"
    assert chat.stats["prompt_tokens"] > len(said.split()), (
        "the model was given the conversation and what it had written"
    )


def test_crash_in_the_middle_of_an_answer(chat: ChatPage) -> None:
    """The tab dies with no time to say anything; another one opens the same address."""
    chat.send("Tell me a very long story.")
    seen = wait_until_seen_and_kept(chat)
    address = chat.page.url
    with suppress(Error):  # nobody is left to answer
        chat.page.goto("chrome://crash")

    again = ChatPage(chat.page.context.new_page())
    again.page.goto(address)
    expect(again.answers).to_have_count(1)
    expect(again.answers.last).to_contain_text("interrupted")
    assert again.text_of(again.answers.last).startswith(seen)
    again.wait_for("ready")
    expect(again.button("Continue")).to_be_visible()
    again.button("Regenerate").click()
    again.wait_for_text(again.answers.last)
    again.cut_short()
    again.answers.last.get_by_role("button", name="Earlier version").click()
    expect(again.answers.last).to_contain_text("1 / 2")
    assert again.text_of(again.answers.last).startswith(seen), "what was interrupted is still there"


def test_full_storage_is_told(page: Page, site_server: SiteServer) -> None:
    chat = ChatPage(page)
    chat.open(site_server.url)
    limit = {"origin": site_server.url.rstrip("/"), "quotaSize": 1}
    page.context.new_cdp_session(page).send("Storage.overrideQuotaForOrigin", limit)
    chat.send("Tell me a story.")
    expect(page.get_by_text("The browser's storage is full, so this chat will be gone")).to_be_visible()
    chat.cut_short()
    assert chat.ask("And then?").strip(), "it goes on all the same"
    chat.button("Export").click()
    with page.expect_download() as download:
        chat.button("Markdown").click()
    assert "And then?" in download.value.path().read_text(), "and can be taken out"


def test_words_written_while_the_page_starts_stay(page: Page, site_server: SiteServer) -> None:
    page.add_init_script(
        """new MutationObserver((_, observer) => {
          const field = document.getElementById("message");
          if (!field) return;
          observer.disconnect();
          field.value = "Already begun";
        }).observe(document, { childList: true, subtree: true });"""
    )
    chat = ChatPage(page)
    chat.open(site_server.url)
    expect(page.get_by_role("textbox", name="Message")).to_have_value("Already begun")
