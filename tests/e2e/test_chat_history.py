"""What becomes of a chat: other versions of its messages, its place among past ones, files, other tabs."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chats import MARKDOWN, conversation, message, write_export
from pages import DEFAULT_TIMEOUT_MS, ChatPage
from playwright.sync_api import Browser, BrowserContext, Locator, expect
from support import Journal, SiteServer


@pytest.fixture(scope="module")
def context(
    browser: Browser, context_options: dict[str, Any], module_journal: Journal
) -> Iterator[BrowserContext]:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"], **context_options)
    context.set_default_timeout(DEFAULT_TIMEOUT_MS)
    module_journal.watch(context)
    yield context
    context.close()


@pytest.fixture(scope="module")
def loaded(context: BrowserContext, site_server: SiteServer) -> ChatPage:
    chat = ChatPage(context.new_page())
    chat.open(site_server.url)
    return chat


@pytest.fixture
def chat(loaded: ChatPage) -> ChatPage:
    """The loaded page with an empty conversation and no past ones."""
    loaded.let_answers_be()
    if loaded.questions.count() > 0:
        loaded.button("New chat").click()
        loaded.wait_for("ready")
    loaded.wait_until_kept()
    kept = {message["chat"] for message in loaded.kept_messages()}
    panel = loaded.panel("Chats")
    expect(panel.get_by_role("listitem")).to_have_count(len(kept))
    if kept:
        panel.get_by_role("button", name="Delete all").click()
    expect(panel.get_by_role("listitem")).to_have_count(0)
    loaded.close_panel()
    return loaded


@pytest.fixture
def imported(chat: ChatPage, tmp_path: Path) -> ChatPage:
    """With three past chats."""
    chats = [
        conversation("owl", "The owl", ["Who is awake?", "Only the owl is, and she reads."]),
        conversation("fox", "The fox", ["Who sleeps?", "The fox does, with one eye open."]),
        conversation("rainbow", "Rainbows", ["How does a rainbow form?", MARKDOWN]),
    ]
    chat.import_chats(write_export(tmp_path / "chats.json", *chats))
    expect(chat.page.get_by_role("listitem")).to_have_count(3)
    return chat


def titles(chat: ChatPage) -> Locator:
    return chat.panel("Chats").locator(".chat-title")


def test_edited_question_is_answered_anew_and_the_former_kept(chat: ChatPage) -> None:
    chat.ask("Tell me about a cat.")
    chat.ask("And then?")
    chat.questions.first.get_by_role("button", name="Edit").click()
    box = chat.page.get_by_role("textbox", name="Message")
    expect(box).to_have_value("Tell me about a cat.")
    expect(box).to_be_focused()
    chat.send("Tell me about a dog.")
    expect(chat.questions).to_have_count(1)
    chat.wait_for_text(chat.answers.first)
    chat.cut_short()
    expect(chat.questions).to_have_count(1)
    expect(chat.answers).to_have_count(1)
    assert chat.text_of(chat.questions.first) == "Tell me about a dog."

    chat.questions.first.get_by_role("button", name="Earlier version").click()
    expect(chat.questions).to_have_count(2)
    expect(chat.answers).to_have_count(2)
    assert chat.text_of(chat.questions.first) == "Tell me about a cat."
    chat.questions.first.get_by_role("button", name="Later version").click()
    expect(chat.questions).to_have_count(1)
    assert chat.text_of(chat.questions.first) == "Tell me about a dog."


def test_edit_can_be_called_off(chat: ChatPage) -> None:
    chat.ask("Tell me about a cat.")
    box = chat.page.get_by_role("textbox", name="Message")
    box.fill("half a thought")
    chat.questions.first.get_by_role("button", name="Edit").click()
    chat.page.keyboard.press("Escape")
    expect(box).to_have_value("half a thought")
    expect(chat.page.get_by_text("writing an earlier message anew")).to_be_hidden()
    box.fill("")


def test_regenerated_answer_leaves_the_former_one(chat: ChatPage) -> None:
    first = chat.ask("Tell me a story about the moon.")
    chat.button("Regenerate").click()
    chat.wait_for_text(chat.answers.last)
    chat.cut_short()
    chat.answers.last.get_by_role("button", name="Earlier version").click()
    expect(chat.answers.last).to_contain_text("1 / 2")
    assert chat.text_of(chat.answers.last) == first


AS_WRITTEN = str.maketrans("“”‘’", "\"\"''")
"""From the quotation marks that the page shows to those that the model wrote."""


def test_copies_what_was_written(chat: ChatPage) -> None:
    answer = chat.ask("Tell me a story.")
    chat.answers.last.get_by_role("button", name="Copy").click()
    chat.page.wait_for_function(
        "async (words) => (await navigator.clipboard.readText()).trim().split(/\\s+/).join(' ') === words",
        arg=" ".join(answer.translate(AS_WRITTEN).split()),
    )


def test_chat_is_kept_and_opened_again(chat: ChatPage) -> None:
    answer = chat.ask("Tell me about a lighthouse.")
    prompt_tokens = chat.stats["prompt_tokens"]
    address = chat.page.url
    chat.button("New chat").click()
    chat.panel("Chats").get_by_role("link", name="Tell me about a lighthouse.").click()
    expect(chat.questions).to_have_count(1)
    expect(chat.page).to_have_url(address)
    assert chat.text_of(chat.answers.last) == answer
    assert chat.ask("And then?").strip(), "it goes on"
    assert chat.stats["prompt_tokens"] > prompt_tokens, "with what was said before"

    chat.page.go_back()
    expect(chat.questions).to_have_count(0)
    chat.page.go_forward()
    expect(chat.questions).to_have_count(2)


def test_searches_titles_and_texts(imported: ChatPage) -> None:
    panel = imported.panel("Chats")
    search = panel.get_by_role("searchbox", name="Search chats")
    search.fill("FOX")
    expect(titles(imported)).to_have_text(["The fox"])
    search.fill("she reads")
    expect(titles(imported)).to_have_text(["The owl"])
    expect(panel.get_by_role("listitem")).to_contain_text("she reads")  # the place is shown
    search.fill("walrus")
    expect(titles(imported)).to_have_count(0)
    expect(panel).to_contain_text("No chat has these words")
    search.fill("")


def test_renames(imported: ChatPage) -> None:
    panel = imported.panel("Chats")
    panel.get_by_role("button", name="Rename “The owl”").click()
    panel.get_by_role("textbox", name="Title").fill("A wise bird")
    imported.page.keyboard.press("Enter")
    expect(panel.get_by_role("link", name="A wise bird")).to_be_visible()
    panel.get_by_role("button", name="Rename “The fox”").click()
    imported.page.keyboard.press("Escape")
    expect(titles(imported)).to_have_count(3)
    assert sorted(titles(imported).all_inner_texts()) == ["A wise bird", "Rainbows", "The fox"]


def test_deletes_and_brings_back(imported: ChatPage) -> None:
    panel = imported.panel("Chats")
    panel.get_by_role("link", name="The owl").click()
    expect(imported.answers).to_have_count(1)
    imported.panel("Chats").get_by_role("button", name="Delete “The owl”").click()
    expect(panel.get_by_role("listitem")).to_have_count(2)
    expect(imported.questions).to_have_count(0)
    panel.get_by_role("button", name="Undo").click()
    expect(panel.get_by_role("listitem")).to_have_count(3)
    panel.get_by_role("link", name="The owl").click()
    expect(imported.answers).to_contain_text("Only the owl is, and she reads.")


def test_what_is_still_being_written_does_not_bring_a_deleted_chat_back(imported: ChatPage) -> None:
    left = imported.page.evaluate(
        """async () => {
          const { ChatStore } = await import("./chat/chat-store.js");
          const store = await ChatStore.open();
          const { chat, messages } = await store.read("owl");
          await Promise.all([store.remove(["owl"]), store.write("owl", messages, chat)]);
          return [await store.read("owl"), (await store.list()).length];
        }"""
    )
    assert left == [None, 2]


def export(chat: ChatPage, choice: str) -> str:
    """Chooses from the menu of the one "Export" that is there; returns the file's text."""
    chat.button("Export").click()
    with chat.page.expect_download() as download:
        chat.button(choice).click()
    return download.value.path().read_text()


