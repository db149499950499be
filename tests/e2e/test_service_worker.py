"""The service worker keeps the application for when the server is gone, and isolates it on plain hosts."""

import functools
import http.server
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page
from support import SiteServer, boot_python

INSTALL = """async () => {
  await navigator.serviceWorker.register("../sw.js");
  await navigator.serviceWorker.ready;
  if (!navigator.serviceWorker.controller) {
    await new Promise((resolve) => navigator.serviceWorker.addEventListener("controllerchange", resolve));
  }
}"""


@pytest.fixture
def plain_host(site: Path) -> Iterator[str]:
    """A static host that knows nothing of isolation, such as many a person has."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

    handler = functools.partial(Quiet, directory=str(site))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def test_application_starts_with_the_server_stopped(
    page: Page, serve_site: Callable[..., SiteServer]
) -> None:
    server = serve_site(base="/some/path/")
    page.goto(server.url + "models/models.json")
    page.evaluate(INSTALL)
    files = page.evaluate("fetch('../build.json').then((answer) => answer.json())")["files"]
    model = next(name for name in files if name.endswith(".gguf"))
    asked = "(name) => fetch(name, { headers: { Range: 'bytes=0-3' } })"
    # Weights pass by: a range is answered by the server, as a range.
    assert page.evaluate(f"{asked}.then((answer) => answer.status)", server.url + model) == 206

    server.stop()
    try:
        for name in ("", "index.html", "story/", "story/?hero=fox", "models/models.json"):
            answer = page.goto(server.url + name)
            assert answer is not None and answer.ok and answer.from_service_worker, name
        result = boot_python(page, server.url, "import glowworm, jinja2\nglowworm.__name__")
        assert (result["value"], result["phases"][-1]["how"]) == ("glowworm", "snapshot")
        assert page.evaluate(f"{asked}.catch(() => 'refused')", server.url + model) == "refused"
    finally:
        server.start()


def test_host_without_the_headers_is_isolated(page: Page, plain_host: str) -> None:
    page.goto(plain_host + "models/models.json")
    assert page.evaluate("crossOriginIsolated") is False
    page.evaluate(INSTALL)
    page.reload()
    assert page.evaluate("crossOriginIsolated") is True
    assert boot_python(page, plain_host, "import js\njs.crossOriginIsolated")["value"] is True
