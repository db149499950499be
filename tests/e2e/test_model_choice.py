"""Choosing a model: from the site's list, or a file of one's own."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from faulty_server import FaultyServer, serve_with_faults
from pages import ChatPage
from playwright.sync_api import Page
from support import Journal, SiteServer

MODELS = "models/models.json"
WEIGHTS = "models/glowworm-story.gguf"


@pytest.fixture
def server(site: Path) -> Iterator[FaultyServer]:
    """Offers a default model whose file is not there, and the embedded one."""
    listed = json.loads((site / MODELS).read_text())
    absent = listed["models"][0] | {"name": "absent", "title": "Absent", "file": "absent.gguf"}
    listed |= {"default": "absent", "models": [absent, *listed["models"]]}
    with serve_with_faults(site) as server:
        server.faults.overrides[f"/{MODELS}"] = json.dumps(listed).encode()
        yield server


@pytest.fixture
def chat(page: Page, server: FaultyServer) -> ChatPage:
    """A page that has failed to load its default model."""
    page.goto(server.url)
    chat = ChatPage(page)
    assert "not there" in chat.wait_for_error()
    return chat


def wait_until_ready(chat: ChatPage) -> None:
    chat.page.wait_for_function("document.body.dataset.state === 'ready'")


def test_chooses_from_the_list(chat: ChatPage) -> None:
    chat.page.get_by_role("combobox", name="Model").select_option("glowworm-story")
    wait_until_ready(chat)
    assert chat.page.evaluate("glowworm.info.place") == "disk"
    assert chat.ask("Hello.").strip()


def test_opens_a_file(chat: ChatPage, site: Path, tmp_path: Path) -> None:
    opened = chat.page.get_by_label("Open a model file")
    opened.set_input_files(site / WEIGHTS)
    wait_until_ready(chat)
    assert chat.page.evaluate("glowworm.info.place") == "file"
    assert chat.ask("Hello.").strip()

    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF\x03")
    opened.set_input_files(broken)
    assert "incomplete" in chat.wait_for_error()
    assert chat.page.evaluate("'glowworm' in window") is False, "the engine before is closed"


def test_address_names_a_fetched_file(
    page: Page, site: Path, serve_site: Callable[..., SiteServer], tmp_path: Path
) -> None:
    fetched = tmp_path / "weights" / "somebody" / "storyteller" / "model.gguf"
    fetched.parent.mkdir(parents=True)
    shutil.copyfile(site / WEIGHTS, fetched)
    chat = ChatPage(page)
    path = "weights/somebody/storyteller/model.gguf"
    chat.open(f"{serve_site(cache=tmp_path, base='/some/path/').url}?model={path}")
    assert chat.stats["load"]["downloaded_bytes"] == fetched.stat().st_size
    assert chat.ask("Hello.").strip()


def test_address_names_another_sites_file(page: Page, journal: Journal, site_server: SiteServer) -> None:
    chat = ChatPage(page)
    page.goto(site_server.url + "?model=https://elsewhere.example/model.gguf")
    assert "not of this site" in chat.wait_for_error()
    chat.button("Load the default model").click()
    chat.wait_for("ready")
    assert journal.requests_outside(site_server.url) == []
