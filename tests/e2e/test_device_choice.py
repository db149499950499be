"""Which device a model runs on: found out, remembered, distrusted, lost; and the same pages on each."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from faulty_server import FaultyServer, serve_with_faults
from pages import DEFAULT_TIMEOUT_MS, WEBGPU, ChatPage, StoryPage
from playwright.sync_api import Browser, Page, expect
from support import SiteServer

NO_WEBGPU = ("--disable-features=WebGPU", "--disable-gpu")
GPU_SCRIPT = "/worker/gpu.js"
COMPILED = "createShaderModule({ label, code })"
ANSWERED = "return new Uint8Array(copy.getMappedRange().slice(0))"
NOT_NUMBERS = "return new Uint8Array(bytes).fill(this.#loading > 1 ? 255 : 0)"  # after the trial
STORED = "await cache.put("
NOT_STORED = 'throw new DOMException("full", "QuotaExceededError"); await cache.put('
COMPARED = "await compare(gpu, cpu)"
INTERRUPTED = "(cpu.close(), await compare(gpu, cpu))"
RELOAD = """async () => {
  for (let count = 1; ; count++) {
    try {
      await glowworm.reload();
    } catch ({ kind, message }) {
      return [count, kind, message];
    }
  }
}"""
BROKEN = 'createShaderModule({ label, code: code.replaceAll("inverseSqrt(", "0.5 + inverseSqrt(") })'


@pytest.fixture
def server(site: Path) -> Iterator[FaultyServer]:
    with serve_with_faults(site) as server:
        yield server


def device_of(page: Page) -> dict:
    return page.evaluate("glowworm.info.device")


def break_script(server: FaultyServer, site: Path, name: str, right: str, wrong: str) -> None:
    script = (site / name.lstrip("/")).read_text()
    assert script.count(right) == 1
    server.faults.overrides[name] = script.replace(right, wrong).encode()


def new_page(browser: Browser, options: dict[str, Any]) -> Page:
    context = browser.new_context(**options)
    context.set_default_timeout(DEFAULT_TIMEOUT_MS)
    return context.new_page()


def test_software_adapter_is_left_for_the_processor(page: Page, site_server: SiteServer) -> None:
    ChatPage(page).open(site_server.url)
    device = device_of(page)
    assert device["kind"] == "wasm"
    assert 1 < device["threads"] <= page.evaluate("Math.max(2, navigator.hardwareConcurrency)")
    assert "emulated" in device["reason"]


def test_graphics_device_is_tried_once_and_remembered(page: Page, site_server: SiteServer) -> None:
    chat = ChatPage(page)
    chat.open(site_server.url + WEBGPU)
    device = device_of(page)
    print("trial:", device["verdict"])
    assert device["kind"] == "webgpu"
    assert device["verdict"]["agree"] is True
    assert 0 < device["verdict"]["difference"] < 0.005
    assert all(seconds > 0 for seconds in device["verdict"]["seconds"])
    assert chat.ask("Hello.").strip()
    chat.open(site_server.url + WEBGPU)
    assert device_of(page)["verdict"]["seconds"] == device["verdict"]["seconds"], "no other trial was held"
    assert device_of(page)["verdict"]["fingerprint"]


def test_wrong_results_lead_to_the_processor(page: Page, server: FaultyServer, site: Path) -> None:
    chat = ChatPage(page)
    chat.open(server.url + WEBGPU)
    assert device_of(page)["kind"] == "webgpu"
    answer = chat.ask("Tell me a story about an owl.")

    break_script(server, site, GPU_SCRIPT, COMPILED, BROKEN)
    page.reload()
    chat.wait_for("ready")
    assert device_of(page)["kind"] == "wasm"
    expect(page.get_by_role("status")).to_contain_text("wrong results")
    chat.wait_for_text(chat.answers.first)
    assert chat.text_of(chat.answers.first) == answer, "the conversation is still there"
    assert chat.ask("Tell me another one.").strip()
    said = f"Tell me a story about an owl. {answer} Tell me another one."
    assert chat.stats["prompt_tokens"] > len(said.split()), "and was given to the model"

    # A second visit does not ask the graphics device again.
    chat.open(server.url + WEBGPU)
    assert device_of(page)["kind"] == "wasm"
    assert device_of(page)["verdict"]["agree"] is False


def test_verdict_holds_where_nothing_can_be_stored(page: Page, server: FaultyServer, site: Path) -> None:
    """The trial finds the graphics device right, the whole model finds it wrong; and neither can be noted."""
    break_script(server, site, GPU_SCRIPT, ANSWERED, NOT_NUMBERS)
    break_script(server, site, "/worker/json-cache.js", STORED, NOT_STORED)
    break_script(
        server, site, "/worker/devices.js", COMPARED, f"Object.assign({COMPARED}, {{ agree: true }})"
    )
    chat = ChatPage(page)
    chat.open(server.url + WEBGPU)
    assert device_of(page)["kind"] == "wasm"
    assert "wrong results" in device_of(page)["reason"]
    assert chat.ask("Hello.").strip()


def test_processor_lost_in_the_trial_is_not_held_against_the_graphics_device(
    page: Page, server: FaultyServer, site: Path
) -> None:
    break_script(server, site, "/worker/devices.js", COMPARED, INTERRUPTED)
    chat = ChatPage(page)
    chat.open(server.url + WEBGPU)
    assert device_of(page)["kind"] == "webgpu"
    assert "could not be compared" in device_of(page)["reason"]
    assert chat.ask("Hello.").strip()


def test_device_that_is_lost_for_ever_is_given_up(page: Page, site_server: SiteServer) -> None:
    ChatPage(page).open(site_server.url + "?device=wasm")
    count, kind, message = page.evaluate(RELOAD)
    assert (count, kind) == (4, "DeviceError")
    assert "again and again" in message


def test_without_webgpu_both_pages_work(
    launch_chromium: Callable[..., Browser], context_options: dict[str, Any], site_server: SiteServer
) -> None:
    browser = launch_chromium(*NO_WEBGPU, webgpu=False)
    page = new_page(browser, context_options)
    chat = ChatPage(page)
    chat.open(site_server.url)
    assert page.evaluate("navigator.gpu === undefined || crossOriginIsolated")
    assert device_of(page)["kind"] == "wasm"
    assert "no WebGPU here" in device_of(page)["reason"]
    assert chat.ask("Tell me a story.").strip()
    story = StoryPage(page)
    story.open(site_server.url + "story/")
    assert device_of(page)["kind"] == "wasm"
    browser.close()


def test_graphics_device_that_keeps_failing_is_given_up_in_the_middle_of_an_answer(
    launch_chromium: Callable[..., Browser], context_options: dict[str, Any], site_server: SiteServer
) -> None:
    browser = launch_chromium()
    chat = ChatPage(new_page(browser, context_options))
    chat.open(site_server.url + WEBGPU)
    assert device_of(chat.page)["kind"] == "webgpu"
    devtools = browser.new_browser_cdp_session()
    chat.let_answers_last()
    chat.send("Tell me a very long story.")
    before = chat.wait_for_text(chat.answers.last, characters=20)
    for _ in range(2):
        with chat.passing("loading", "generating"):
            devtools.send("Browser.crashGpuProcess")
        if device_of(chat.page)["kind"] == "wasm":
            break
    assert device_of(chat.page)["kind"] == "wasm"
    chat.wait_for_text(chat.answers.last, characters=len(before) + 100)
    chat.cut_short()
    assert chat.text_of(chat.answers.last).startswith(before), "the answer goes on"
    expect(chat.answers).to_have_count(1)
    browser.close()
