"""The app as something that is installed: its manifest, and what the system hands over to it."""

import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import pytest
from pages import ChatPage
from playwright.sync_api import Page, expect
from support import SiteServer

# Chromium offers no way to open a file with an app from outside, so its queue is filled by hand.
LAUNCH_WITH_A_FILE = """
let take;
Object.defineProperty(window, "launchQueue", { value: { setConsumer: (consumer) => (take = consumer) } });
window.launchWith = (file) => take({ files: [{ getFile: async () => file }] });
"""


def png_size(path: Path) -> str:
    header = path.read_bytes()[:24]
    assert header[:8] == b"\x89PNG\r\n\x1a\n", path
    return f"{int.from_bytes(header[16:20], 'big')}x{int.from_bytes(header[20:24], 'big')}"


def webp_size(path: Path) -> str:
    header = path.read_bytes()[:30]
    assert header[:4] == b"RIFF" and header[8:16] == b"WEBPVP8X", path
    return "x".join(str(int.from_bytes(header[at : at + 3], "little") + 1) for at in (24, 27))


SIZE_OF = {"image/png": png_size, "image/webp": webp_size}


def test_manifest_is_whole_and_true(site: Path) -> None:
    manifest = json.loads((site / "manifest.webmanifest").read_text())
    pictures = [*manifest["icons"], *manifest["screenshots"]]
    pictures += [icon for shortcut in manifest["shortcuts"] for icon in shortcut["icons"]]
    for picture in pictures:
        path = site / picture["src"]
        assert path.is_file(), path
        if picture["sizes"] != "any":
            assert SIZE_OF[picture["type"]](path) == picture["sizes"], path
    assert {icon.get("purpose", "any") for icon in manifest["icons"]} == {"any", "maskable"}
    assert {shot["form_factor"] for shot in manifest["screenshots"]} == {"wide", "narrow"}
    targets = [
        manifest["start_url"],
        manifest["share_target"]["action"],
        manifest["file_handlers"][0]["action"],
    ]
    for target in targets + [shortcut["url"] for shortcut in manifest["shortcuts"]]:
        assert (site / target / "index.html").is_file(), target


@pytest.mark.parametrize("path", ["", "story/"])
def test_browser_finds_nothing_wrong_with_the_manifest(
    page: Page, serve_site: Callable[..., SiteServer], path: str
) -> None:
    page.goto(serve_site(base="/some/path/").url + path)
    devtools = page.context.new_cdp_session(page)
    found = devtools.send("Page.getAppManifest")
    assert found["url"].endswith("/some/path/manifest.webmanifest")
    assert found["errors"] == []
    complaints = {
        error["errorId"] for error in devtools.send("Page.getInstallabilityErrors")["installabilityErrors"]
    }
    assert complaints <= {"in-incognito"}, "which every test's profile is"


def test_shared_text_is_put_into_the_message(page: Page, site_server: SiteServer, site: Path) -> None:
    names = json.loads((site / "manifest.webmanifest").read_text())["share_target"]["params"]
    shared = {
        names["title"]: "A fox",
        names["text"]: "Foxes & “geese”\nat night",
        names["url"]: "https://fox.example/?a=b",
    }
    page.goto(f"{site_server.url}?{urlencode(shared)}")
    message = page.get_by_role("textbox", name="Message")
    expect(message).to_have_value("\n".join(shared.values()))
    expect(page).to_have_url(site_server.url)  # or a reload would write it again
    ChatPage(page).wait_for("ready")
    expect(ChatPage(page).answers).to_have_count(0)  # nothing is sent unasked


def test_file_that_is_opened_with_the_app_is_loaded(page: Page, site_server: SiteServer) -> None:
    page.add_init_script(LAUNCH_WITH_A_FILE)
    chat = ChatPage(page)
    chat.open(site_server.url)
    with chat.passing("loading", "ready"):
        page.evaluate(
            """async () => {
              const file = await (await fetch("models/glowworm-story.gguf")).blob();
              launchWith(new File([file], "mine.gguf"));
            }"""
        )
    assert page.evaluate("glowworm.info.place") == "file"
