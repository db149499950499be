"""Reading aloud, through the browser's own speech: with a voice that makes no sound, and with none at all."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from glowworm_tools.browser import WEBGPU_FLAGS, chromium_path
from pages import DEFAULT_TIMEOUT_MS, StoryPage
from playwright.sync_api import Page, Playwright, Worker, expect
from support import SiteServer
from tales import SENTENCES, open_with_tale

VOICE = Path(__file__).parents[1] / "fixtures" / "voice"


def test_without_a_voice_the_page_says_so(page: Page, site_server: SiteServer) -> None:
    open_with_tale(page.context)
    page.goto(site_server.url + "story/")
    story = StoryPage(page)
    story.button("Read aloud").click()
    expect(page.get_by_text("no English voice")).to_contain_text("settings")
    expect(page.get_by_role("button", name="Pause")).to_be_hidden()


@pytest.fixture(scope="module")
def speaking(
    playwright: Playwright, site_server: SiteServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[StoryPage, Worker]]:
    """A page with a story in a Chromium that has voices, and the engine of these voices."""
    flags = [f"--disable-extensions-except={VOICE}", f"--load-extension={VOICE}", *WEBGPU_FLAGS]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        flags.append("--no-sandbox")
    context = playwright.chromium.launch_persistent_context(
        tmp_path_factory.mktemp("profile"),
        executable_path=chromium_path(),
        args=flags,
        ignore_default_args=["--disable-extensions"],
    )
    context.set_default_timeout(DEFAULT_TIMEOUT_MS)
    engine = (
        context.service_workers[0] if context.service_workers else context.wait_for_event("serviceworker")
    )
    open_with_tale(context)
    story = StoryPage(context.new_page())
    story.page.goto(site_server.url + "story/")
    yield story, engine
    context.close()


def expect_lit(story: StoryPage, sentence: str) -> None:
    expect(story.page.locator(".sentence.lit")).to_have_text([sentence])


def expect_none_lit(story: StoryPage) -> None:
    expect(story.page.locator(".sentence.lit")).to_have_count(0)


def said(engine: Worker) -> list[str]:
    return [utterance["text"] for utterance in engine.evaluate("said")]


def wait_until_said(story: StoryPage, engine: Worker, sentences: list[str]) -> None:
    deadline = time.monotonic() + DEFAULT_TIMEOUT_MS / 1000
    while said(engine) != sentences:
        assert time.monotonic() < deadline, said(engine)
        story.page.wait_for_timeout(50)


def test_reads_sentence_by_sentence_and_lights_each(speaking: tuple[StoryPage, Worker]) -> None:
    story, engine = speaking
    story.page.evaluate(
        """() => {
          window.lit = [];
          new MutationObserver((changes) => changes.forEach(({ target }) => {
            if (target.classList.contains("lit")) lit.push(target.textContent);
          })).observe(document.getElementById("text"), { subtree: true, attributeFilter: ["class"] });
        }"""
    )
    story.button("Read aloud").click()
    story.page.wait_for_function("(count) => lit.length >= count", arg=len(SENTENCES))
    expect(story.button("Pause")).to_be_hidden()
    assert story.page.evaluate("lit") == SENTENCES
    assert said(engine) == SENTENCES
    expect_none_lit(story)


def test_pause_goes_on_with_the_sentence_it_broke_off(speaking: tuple[StoryPage, Worker]) -> None:
    story, engine = speaking
    engine.evaluate("flowing = false; said = []")
    story.button("Read aloud").click()
    wait_until_said(story, engine, SENTENCES[:1])
    expect_lit(story, SENTENCES[0])
    story.button("On a sentence").click()
    wait_until_said(story, engine, SENTENCES[:2])
    expect_lit(story, SENTENCES[1])
    story.button("Pause").click()
    story.button("Resume").wait_for()
    expect_lit(story, SENTENCES[1])
    story.page.wait_for_function("!speechSynthesis.speaking")
    story.button("Back a sentence").click()
    expect_lit(story, SENTENCES[0])
    story.button("Resume").click()
    story.button("Pause").wait_for()
    wait_until_said(story, engine, [SENTENCES[0], SENTENCES[1], SENTENCES[0]])
    story.page.get_by_text(SENTENCES[3]).click()
    wait_until_said(story, engine, [SENTENCES[0], SENTENCES[1], SENTENCES[0], SENTENCES[3]])
    expect_lit(story, SENTENCES[3])
    story.button("End reading").click()
    expect_none_lit(story)
    expect(story.button("Read aloud")).to_be_visible()


def test_screen_stays_on_while_somebody_listens(speaking: tuple[StoryPage, Worker]) -> None:
    story, engine = speaking
    engine.evaluate("flowing = false")
    story.page.evaluate(
        """() => {
          const request = navigator.wakeLock.request.bind(navigator.wakeLock);
          navigator.wakeLock.request = async (type) => (window.held = await request(type));
        }"""
    )
    story.button("Read aloud").click()
    story.page.wait_for_function("window.held?.released === false")
    story.button("Pause").click()
    story.page.wait_for_function("held.released")
    story.button("Resume").click()
    story.page.wait_for_function("!held.released")
    story.button("End reading").click()
    story.page.wait_for_function("held.released")


def test_voice_and_speed_are_chosen_and_kept(speaking: tuple[StoryPage, Worker]) -> None:
    story, engine = speaking
    engine.evaluate("flowing = false; said = []")
    story.button("Read aloud").click()
    wait_until_said(story, engine, SENTENCES[:1])
    voice = story.page.get_by_role("combobox", name="Voice")
    assert set(voice.locator("option").all_inner_texts()) == {"Willow", "Sequoia"}, "none of another language"
    voice.select_option(label="Sequoia")
    wait_until_said(story, engine, [SENTENCES[0]] * 2)
    story.page.get_by_role("combobox", name="Speed").select_option(label="Slow")
    wait_until_said(story, engine, [SENTENCES[0]] * 3)
    last = engine.evaluate("said.at(-1)")
    assert (last["voice"], last["rate"]) == ("Sequoia", 0.75)
    story.page.reload()
    story.button("Read aloud").click()
    wait_until_said(story, engine, [SENTENCES[0]] * 4)
    assert voice.input_value() == voice.locator("option", has_text="Sequoia").get_attribute("value")
    assert engine.evaluate("said.at(-1).voice") == "Sequoia"
    story.button("End reading").click()


def test_a_voice_that_never_answers(speaking: tuple[StoryPage, Worker]) -> None:
    story, engine = speaking
    engine.evaluate("answering = false")
    story.button("Read aloud").click()
    story.page.get_by_text("does not answer").wait_for()
    expect(story.button("Resume")).to_be_visible()
    story.button("End reading").click()
