"""The story page with the real engine: wish, watch, stop, be surprised."""

from collections.abc import Iterator

import pytest
from pages import DEFAULT_TIMEOUT_MS, StoryPage
from playwright.sync_api import Browser
from support import Journal, SiteServer


@pytest.fixture(scope="module")
def story(browser: Browser, site_server: SiteServer, module_journal: Journal) -> Iterator[StoryPage]:
    """One loaded story page for all tests here."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    context.set_default_timeout(DEFAULT_TIMEOUT_MS)
    module_journal.watch(context)
    story = StoryPage(context.new_page())
    story.open(site_server.url + "story/")
    story.watch_requests()
    yield story
    context.close()


def test_tells_the_story_that_was_wished_for(story: StoryPage) -> None:
    story.choose("Character", "A young dragon")
    story.choose("Setting", "By the sea")
    story.choose("Twist", "A treasure map")
    story.choose("Theme", "Courage")
    story.choose("Length", "Long")
    story.button("Tell me a story").click()
    begun = story.wait_for_text(story.story, characters=30)
    assert story.state == "generating"
    for phrase in ("a young dragon", "by the sea", "a treasure map", "courage", "long"):
        assert phrase in story.asked
    story.stop()
    assert story.text_of(story.story).startswith(begun)
    assert "tokens" in story.page.locator("#figures").inner_text()


def test_next_story_takes_the_place_of_the_last(story: StoryPage) -> None:
    story.button("Tell me a story").click()
    story.wait_for_text(story.story)
    story.page.keyboard.press("Escape")
    story.wait_for("ready")
    assert story.story.locator(".placeholder").count() == 0
    story.page.evaluate("document.querySelectorAll('#story p').forEach((p) => p.classList.add('former'))")
    story.button("Tell me a story").click()
    story.wait_for_text(story.story)
    story.cut_short()
    assert story.story.locator(".former").count() == 0


def test_own_words(story: StoryPage) -> None:
    story.choose("Character", "Write your own …")
    story.page.get_by_role("textbox", name="Character in your own words").fill("A purple cow. ")
    story.button("Tell me a story").click()
    story.wait_for_text(story.story)
    story.cut_short()
    assert "about a purple cow" in story.asked
    story.choose("Character", "A little fox")
    assert story.page.get_by_role("textbox").count() == 0


def test_surprise_draws_other_wishes(story: StoryPage) -> None:
    requests = set()
    for _ in range(3):
        story.button("Surprise me").click()
        story.wait_for_text(story.story)
        story.cut_short()
        requests.add(story.asked)
    assert len(requests) > 1


def test_page_said_nothing_wrong_and_went_nowhere_else(
    story: StoryPage, module_journal: Journal, site_server: SiteServer
) -> None:
    assert story.state == "ready"
    assert module_journal.errors == []
    assert module_journal.requests_outside(site_server.url) == []
