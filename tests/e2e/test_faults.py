"""When things go wrong: one clear sentence each, and a way on where there is one."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from faulty_server import FaultyServer, serve_with_faults
from pages import DEFAULT_TIMEOUT_MS, WEBGPU, AppPage, ChatPage
from playwright.sync_api import Browser, Page, expect
from support import SiteServer

MODELS = "/models/models.json"
WEIGHTS = "/models/glowworm-story.gguf"
# Chromium bars a page from the GPU once its GPU process has crashed a few times; here it crashes on purpose.
MAY_CRASH = ("--disable-gpu-process-crash-limit", "--disable-domain-blocking-for-3d-apis")


@pytest.fixture
def server(site: Path) -> Iterator[FaultyServer]:
    with serve_with_faults(site) as server:
        yield server


def weights_of(site: Path) -> bytes:
    return (site / WEIGHTS.lstrip("/")).read_bytes()


def unverified(site: Path) -> bytes:
    """The list of models without sizes and checksums, so that only the engine looks at the file."""
    listed = json.loads((site / MODELS.lstrip("/")).read_text())
    for model in listed["models"]:
        model.pop("bytes")
        model.pop("sha256")
    return json.dumps(listed).encode()


def error_after_opening(page: Page, url: str) -> str:
    page.goto(url)
    return AppPage(page).wait_for_error()


def test_damaged_weights_then_whole_ones(page: Page, server: FaultyServer, site: Path) -> None:
    weights = bytearray(weights_of(site))
    weights[len(weights) // 2] ^= 1
    server.faults.overrides[WEIGHTS] = bytes(weights)
    assert "damaged" in error_after_opening(page, server.url)

    del server.faults.overrides[WEIGHTS]
    page.get_by_role("button", name="Try again").click()
    chat = ChatPage(page)
    chat.wait_for("ready")
    assert chat.ask("Hello.").strip()


def test_truncated_file(page: Page, server: FaultyServer, site: Path) -> None:
    server.faults.overrides |= {MODELS: unverified(site), WEIGHTS: weights_of(site)[:1_000_000]}
    assert "incomplete" in error_after_opening(page, server.url)


def test_not_a_model(page: Page, server: FaultyServer, site: Path) -> None:
    server.faults.overrides |= {MODELS: unverified(site), WEIGHTS: b"<!doctype html>" * 1000}
    assert "GGUF" in error_after_opening(page, server.url)


def test_unknown_architecture(page: Page, server: FaultyServer, site: Path) -> None:
    weights = weights_of(site).replace(b"gemma3", b"gizmo7")
    server.faults.overrides |= {MODELS: unverified(site), WEIGHTS: weights}
    assert "gizmo7" in error_after_opening(page, server.url)


def test_full_storage(page: Page, server: FaultyServer) -> None:
    session = page.context.new_cdp_session(page)
    session.send("Storage.overrideQuotaForOrigin", {"origin": server.url, "quotaSize": 1_000_000})
    chat = ChatPage(page)
    chat.open(server.url)
    assert page.evaluate("glowworm.info.place") == "memory"
    expect(page.get_by_role("status")).to_contain_text("full")
    assert chat.ask("Hello.").strip()


def test_lost_device(
    launch_chromium: Callable[..., Browser],
    context_options: dict[str, Any],
    site_server: SiteServer,
    site: Path,
) -> None:
    browser = launch_chromium(*MAY_CRASH)
    context = browser.new_context(**context_options)
    context.set_default_timeout(DEFAULT_TIMEOUT_MS)
    chat = ChatPage(context.new_page())
    chat.open(site_server.url + WEBGPU)
    chat.ask("My name is Ada.")
    devtools = browser.new_browser_cdp_session()

    # In the middle of an answer: the engine is built again and the answer begun again.
    chat.let_answers_last()
    chat.send("Tell me a very long story.")
    before = chat.wait_for_text(chat.answers.last)
    with chat.passing("loading", "generating"):
        devtools.send("Browser.crashGpuProcess")
    chat.wait_for_text(chat.answers.last, characters=len(before) + 100)
    chat.cut_short()
    expect(chat.questions).to_have_count(2)
    expect(chat.answers).to_have_count(2)
    said = f"My name is Ada. {before} Tell me a very long story."
    assert chat.stats["prompt_tokens"] > len(said.split()), "the conversation so far was given again"

    # While nothing happens: it is built again at once, and on the processor, since it was not the first time.
    with chat.passing("loading", "ready"):
        devtools.send("Browser.crashGpuProcess")
    assert chat.stats["load"]["downloaded_bytes"] == 0
    assert chat.page.evaluate("glowworm.info.device.kind") == "wasm"
    assert chat.ask("Go on.").strip()
    expect(chat.answers).to_have_count(3)

    # A file chosen while it is built again takes its place.
    chat.open(site_server.url + WEBGPU)
    with chat.passing("loading"):
        devtools.send("Browser.crashGpuProcess")
    chat.page.get_by_label("Open a model file").set_input_files(site / WEIGHTS.lstrip("/"))
    chat.page.wait_for_function("window.glowworm?.info.place === 'file'")
    chat.wait_for("ready")
    expect(chat.page.get_by_role("alert")).to_have_count(0)
    browser.close()
