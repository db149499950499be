"""What a page of the site may not do, whatever gets into it: its content security policy at work."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from faulty_server import serve_with_faults
from glowworm_tools.site.headers import DIRECTIVES, ONLY_AS_HEADER
from playwright.sync_api import Page
from support import Journal, SiteServer

TYPES = "require-trusted-types-for"
ATTEMPTS = {
    "eval('1')": TYPES,
    "new Function('return 1')()": TYPES,
    "document.body.innerHTML = '<p>'": TYPES,
    "document.createElement('script').src = 'data:,1'": TYPES,
    "new Worker('data:text/javascript,1')": TYPES,
    "trustedTypes.createPolicy('other', { createHTML: (text) => text })": "trusted-types",
    "fetch('https://example.org/')": "connect-src",
    "new WebSocket('wss://example.org/')": "connect-src",
    "navigator.sendBeacon('https://example.org/', 'secret')": "connect-src",
    "import('https://example.org/module.js')": "script-src-elem",
    "document.body.append(Object.assign(new Image(), { src: 'https://example.org/?secret' }))": "img-src",
    "document.body.append(Object.assign(document.createElement('iframe'), { src: '/' }))": "frame-src",
    "document.body.setAttribute('style', 'color: red')": "style-src-attr",
    "document.head.append(Object.assign(document.createElement('style'), { innerText: 'p {}' }))": (
        "style-src-elem"
    ),
    "document.head.append(Object.assign(document.createElement('base'), { href: '/other/' }))": "base-uri",
}
"""What is tried, and the directive that must forbid it."""

# Later than the call from the test's side, which has a licence for `eval`.
TRY = """(source) => new Promise((resolve) => {
  const forbidden = ({ effectiveDirective }) => resolve(effectiveDirective);
  document.addEventListener("securitypolicyviolation", forbidden, { once: true });
  setTimeout(() => attempts[source]().catch(() => {}));
  setTimeout(() => resolve("allowed"), 10_000);
})"""


@pytest.fixture(scope="module")
def context_options() -> dict[str, Any]:
    """Profiles in which service workers work."""
    return {}


@pytest.fixture
def guarded(page: Page, site: Path) -> Iterator[Page]:
    """A page of the site from a host that sends no policy, with the attempts at hand."""
    functions = ",".join(f"{json.dumps(source)}: async () => {{ {source} }}" for source in ATTEMPTS)
    page.add_init_script(f"window.attempts = {{ {functions} }};")
    with serve_with_faults(site) as server:
        page.goto(f"{server.url}/examples/minimal/")
        yield page


def test_policy_forbids_what_nobody_here_needs(guarded: Page) -> None:
    assert {source: guarded.evaluate(TRY, source) for source in ATTEMPTS} == ATTEMPTS


def test_pages_carry_the_policy_that_the_server_sends(page: Page, site_server: SiteServer) -> None:
    answer = page.goto(site_server.url + "story/")
    assert answer is not None
    sent = answer.headers["content-security-policy"].split("; ")
    directives = DIRECTIVES | {"connect-src": "'self' https://*.hf.co https://huggingface.co"}
    assert sent == [f"{name} {value}" for name, value in directives.items()]
    carried = page.locator("meta[http-equiv='Content-Security-Policy']").get_attribute("content")
    assert carried is not None
    assert {line.split(" ")[0] for line in set(sent) - set(carried.split("; "))} == ONLY_AS_HEADER


@pytest.mark.parametrize("path", ["", "story/", "examples/minimal/", "bench/"])
def test_pages_keep_to_the_policy(page: Page, journal: Journal, site_server: SiteServer, path: str) -> None:
    page.add_init_script(
        """window.violations = [];
        document.addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) =>
          violations.push(`${effectiveDirective}: ${blockedURI}`));"""
    )
    page.goto(site_server.url + path, wait_until="networkidle")
    assert page.evaluate("violations") == []
    assert journal.errors == []