def test_exports_and_imports_with_nothing_lost(imported: ChatPage, tmp_path: Path) -> None:
    panel = imported.panel("Chats")
    exported = export(imported, "All chats as JSON")
    panel.get_by_role("button", name="Delete all").click()
    expect(panel.get_by_role("listitem")).to_have_count(0)
    (tmp_path / "again.json").write_text(exported)
    imported.import_chats(tmp_path / "again.json")
    expect(panel.get_by_role("listitem")).to_have_count(3)
    assert json.loads(export(imported, "All chats as JSON"))["chats"] == json.loads(exported)["chats"]

    imported.close_panel()
    imported.panel("Chats").get_by_role("link", name="The fox").click()
    expect(imported.questions).to_contain_text("Who sleeps?")
    assert export(imported, "Markdown") == (
        "# The fox\n\n**You**\n\nWho sleeps?\n\n**Assistant**\n\nThe fox does, with one eye open.\n"
    )
    assert [chat["chat"]["id"] for chat in json.loads(export(imported, "JSON"))["chats"]] == ["fox"]


LOOP = [message("loop", 1, "user", "a", "loop-2"), message("loop", 2, "assistant", "b", "loop-1")]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("not json", "not JSON"),
        ('{"chats": []}', "holds no chats"),
        ('{"format": "glowworm-chats", "version": 9, "chats": []}', "newer version"),
        ('{"format": "glowworm-chats", "version": 1, "chats": [{"chat": {"id": 3}}]}', "damaged"),
        (
            json.dumps(
                {
                    "format": "glowworm-chats",
                    "version": 1,
                    "chats": [{"chat": {"id": "loop", "title": "x", "leaf": None}, "messages": LOOP}],
                }
            ),
            "damaged",
        ),
    ],
)
def test_files_that_hold_no_chats_are_refused(
    chat: ChatPage, tmp_path: Path, text: str, sentence: str
) -> None:
    (tmp_path / "bad.json").write_text(text)
    chat.import_chats(tmp_path / "bad.json")
    expect(chat.page.get_by_role("dialog").get_by_role("status")).to_contain_text(sentence)
    expect(titles(chat)).to_have_count(0)


