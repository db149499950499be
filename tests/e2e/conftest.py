"""Fixtures for tests in a real browser: Chromium with WebGPU on a software adapter, driven by Playwright."""

import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from glowworm_tools.browser import WEBGPU_FLAGS, chromium_path
from pages import DEFAULT_TIMEOUT_MS, WEBGPU
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Error,
    Page,
    Playwright,
    TimeoutError,
    expect,
    sync_playwright,
)
from support import Journal, SiteServer, Surroundings, serve_plainly

expect.set_options(timeout=DEFAULT_TIMEOUT_MS)

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


@pytest.fixture(scope="module")
def context_options() -> dict[str, Any]:
    """What each test's profile is made with: no service worker, which would only fill its cache in vain.

    Modules that are about what it does say otherwise.
    """
    return {"service_workers": "block"}


@pytest.fixture
def context(browser: Browser, context_options: dict[str, Any], journal: Journal) -> Iterator[BrowserContext]:
    """A profile of the test's own, with nothing stored."""
    context = browser.new_context(**context_options)
    context.set_default_timeout(DEFAULT_TIMEOUT_MS)
    journal.watch(context)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture(scope="session")
def plain_host(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The site under a path of a host that sends no headers of isolation: threads share no memory there."""
    root = tmp_path_factory.mktemp("plain")
    (root / "some").mkdir()
    (root / "some" / "path").symlink_to(site)
    with serve_plainly(root) as url:
        yield f"{url}some/path/"


@pytest.fixture(scope="module", params=["webgpu", "processor", "one thread"])
def surroundings(
    request: pytest.FixtureRequest,
    browser: Browser,
    launch_chromium: Callable[..., Browser],
    site_server: SiteServer,
    plain_host: str,
) -> Iterator[Surroundings]:
    """Each kind of device that the pages have to work on."""
    if request.param == "webgpu":
        yield Surroundings(browser, site_server.url, WEBGPU, {}, {"kind": "webgpu"})
        return
    without = launch_chromium("--disable-features=WebGPU", "--disable-gpu", webgpu=False)
    if request.param == "processor":
        yield Surroundings(without, site_server.url, "", {}, {"kind": "wasm"})
    else:
        options = {"service_workers": "block"}  # ours would add the headers
        yield Surroundings(without, plain_host, "", options, {"kind": "wasm", "threads": 1})
    without.close()
