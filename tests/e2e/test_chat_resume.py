"""Nothing written is lost: a reload and a crash in the middle of an answer."""

from contextlib import suppress

from pages import UNHURRIED, ChatPage
from playwright.sync_api import Error, Page, expect
from support import SiteServer


def test_reload_in_the_middle_of_an_answer(page: Page, site_server: SiteServer) -> None:
    chat = ChatPage(page)
    chat.open(site_server.url + UNHURRIED)
    chat.ask("Tell me about a cat.")
    chat.send("Tell me a very long story.")
    seen = chat.wait_for_text(chat.answers.last, characters=80)
    page.wait_for_timeout(400)  # what is on the screen is on the disk a moment later
    page.get_by_role("textbox", name="Message").fill("What I was about to say")
    page.reload()

    expect(chat.answers).to_have_count(2)
    kept = chat.text_of(chat.answers.last)
    assert kept.startswith(seen)
    assert "interrupted" in chat.answers.last.inner_text()
    assert page.get_by_role("textbox", name="Message").input_value() == "What I was about to say"

    chat.wait_for("ready")
    chat.button("Continue").click()
    page.wait_for_function(
        "(length) => document.querySelector('.turn:last-child .turn-body').textContent.length > length + 20",
        arg=len(kept),
    )
    chat.cut_short()
    assert chat.text_of(chat.answers.last).startswith(kept), "it went on where it had ended"
    assert "interrupted" not in chat.answers.last.inner_text()
    assert chat.questions.count() == chat.answers.count() == 2
    assert chat.stats["prompt_tokens"] > 60, "the model was given the conversation and what it had written"


def test_crash_in_the_middle_of_an_answer(page: Page, site_server: SiteServer) -> None:
    """The tab dies with no time to say anything; another one opens the same address."""
    chat = ChatPage(page)
    chat.open(site_server.url + UNHURRIED)
    chat.send("Tell me a very long story.")
    seen = chat.wait_for_text(chat.answers.last, characters=80)
    page.wait_for_timeout(400)
    address = page.url
    with suppress(Error):  # nobody is left to answer
        page.goto("chrome://crash")

    again = ChatPage(page.context.new_page())
    again.page.goto(address)
    expect(again.answers).to_have_count(1)
    assert again.text_of(again.answers.last).startswith(seen[:60])
    again.wait_for("ready")
    assert again.button("Continue").is_visible()
    again.button("Regenerate").click()
    again.wait_for_text(again.answers.last)
    again.cut_short()
    again.answers.last.get_by_role("button", name="Earlier version").click()
    assert again.text_of(again.answers.last).startswith(seen[:60]), "what was interrupted is still there"


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
