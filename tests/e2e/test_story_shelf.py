"""Stories that are kept: on the shelf, in a file, on paper; with the server gone too."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pages import DEFAULT_TIMEOUT_MS, StoryPage
from playwright.sync_api import Browser, Locator, expect
from support import Journal, SiteServer
from tales import SENTENCES, TALE, open_with_tale


def save(story: StoryPage) -> None:
    """Puts the story on the shelf; it stands there afterwards."""
    story.button("Save").click()
    story.page.get_by_role("button", name="Save", pressed=True).wait_for()


def books(story: StoryPage) -> Locator:
    return story.panel("Shelf").get_by_role("listitem")


def test_saved_story_is_there_again_with_the_server_stopped(
    browser: Browser, serve_site: Callable[..., SiteServer], journal: Journal
) -> None:
    server = serve_site()
    context = browser.new_context()
    context.set_default_timeout(DEFAULT_TIMEOUT_MS)
    journal.watch(context)
    story = StoryPage(context.new_page())
    story.open(server.url + "story/")
    story.choose("Character", "A small owl")
    told = story.tell()
    picture = story.picture
    save(story)
    story.wait_until_offline()
    server.stop()
    story.page.close()

    story = StoryPage(context.new_page())  # a tab of its own: it knows nothing of what the other one showed
    story.open(server.url + "story/")
    assert story.text == ""
    expect(books(story)).to_have_count(1)
    books(story).get_by_role("button", name="The small owl").click()
    story.wait_for_text(story.story)
    assert story.text == told
    assert story.picture == picture
    expect(story.page.get_by_role("combobox", name="Character")).to_have_value("a small owl")
    assert story.tell("Another one") != told
    assert journal.errors == []
    context.close()


@pytest.fixture(scope="module")
def story(browser: Browser, site_server: SiteServer, module_journal: Journal) -> Iterator[StoryPage]:
    """A page with a finished story on it."""
    context = browser.new_context(accept_downloads=True)
    context.set_default_timeout(DEFAULT_TIMEOUT_MS)
    module_journal.watch(context)
    open_with_tale(context)
    story = StoryPage(context.new_page())
    story.open(site_server.url + "story/")
    yield story
    context.close()


def test_empty_shelf_says_how_to_fill_it(story: StoryPage) -> None:
    expect(story.panel("Shelf")).to_contain_text("Save")
    story.close_panel()


def test_delete_and_undo(story: StoryPage) -> None:
    save(story)
    expect(books(story)).to_contain_text("Mia")
    books(story).get_by_role("button", name="Delete").click()
    story.page.get_by_text("Taken from the shelf").wait_for()
    expect(books(story)).to_have_count(0)
    expect(story.page.locator("#save")).to_have_attribute("aria-pressed", "false")
    story.button("Undo").click()
    books(story).wait_for()
    story.close_panel()
    expect(story.page.locator("#save")).to_have_attribute("aria-pressed", "true")
    story.button("Save").click()
    story.page.get_by_role("button", name="Save", pressed=False).wait_for()
    expect(books(story)).to_have_count(0)
    story.close_panel()


def test_story_on_the_shelf_follows_what_becomes_of_it(story: StoryPage) -> None:
    save(story)
    story.button("Go on").click()
    story.story.locator("p.part").wait_for()
    story.wait_for("ready")
    told = story.text
    story.tell("Another one")
    books(story).get_by_role("button", name=TALE["title"]).first.click()
    assert story.text == told


def test_file_opens_by_itself(story: StoryPage, browser: Browser, tmp_path: Path) -> None:
    with story.page.expect_download() as downloading:
        story.button("Download").click()
    file = tmp_path / downloading.value.suggested_filename
    assert file.name == "The sleepy bear and the lost toy.html"
    downloading.value.save_as(file)
    page = browser.new_page()
    page.goto(file.as_uri())
    expect(page.get_by_role("heading", name=TALE["title"])).to_be_visible()
    assert page.locator("p").first.inner_text() == SENTENCES[0]
    assert page.locator("svg").evaluate("(svg) => svg.getBoundingClientRect().width") > 300
    assert "Told for Mia" in page.locator("footer").inner_text()
    assert page.locator("script").count() == 0
    page.close()


def test_paper_shows_the_story_alone(story: StoryPage) -> None:
    story.page.emulate_media(media="print")
    shown = story.page.locator("body").inner_text()
    assert shown.startswith(TALE["title"])
    assert SENTENCES[0] in shown
    for control in ("Tell me a story", "Read aloud", "Shelf", "Another one", "tokens"):
        assert control not in shown
    expect(story.page.locator("#picture svg")).to_be_visible()
    story.page.emulate_media(media=None)


def test_nothing_went_wrong(story: StoryPage, module_journal: Journal) -> None:
    assert story.state == "ready"
    assert module_journal.errors == []