def test_markdown_is_drawn_and_nothing_in_it_runs_or_fetches(chat: ChatPage, tmp_path: Path) -> None:
    wild = (
        "<script>window.hacked = 1</script> <b>bold</b> <img src=x onerror='window.hacked = 2'>\n\n"
        "![picture](https://elsewhere.example/picture.png) [click](javascript:window.hacked=3) "
        "[a [b](https://library.example/)\n\n<iframe src='https://elsewhere.example'></iframe>"
    )
    texts = ["Draw.", MARKDOWN, "Attack.", wild]
    chat.import_chats(write_export(tmp_path / "chats.json", conversation("drawn", "Drawn", texts)))
    chat.panel("Chats").get_by_role("link", name="Drawn").click()
    expect(chat.answers).to_have_count(2)
    drawn, attack = chat.answers.first, chat.answers.last
    for selector in (
        "h2",
        "ol > li",
        "ul > li > input",
        "blockquote",
        "pre > code",
        "table td",
        "em",
        "strong",
    ):
        expect(drawn.locator(selector).first).to_be_attached()
    link = drawn.get_by_role("link", name="the library")
    assert link.get_attribute("target") == "_blank"
    assert "noopener" in (link.get_attribute("rel") or "")
    expect(attack).to_contain_text("<b>bold</b>")  # shown as it is
    expect(attack.locator("b, img, script, iframe, [onerror], [href^='javascript']")).to_have_count(0)
    assert chat.page.evaluate("'hacked' in window") is False


def test_tabs_keep_each_others_words(context: BrowserContext, chat: ChatPage) -> None:
    """One chat open in two tabs: each sees what the other writes, and what is written at once is all kept."""
    chat.ask("Tell me about a cat.")
    other = ChatPage(context.new_page())
    other.open(chat.page.url)
    expect(other.questions).to_have_count(1)

    chat.ask("What did it eat?")
    expect(other.questions).to_have_count(2)
    other.ask("Where did it sleep?")
    expect(chat.questions).to_have_count(3)
    answer = other.answers.last.locator(".turn-body").inner_text()
    expect(chat.answers.last.locator(".turn-body")).to_have_text(answer, use_inner_text=True)

    # At once: neither has seen the other's question when it asks its own.
    for page, question in ((chat, "Question of the first."), (other, "Question of the second.")):
        page.page.get_by_role("textbox", name="Message").fill(question)
    for page in (chat, other):
        page.page.evaluate("setTimeout(() => document.getElementById('send').click(), 300)")
    for page, question in ((chat, "Question of the first."), (other, "Question of the second.")):
        expect(page.questions.filter(has_text=question)).to_have_count(1)
        page.cut_short()
    chat.wait_until_kept()
    chat.page.reload()
    chat.wait_for("ready")
    everything = export(chat, "JSON")
    assert "Question of the first." in everything
    assert "Question of the second." in everything
    other.page.close()


def test_tab_shows_what_another_one_is_writing(context: BrowserContext, chat: ChatPage) -> None:
    chat.hold_answers(20)
    chat.send("Tell me a very long story.")
    chat.wait_for_text(chat.answers.last)
    other = ChatPage(context.new_page())
    other.page.goto(chat.page.url)
    expect(other.answers).to_have_count(1)
    expect(other.answers.last).to_contain_text("in another tab")
    chat.cut_short()
    expect(other.answers.last).not_to_contain_text("in another tab")
    answer = chat.answers.last.locator(".turn-body").inner_text()
    expect(other.answers.last.locator(".turn-body")).to_have_text(answer, use_inner_text=True)
    other.page.close()


def test_page_said_nothing_wrong(chat: ChatPage, module_journal: Journal, site_server: SiteServer) -> None:
    """Runs last: looks back at all that the pages did in this module."""
    assert module_journal.errors == []
    assert module_journal.requests_outside(site_server.url) == []
