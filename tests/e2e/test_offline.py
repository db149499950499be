"""After one visit the app works with the server gone, and asks nobody else for anything, ever."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from glowworm_tools.browser import WEBGPU_FLAGS, chromium_path
from pages import DEFAULT_TIMEOUT_MS, ChatPage, StoryPage
from playwright.sync_api import BrowserContext, Error, Playwright
from support import Journal, SiteServer


def open_profile(playwright: Playwright, folder: Path, *flags: str) -> BrowserContext:
    """A browser of its own whose profile is kept in `folder` when it is closed."""
    args = [*WEBGPU_FLAGS, *flags]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        args.append("--no-sandbox")
    context = playwright.chromium.launch_persistent_context(
        str(folder), executable_path=chromium_path(), args=args
    )
    context.set_default_timeout(DEFAULT_TIMEOUT_MS)
    return context


def tell_a_story(story: StoryPage) -> str:
    story.button("Tell me a story").click()
    text = story.wait_for_text(story.story)
    story.cut_short()
    return text.strip()


def test_a_story_is_told_after_a_restart_with_the_server_stopped(
    playwright: Playwright, serve_site: Callable[..., SiteServer], tmp_path: Path
) -> None:
    server = serve_site(base="/some/path/")  # the service worker's scope is not the whole origin
    context = open_profile(playwright, tmp_path)
    chat = ChatPage(context.new_page())
    chat.open(server.url)
    chat.wait_until_offline()
    chat.page.get_by_text("Ready offline").first.wait_for()
    context.close()

    server.stop()
    journal = Journal()
    context = open_profile(playwright, tmp_path)
    journal.watch(context)
    story = StoryPage(context.new_page())
    story.open(server.url + "story/")
    assert story.stats["load"]["downloaded_bytes"] == 0
    assert tell_a_story(story)

    chat = ChatPage(story.page)
    chat.page.get_by_role("link", name="Chat").click()
    chat.page.wait_for_url(server.url)
    chat.wait_for("ready")
    assert chat.ask("Tell me a story about a fox.").strip()
    assert not [url for url in journal.requests if url.endswith(".gguf")]
    context.close()


def test_both_pages_work_where_nothing_may_be_stored(
    playwright: Playwright, site_server: SiteServer, tmp_path: Path
) -> None:
    """All cookies blocked: the browser then gives no storage of any kind, no locks and no service worker."""
    (tmp_path / "Default").mkdir()
    blocked = {"profile": {"default_content_setting_values": {"cookies": 2}}}
    (tmp_path / "Default" / "Preferences").write_text(json.dumps(blocked))
    context = open_profile(playwright, tmp_path)
    chat = ChatPage(context.new_page())
    chat.open(site_server.url)
    with pytest.raises(Error, match="SecurityError"):
        chat.page.evaluate("localStorage.length")
    chat.send("Tell me a story about a fox.")
    assert chat.wait_for_text(chat.answers.last)
    story = StoryPage(chat.page)
    story.open(site_server.url + "story/")
    assert tell_a_story(story)
    context.close()


def asked_for(log: Path) -> set[str]:
    """Every address that pages and workers of all kinds asked for, by Chromium's own log of its network.

    What the browser asks for itself, such as its updates, has no origin as its initiator and is left out.
    """
    recorded = json.loads(log.read_text())
    start = recorded["constants"]["logEventTypes"]["URL_REQUEST_START_JOB"]
    begun = [event.get("params", {}) for event in recorded["events"] if event["type"] == start]
    return {job["url"] for job in begun if job.get("initiator", "not an origin") != "not an origin"}


def test_a_whole_session_asks_nobody_but_its_own_server(
    playwright: Playwright, serve_site: Callable[..., SiteServer], tmp_path: Path
) -> None:
    server = serve_site()
    log = tmp_path / "network.json"
    context = open_profile(playwright, tmp_path / "profile", f"--log-net-log={log}")
    chat = ChatPage(context.new_page())
    chat.open(server.url)
    chat.ask("Tell me a story about a fox.")
    chat.wait_until_offline()
    story = StoryPage(chat.page)
    story.open(server.url + "story/")
    tell_a_story(story)
    context.close()
    addresses = asked_for(log)
    assert any(address.endswith(".gguf") for address in addresses)
    assert {f"http://{urlsplit(address).netloc}/" for address in addresses} == {server.url}
