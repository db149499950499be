"""The story page to the eye and to assistive technology: every state and size, in light, dark and night."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from faulty_server import serve_with_faults
from looks import SIZES, axe_findings, overflowing, pictures_folder, take_pictures
from pages import DEFAULT_TIMEOUT_MS, StoryPage
from playwright.sync_api import Browser, Page, expect
from support import SiteServer
from tales import open_with_tale


@pytest.fixture(scope="module")
def story(browser: Browser, site_server: SiteServer) -> Iterator[StoryPage]:
    """One loaded page for all tests here, which go through its states in order."""
    context = browser.new_context()
    context.set_default_timeout(DEFAULT_TIMEOUT_MS)
    story = StoryPage(context.new_page())
    story.open(site_server.url + "story/")
    yield story
    context.close()


def test_empty(story: StoryPage) -> None:
    take_pictures(story.page, "story-empty")
    assert axe_findings(story.page) == []


def test_own_words(story: StoryPage) -> None:
    story.choose("Character", "Write your own …")
    assert axe_findings(story.page) == []
    story.choose("Character", "A little fox")


def test_streaming(story: StoryPage) -> None:
    story.choose("Length", "Long")
    story.hold_answers(300)
    story.button("Tell me a story").click()
    story.wait_for_text(story.story, characters=200)
    take_pictures(story.page, "story-streaming")
    assert axe_findings(story.page) == []
    assert story.state == "generating"
    story.cut_short()


def test_long(story: StoryPage) -> None:
    story.page.reload()
    story.wait_for("ready")
    story.choose("Length", "Long")
    story.button("Tell me a story").click()
    story.page.wait_for_function("glowworm.stats.stop_reason")
    story.wait_for("ready")
    story.page.evaluate("scrollTo(0, 0)")
    take_pictures(story.page, "story-long")
    assert axe_findings(story.page) == []


def test_shelf(story: StoryPage) -> None:
    story.button("Save").click()
    story.page.get_by_role("button", name="Save", pressed=True).wait_for()
    story.panel("Shelf").get_by_role("listitem").wait_for()
    take_pictures(story.page, "story-shelf")
    assert axe_findings(story.page) == []
    story.close_panel()
    expect(story.button("Shelf")).to_be_focused()


def test_night_dims_and_leaves_the_story_alone(story: StoryPage) -> None:
    story.page.set_viewport_size({"width": 390, "height": 844})
    story.button("Night").click()
    expect(story.story).to_be_visible()
    expect(story.button("Read aloud")).to_be_visible()
    for name in ("Tell me a story", "Another one", "Shelf", "Download"):
        expect(story.button(name)).to_be_hidden()
    story.page.wait_for_function(
        "Math.max(...getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)) < 16"
    )
    for size, (width, height) in SIZES.items():
        story.page.set_viewport_size({"width": width, "height": height})
        story.page.screenshot(path=pictures_folder() / f"story-night-{size}.png")
    assert axe_findings(story.page) == []
    story.page.keyboard.press("Escape")
    expect(story.button("Tell me a story")).to_be_visible()
    expect(story.button("Night")).to_have_attribute("aria-pressed", "false")


def test_paper(story: StoryPage) -> None:
    story.page.set_viewport_size({"width": 640, "height": 900})
    story.page.emulate_media(media="print")
    story.page.screenshot(path=pictures_folder() / "story-print.png", full_page=True)
    assert overflowing(story.page) == []
    story.page.emulate_media(media=None)


def test_error(page: Page, site: Path) -> None:
    with serve_with_faults(site) as server:
        listed = json.loads((site / "models/models.json").read_text())
        listed["models"][0]["file"] = "absent.gguf"
        server.faults.overrides["/models/models.json"] = json.dumps(listed).encode()
        page.goto(server.url + "/story/")
        story = StoryPage(page)
        assert "not there" in story.wait_for_error()
        take_pictures(page, "story-error")
        assert axe_findings(page) == []


def test_no_voice(page: Page, site_server: SiteServer) -> None:
    open_with_tale(page.context)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(site_server.url + "story/")
    StoryPage(page).button("Read aloud").click()
    page.get_by_text("no English voice").wait_for()
    assert axe_findings(page) == []
