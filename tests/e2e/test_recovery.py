"""What the page survives: its worker killed or crashed, its tab frozen, its stored model gone."""

import time

import pytest
from pages import WEBGPU, ChatPage
from playwright.sync_api import Page, Worker, expect
from support import SiteServer

KILL = {
    "ended": "self.close()",  # as the browser does it: without a word
    "crashed": "void setTimeout(() => { throw new Error('out of order'); })",
}
REMOVE_MODELS = """async () => {
  const root = await navigator.storage.getDirectory();
  await root.removeEntry("models", { recursive: true });
}"""


def worker_of(page: Page) -> Worker:
    """The engine's worker, of which there must be one: that a former one has ended may be heard of later."""
    deadline = time.monotonic() + 30
    while len(workers := [worker for worker in page.workers if worker.url.endswith("/worker/worker.js")]) > 1:
        assert time.monotonic() < deadline, "two workers"
        page.wait_for_timeout(20)
    return workers[0]


@pytest.fixture
def chat(page: Page, site_server: SiteServer) -> ChatPage:
    chat = ChatPage(page)
    chat.open(site_server.url)
    return chat


@pytest.fixture
def writing(page: Page, site_server: SiteServer) -> ChatPage:
    """A page in the middle of its second answer, on the slower device so that there it stays for a while."""
    chat = ChatPage(page)
    chat.open(site_server.url + WEBGPU)
    chat.ask("My name is Ada.")
    chat.let_answers_last()
    chat.send("Tell me a very long story.")
    chat.wait_for_text(chat.answers.last)
    return chat


@pytest.mark.parametrize("how", KILL)
def test_killed_worker_is_replaced_in_the_middle_of_an_answer(writing: ChatPage, how: str) -> None:
    before = writing.text_of(writing.answers.last)
    with writing.passing("loading", "generating"):
        worker_of(writing.page).evaluate(KILL[how])
    writing.wait_for_text(writing.answers.last, characters=len(before) + 100)
    writing.cut_short()
    assert writing.text_of(writing.answers.last).startswith(before)
    expect(writing.questions).to_have_count(2)
    expect(writing.answers).to_have_count(2)
    said = f"My name is Ada. {before} Tell me a very long story."
    assert writing.stats["prompt_tokens"] > len(said.split()), "the conversation so far was given again"
    assert writing.stats["load"]["downloaded_bytes"] == 0
    expect(writing.page.get_by_role("alert")).to_have_count(0)


def test_killed_worker_is_replaced_while_nothing_happens(chat: ChatPage) -> None:
    former = worker_of(chat.page)
    with chat.passing("loading", "ready"):
        former.evaluate(KILL["ended"])
    assert worker_of(chat.page) is not former
    assert chat.ask("Tell me a story about a fox.").strip()


def test_frozen_tab_carries_on_when_it_is_thawed(writing: ChatPage) -> None:
    devtools = writing.page.context.new_cdp_session(writing.page)
    devtools.send("Page.setWebLifecycleState", {"state": "frozen"})
    writing.page.wait_for_timeout(1000)
    devtools.send("Page.setWebLifecycleState", {"state": "active"})
    before = writing.text_of(writing.answers.last)
    writing.wait_for_text(writing.answers.last, characters=len(before) + 100)
    assert writing.state == "generating"
    writing.cut_short()
    expect(writing.page.get_by_role("alert")).to_have_count(0)
    assert writing.ask("Tell me a story about a fox.").strip()


def test_model_that_the_browser_removed_is_fetched_again_with_a_word(chat: ChatPage) -> None:
    chat.page.evaluate(REMOVE_MODELS)
    chat.page.reload()
    notice = chat.page.get_by_text("The browser has removed this model from its storage")
    notice.wait_for()
    chat.wait_for("ready")
    expect(notice).to_be_visible()
    assert chat.stats["load"]["downloaded_bytes"] > 0

    chat.page.reload()
    chat.wait_for("ready")
    assert chat.stats["load"]["downloaded_bytes"] == 0
    expect(notice).to_have_count(0)


def test_model_that_was_removed_here_is_fetched_again_without_a_word(chat: ChatPage) -> None:
    remove = "import('./glowworm.js').then(({ Glowworm }) => Glowworm.remove('glowworm-story'))"
    chat.page.evaluate(remove)
    chat.page.reload()
    chat.wait_for("ready")
    assert chat.stats["load"]["downloaded_bytes"] > 0
    expect(chat.page.get_by_text("The browser has removed")).to_have_count(0)
