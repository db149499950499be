"""Models: what runs, what is here, fetching with pauses, removing; files and texts that are handed over."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from faulty_server import FaultyServer, serve_with_faults
from pages import DEFAULT_TIMEOUT_MS, ChatPage
from playwright.sync_api import Browser, Locator, Page, Route, expect
from support import SiteServer

MODELS = "/models/models.json"
WEIGHTS = "/models/glowworm-story.gguf"
LARGE = "/models/large.gguf"
PIECE_BYTES = 8 * 1024 * 1024
STALL_BYTES = PIECE_BYTES // 2
LARGE_BYTES = 12_000_000


@pytest.fixture
def server(site: Path) -> Iterator[FaultyServer]:
    """Offers the embedded model and a larger file, which is the embedded model with nothing behind it."""
    listed = json.loads((site / MODELS.lstrip("/")).read_text())
    weights = (site / WEIGHTS.lstrip("/")).read_bytes().ljust(LARGE_BYTES, b"\0")
    large = {"name": "large", "title": "Large", "file": "large.gguf", "bytes": LARGE_BYTES}
    large["sha256"] = hashlib.sha256(weights).hexdigest()
    listed["models"].append(listed["models"][0] | large)
    with serve_with_faults(site) as server:
        server.faults.suffix = "large.gguf"
        server.faults.overrides |= {MODELS: json.dumps(listed).encode(), LARGE: weights}
        yield server


@pytest.fixture
def chat(page: Page, server: FaultyServer) -> ChatPage:
    chat = ChatPage(page)
    chat.open(server.url)
    return chat


@pytest.fixture(scope="module")
def opened(browser: Browser, context_options: dict[str, Any], site_server: SiteServer) -> Iterator[ChatPage]:
    """One page for the tests that load nothing and store nothing."""
    context = browser.new_context(**context_options)
    context.set_default_timeout(DEFAULT_TIMEOUT_MS)
    chat = ChatPage(context.new_page())
    chat.open(site_server.url)
    yield chat
    context.close()


@pytest.fixture
def untouched(opened: ChatPage) -> ChatPage:
    """That page with an empty chat and no panel open."""
    if opened.page.get_by_role("dialog").count() > 0:
        opened.close_panel()
    if opened.questions.count() > 0:
        opened.button("New chat").click()
    expect(opened.questions).to_have_count(0)
    return opened


def offer(chat: ChatPage, title: str) -> Locator:
    return chat.panel("Models").get_by_role("article", name=title)


STORED = """async (name) => {
  const { Glowworm } = await import(new URL("glowworm.js", document.baseURI));
  return (await Glowworm.stored()).find((file) => file.name === name)?.arrivedBytes ?? 0;
}"""


def arrived_bytes(chat: ChatPage, name: str) -> int:
    """How much of a model is in the browser's storage."""
    return chat.page.evaluate(STORED, name)


def wait_until_arrived(chat: ChatPage, at_least: int) -> None:
    chat.page.wait_for_function(f"async (bytes) => (await ({STORED})('large')) >= bytes", arg=at_least)


def test_tells_what_runs(untouched: ChatPage) -> None:
    panel = untouched.panel("Models")
    for fact in (
        "Glowworm storyteller",
        "Gemma 3",
        "million parameters",
        "5.6 MB, kept in this browser",
        "2,048 tokens",
        "general model",  # who wants answers is told where they are to be had
    ):
        expect(panel).to_contain_text(fact)
    assert untouched.page.evaluate("glowworm.info.device.kind") in ("webgpu", "wasm")


def test_download_pauses_and_resumes_while_chatting(chat: ChatPage, server: FaultyServer) -> None:
    server.faults.stall_after_bytes = STALL_BYTES
    offer(chat, "Large").get_by_role("button", name="Download").click()
    wait_until_arrived(chat, STALL_BYTES)
    chat.close_panel()
    assert chat.ask("Hello.").strip(), "meanwhile the other model answers"

    offer(chat, "Large").get_by_role("button", name="Pause").click()
    expect(offer(chat, "Large").get_by_role("button", name="Resume")).to_be_visible()
    expect(offer(chat, "Large")).to_contain_text("12 MB, paused")
    chat.page.reload()
    chat.wait_for("ready")
    assert arrived_bytes(chat, "large") >= STALL_BYTES, "what has arrived outlives the page"

    server.faults.stall_after_bytes = None
    server.faults.resume.set()
    asked_before = len(server.requests)
    offer(chat, "Large").get_by_role("button", name="Resume").click()
    expect(offer(chat, "Large")).to_contain_text("on this device")
    first = next(span for path, span in server.requests[asked_before:] if path == LARGE)
    assert first is not None
    assert int(first.removeprefix("bytes=").partition("-")[0]) >= STALL_BYTES, (
        "from the byte on that was missing"
    )

    with chat.passing("loading", "ready"):
        offer(chat, "Large").get_by_role("button", name="Use").click()
    assert chat.stats["load"]["downloaded_bytes"] == 0
    expect(offer(chat, "Large")).to_contain_text("Running")
    chat.page.reload()
    chat.wait_for("ready")
    assert chat.page.evaluate("glowworm.info.size_bytes") == LARGE_BYTES, "the choice is remembered"


