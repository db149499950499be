"""Fixtures for tests in a real browser: Chromium with WebGPU on a software adapter, driven by Playwright."""

import os
from collections.abc import Callable, Iterator

import pytest
from glowworm_tools.browser import WEBGPU_FLAGS, chromium_path
from pages import DEFAULT_TIMEOUT_MS
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright
from support import Journal


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
