"""The code that other developers start from does what it says: the smallest page, and the README's."""

import re
from pathlib import Path

from faulty_server import serve_with_faults
from pages import DEFAULT_TIMEOUT_MS
from playwright.sync_api import Page, expect
from support import Journal, SiteServer

ROOT = Path(__file__).parents[2]
PAGE = b"<!doctype html><title>Yours</title><body><script type=module src=yours.js></script>"


def test_smallest_page_answers(page: Page, journal: Journal, site_server: SiteServer) -> None:
    sources = (ROOT / "web" / "examples" / "minimal").iterdir()
    assert sum(len(source.read_text().splitlines()) for source in sources) <= 30
    page.goto(site_server.url + "examples/minimal/")
    button, output = page.get_by_role("button", name="Ask"), page.locator("output")
    expect(button).to_be_enabled()
    expect(output).to_contain_text("is ready")
    button.click()
    expect(output).to_have_text(re.compile(r"(\w+\W+){5}"))
    expect(output).not_to_contain_text("is ready")
    assert journal.errors == []


def code_of_the_readme(heading: str, language: str) -> str:
    """The first block of code in `language` under a heading of the README, exactly as printed."""
    section = (ROOT / "README.md").read_text().partition(f"## {heading}\n")[2].partition("\n## ")[0]
    found = re.search(rf"```{language}\n(.*?)```", section, re.DOTALL)
    assert found, heading
    return found[1]


def test_code_of_the_readme_runs_as_printed(page: Page, journal: Journal, site: Path) -> None:
    code = code_of_the_readme("Use it in your page", "js")
    with serve_with_faults(site) as server:
        server.faults.overrides = {"/yours.html": PAGE, "/yours.js": code.encode()}
        with page.expect_console_message(
            lambda message: "prompt_tokens" in message.text, timeout=2 * DEFAULT_TIMEOUT_MS
        ):
            page.goto(f"{server.url}/yours.html")
        assert len(page.inner_text("body").split()) > 20
        assert journal.requests_outside(server.url) == []
    assert journal.errors == []