def test_download_of_what_is_loaded_at_once_pauses_too(chat: ChatPage, server: FaultyServer) -> None:
    server.faults.stall_after_bytes = STALL_BYTES
    chat.page.get_by_role("combobox", name="Model").select_option("large")
    wait_until_arrived(chat, STALL_BYTES)
    chat.button("Pause").click()
    expect(chat.page.get_by_role("status").filter(has_text="paused")).to_be_visible()
    server.faults.stall_after_bytes = None
    server.faults.resume.set()
    chat.button("Resume").click()
    chat.wait_for("ready")
    assert 0 < chat.stats["load"]["downloaded_bytes"] < LARGE_BYTES


def test_failed_download_says_why(chat: ChatPage, server: FaultyServer) -> None:
    server.faults.overrides[LARGE] = b"something else"
    offer(chat, "Large").get_by_role("button", name="Download").click()
    expect(offer(chat, "Large").get_by_role("alert")).to_contain_text("bytes where 12000000 were announced")


def test_a_model_of_another_origin_is_fetched_when_it_is_chosen(page: Page, server: FaultyServer) -> None:
    listed = json.loads(server.faults.overrides[MODELS])
    (entry,) = (model for model in listed["models"] if model["name"] == "gemma-3-270m")
    weights = server.faults.overrides[LARGE]
    entry |= {"bytes": len(weights), "sha256": hashlib.sha256(weights).hexdigest()}
    server.faults.overrides[MODELS] = json.dumps(listed).encode()
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        assert "if-range" not in route.request.headers, "another origin would have to allow it first"
        start, end = map(int, route.request.headers["range"].removeprefix("bytes=").split("-"))
        body = weights[start : end + 1]
        headers = {
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Expose-Headers": "Content-Range",
            "Content-Range": f"bytes {start}-{start + len(body) - 1}/{len(weights)}",
        }
        route.fulfill(status=206, headers=headers, body=body)

    page.route("https://huggingface.co/**", answer)
    chat = ChatPage(page)
    chat.open(server.url)
    page.get_by_role("button", name="Open another model").click()
    assert not asked, "before somebody wants it"
    offer(chat, "Gemma 3 270M").get_by_role("button", name="Use").click()
    chat.close_panel()
    page.wait_for_function("() => globalThis.glowworm?.info?.size_bytes === 12000000")
    chat.wait_for("ready")
    assert set(asked) == {entry["file"]}
    assert chat.ask("Hello.").strip()


def test_deletes_what_is_stored(chat: ChatPage) -> None:
    embedded = offer(chat, "Glowworm storyteller")
    embedded.get_by_role("button", name="Delete").click()
    embedded.get_by_role("button", name="Delete 5.6 MB").click()
    expect(embedded.get_by_role("button", name="Download")).to_be_visible()
    assert arrived_bytes(chat, "glowworm-story") == 0
    chat.close_panel()
    assert chat.ask("Hello.").strip(), "what runs goes on running"


def test_opens_a_dropped_file(chat: ChatPage) -> None:
    transfer = chat.page.evaluate_handle(
        """async (weights) => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([await (await fetch(weights)).blob()], "dropped.gguf"));
          return transfer;
        }""",
        WEIGHTS,
    )
    chat.page.dispatch_event("body", "dragover", {"dataTransfer": transfer})
    expect(chat.page.get_by_text("Drop a model's GGUF file")).to_be_visible()
    with chat.passing("loading", "ready"):
        chat.page.dispatch_event("body", "drop", {"dataTransfer": transfer})
    assert chat.page.evaluate("glowworm.info.place") == "file"
    # Nobody knows that it tells stories only.
    expect(chat.page.locator("#about")).to_contain_text("Answers questions")
    expect(chat.page.locator("#prompts button")).to_have_count(3)


def test_prompts_of_the_empty_chat_are_tapped(untouched: ChatPage) -> None:
    prompts = untouched.page.locator("#prompts button")
    expect(prompts).to_have_count(3)
    asked = prompts.nth(1).inner_text()
    prompts.nth(1).click()
    untouched.wait_for_text(untouched.answers.last)
    untouched.cut_short()
    assert untouched.text_of(untouched.questions.last) == asked


def test_offer_to_install_is_passed_on(untouched: ChatPage) -> None:
    """The browser's own offer cannot be had here; what the page does with one can."""
    page, panel = untouched.page, untouched.panel("Settings")
    expect(panel.get_by_role("button", name="Install")).to_have_count(0)
    prevented = page.evaluate(
        """() => {
          const offer = new Event("beforeinstallprompt", { cancelable: true });
          offer.prompt = async () => (window.prompted = true);
          return !window.dispatchEvent(offer);
        }"""
    )
    assert prevented
    panel.get_by_role("button", name="Install").click()
    page.wait_for_function("window.prompted")
    expect(panel.get_by_role("button", name="Install")).to_have_count(0)
