"""What the page survives: its worker killed or crashed, its tab frozen, its stored model gone."""

import pytest
from pages import UNHURRIED, ChatPage
from playwright.sync_api import Page, Worker
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
    """The engine's worker, of which there must be one."""
    (worker,) = (worker for worker in page.workers if worker.url.endswith("/worker/worker.js"))
    return worker


@pytest.fixture
def chat(page: Page, site_server: SiteServer) -> ChatPage:
    chat = ChatPage(page)
    chat.open(site_server.url + UNHURRIED)
    return chat


@pytest.mark.parametrize("how", KILL)
def test_killed_worker_is_replaced_in_the_middle_of_an_answer(chat: ChatPage, how: str) -> None:
    chat.ask("My name is Ada.")
    chat.send("Tell me a very long story.")
    chat.wait_for_text(chat.answers.last)
    worker_of(chat.page).evaluate(KILL[how])
    chat.wait_for("loading")
    chat.wait_for("ready")
    assert chat.text_of(chat.answers.last).strip()
    assert chat.answers.count() == chat.questions.count() == 2
    assert chat.stats["prompt_tokens"] > 20, "the conversation so far was given again"
    assert chat.stats["load"]["downloaded_bytes"] == 0
    assert chat.page.get_by_role("alert").count() == 0


def test_killed_worker_is_replaced_while_nothing_happens(chat: ChatPage) -> None:
    former = worker_of(chat.page)
    former.evaluate(KILL["ended"])
    chat.wait_for("loading")
    chat.wait_for("ready")
    assert worker_of(chat.page) is not former
    assert chat.ask("Tell me a story about a fox.").strip()


def test_frozen_tab_carries_on_when_it_is_thawed(chat: ChatPage) -> None:
    devtools = chat.page.context.new_cdp_session(chat.page)
    chat.send("Tell me a very long story.")
    chat.wait_for_text(chat.answers.last)
    devtools.send("Page.setWebLifecycleState", {"state": "frozen"})
    chat.page.wait_for_timeout(1000)
    devtools.send("Page.setWebLifecycleState", {"state": "active"})
    chat.wait_for("ready")
    assert chat.stats["stop_reason"] == "stop", "the model ended its answer itself"
    assert chat.page.get_by_role("alert").count() == 0
    assert chat.ask("Tell me a story about a fox.").strip()


def test_model_that_the_browser_removed_is_fetched_again_with_a_word(chat: ChatPage) -> None:
    chat.page.evaluate(REMOVE_MODELS)
    chat.page.reload()
    notice = chat.page.get_by_text("The browser has removed this model from its storage")
    notice.wait_for()
    chat.wait_for("ready")
    assert notice.is_visible()
    assert chat.stats["load"]["downloaded_bytes"] > 0

    chat.page.reload()
    chat.wait_for("ready")
    assert chat.stats["load"]["downloaded_bytes"] == 0
    assert notice.count() == 0


def test_model_that_was_removed_here_is_fetched_again_without_a_word(chat: ChatPage) -> None:
    remove = "import('./glowworm.js').then(({ Glowworm }) => Glowworm.remove('glowworm-story'))"
    chat.page.evaluate(remove)
    chat.page.reload()
    chat.wait_for("ready")
    assert chat.stats["load"]["downloaded_bytes"] > 0
    assert chat.page.get_by_text("The browser has removed").count() == 0
