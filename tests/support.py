"""What tests share beside fixtures: GPUs, servers to stop, what pages say and ask for, Python in a worker."""

import functools
import http.server
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from glowworm.errors import DeviceError
from glowworm_tools.server import create_app, listen
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

if TYPE_CHECKING:
    from glowworm.devices.native import NativeDevice


def open_native(**features: Any) -> "NativeDevice":
    """The native device, opened with `features` (see `NativeDevice.open`).

    Without an adapter that offers them the test fails: a software Vulkan such as Mesa's lavapipe, which
    `build.py test` installs, has all that is needed. Only where the environment says
    GLOWWORM_ALLOW_NO_VULKAN=1 is the test skipped instead.
    """
    try:
        from glowworm.devices.native import NativeDevice

        return NativeDevice.open(**features)
    except DeviceError as error:
        if os.environ.get("GLOWWORM_ALLOW_NO_VULKAN") == "1":
            pytest.skip(str(error))
        pytest.fail(f"{error} (GLOWWORM_ALLOW_NO_VULKAN=1 skips this test.)", pytrace=False)


class SiteServer:
    """The development server on a port of its own."""

    def __init__(self, site: Path, cache: Path, base: str = "/") -> None:
        self._server = listen(create_app(site, cache, base), "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.port}{base}"
        """Address of the site's root, with its closing slash."""
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Refuses connections from now on; does nothing when stopped."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def serve_plainly(folder: Path) -> Iterator[str]:
    """Serves a folder as any static host would, with no header of ours, at the URL that the block gets."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

    handler = functools.partial(Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@dataclass
class Journal:
    """What the pages of one browser context said and asked for, in order."""

    console: list[str] = field(default_factory=list)
    """All messages, as "type: text"."""
    errors: list[str] = field(default_factory=list)
    """Uncaught exceptions and console errors, but for the icon that browsers want of every origin."""
    requests: list[str] = field(default_factory=list)
    """Addresses, workers' and service workers' requests included."""

    def watch(self, context: BrowserContext) -> None:
        context.on("request", lambda request: self.requests.append(request.url))
        context.on("weberror", lambda failure: self.errors.append(str(failure.error)))
        context.on("console", self._note)

    def _note(self, message: ConsoleMessage) -> None:
        self.console.append(f"{message.type}: {message.text}")
        if message.type == "error" and not message.location.get("url", "").endswith("/favicon.ico"):
            self.errors.append(f"{message.text} ({message.location.get('url', '')})")

    def requests_outside(self, origin: str) -> list[str]:
        """Requests to anywhere but `origin`, which there must never be."""
        return [url for url in self.requests if not url.startswith((origin, "data:", "blob:"))]


@dataclass(frozen=True)
class Surroundings:
    """Where the pages run: a browser, a host and what the address asks for."""

    browser: Browser
    url: str
    query: str
    context_options: dict[str, Any]
    device: dict[str, Any]
    """What the loaded engine has to say of its device."""


_WORKER = """
import { bootPython } from "%(boot)s";
try {
  const phases = [];
  const python = await bootPython({ ...%(options)s, onPhase: (phase) => phases.push(phase) });
  const value = await python.runPythonAsync(%(code)s);
  postMessage({ phases, value: value?.toJs ? value.toJs() : value });
} catch (error) {
  postMessage({ error: String(error) });
}
"""

_IN_WORKER = """(source) => new Promise((resolve, reject) => {
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const worker = new Worker(url, { type: "module" });
  worker.onmessage = ({ data }) => { worker.terminate(); resolve(data); };
  worker.onerror = ({ message }) => reject(new Error(message));
})"""


def boot_python(page: Page, url: str, code: str, **options: Any) -> dict[str, Any]:
    """Starts Python in a fresh worker of the site at `url` and runs `code` there.

    Returns {"phases", what `onPhase` was told, and "value", the last expression's}.
    """
    page.goto(url + "models/models.json")  # A page of the site's origin that starts nothing by itself.
    values = {"boot": url + "worker/boot.js", "options": json.dumps(options), "code": json.dumps(code)}
    result = page.evaluate(_IN_WORKER, _WORKER % values)
    assert "error" not in result, result["error"]
    return result
