"""After one visit the app works with the server gone, and asks for no weights again."""

from collections.abc import Callable

from pages import ChatPage, StoryPage
from playwright.sync_api import BrowserContext
from support import Journal, SiteServer


def weights_requests(journal: Journal) -> list[str]:
    return [url for url in journal.requests if url.endswith(".gguf")]


def test_chat_and_story_work_with_the_server_stopped(
    context: BrowserContext, journal: Journal, serve_site: Callable[..., SiteServer]
) -> None:
    server = serve_site(base="/some/path/")  # the service worker's scope is not the whole origin
    chat = ChatPage(context.new_page())
    chat.open(server.url)
    assert len(weights_requests(journal)) == 1
    chat.wait_until_offline()
    assert chat.page.get_by_text("Ready offline").is_visible()

    server.stop()
    chat.page.reload()
    chat.wait_for("ready")
    assert chat.stats["load"]["downloaded_bytes"] == 0
    print("second load:", {name: value for name, value in chat.stats["load"].items() if name.endswith("_ms")})
    assert chat.ask("Tell me a story about a fox.").strip()

    story = StoryPage(chat.page)
    chat.page.get_by_role("link", name="Stories").click()
    chat.page.wait_for_url(server.url + "story/")
    story.wait_for("ready")
    story.button("Tell me a story").click()
    assert story.wait_for_text(story.story).strip()
    story.cut_short()

    assert len(weights_requests(journal)) == 1, "weights are fetched once, on the first visit"
    assert journal.requests_outside(server.url) == []
