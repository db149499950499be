"""Fixtures for tests in a real browser: Chromium with WebGPU on a software adapter, driven by Playwright."""

import functools
import http.server
import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from glowworm_tools.browser import WEBGPU_FLAGS, chromium_path
from pages import DEFAULT_TIMEOUT_MS, UNHURRIED
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Error,
    Page,
    Playwright,
    TimeoutError,
    sync_playwright,
)
from support import Journal, SiteServer, Surroundings

LOOK_UNTIL = """([arg, limit]) => new Promise((resolve, reject) => {
  const condition = CONDITION;
  const end = performance.now() + limit;
  const look = async () => {
    try {
      if (await condition(arg)) return resolve(true);
    } catch (error) {
      if (performance.now() > end || document.body) return reject(error); // else the page has only begun
    }
    if (performance.now() > end) resolve(false);
    else setTimeout(look, 15);
  };
  look();
})"""


def wait_for_function(page: Page, expression: str, *, arg: Any = None, timeout: float | None = None) -> None:
    """Waits until a JavaScript expression or arrow function gives something true.

    Playwright's own method hands the page a text to `eval` at each look, which the site's content security
    policy forbids; here the condition is part of the one function that the page is given.
    """
    limit_ms = DEFAULT_TIMEOUT_MS if timeout is None else timeout
    is_function = re.match(r"\s*(async\s*)?(\([^()]*\)|\w+)\s*=>", expression)
    look = LOOK_UNTIL.replace("CONDITION", expression if is_function else f"() => ({expression})")
    deadline = time.monotonic() + limit_ms / 1000
    while (left := deadline - time.monotonic()) > 0:
        try:
            if page.evaluate(look, [arg, 1000 * left]):
                return
        except Error as error:
            if "context was destroyed" not in error.message:  # The page is on its way to another.
                raise
            page.wait_for_timeout(20)
    raise TimeoutError(f"{limit_ms} ms passed without: {expression}")


Page.wait_for_function = wait_for_function  # type: ignore[method-assign,assignment]


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def launch_chromium(playwright: Playwright) -> Iterator[Callable[..., Browser]]:
    """Starts Chromium with further flags, for tests that cannot share one."""
    browsers: list[Browser] = []

    def launch(*flags: str, webgpu: bool = True) -> Browser:
        args = [*(WEBGPU_FLAGS if webgpu else ()), *flags]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            args.append("--no-sandbox")
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=args)
        browsers.append(browser)
        return browser

    yield launch
    for browser in browsers:
        browser.close()


@pytest.fixture(scope="session")
def browser(launch_chromium: Callable[..., Browser]) -> Browser:
    """One Chromium for all tests; what is stored belongs to each test's own context."""
    return launch_chromium()


@pytest.fixture
def journal() -> Journal:
    return Journal()


@pytest.fixture(scope="module")
def module_journal() -> Journal:
    """For a context that all tests of a module share."""
    return Journal()


@pytest.fixture
def context(browser: Browser, journal: Journal) -> Iterator[BrowserContext]:
    """A profile of the test's own, with nothing stored."""
    context = browser.new_context()
    context.set_default_timeout(DEFAULT_TIMEOUT_MS)
    journal.watch(context)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture(scope="session")
def bare_host(site: Path) -> Iterator[str]:
    """A static host that sends no headers of isolation, so that a page's threads can share no memory."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

    handler = functools.partial(Quiet, directory=str(site))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module", params=["webgpu", "processor", "one thread"])
def surroundings(
    request: pytest.FixtureRequest,
    browser: Browser,
    launch_chromium: Callable[..., Browser],
    site_server: SiteServer,
    bare_host: str,
) -> Surroundings:
    """Each kind of device that the pages have to work on."""
    if request.param == "webgpu":
        return Surroundings(browser, site_server.url, UNHURRIED, {}, {"kind": "webgpu"})
    without = launch_chromium("--disable-features=WebGPU", "--disable-gpu", webgpu=False)
    if request.param == "processor":
        return Surroundings(without, site_server.url, "", {}, {"kind": "wasm"})
    options = {"service_workers": "block"}  # ours would add the headers
    return Surroundings(without, bare_host, "", options, {"kind": "wasm", "threads": 1})
