"""What tests share beside fixtures: a server to stop and start, and a record of what pages say and want."""

import threading
from dataclasses import dataclass, field
from pathlib import Path

from glowworm_tools.server import create_app, listen
from playwright.sync_api import BrowserContext, ConsoleMessage


class SiteServer:
    """The development server on a port of its own, which can be stopped and started again on the same one."""

    def __init__(self, site: Path, cache: Path, base: str = "/") -> None:
        self.base = base
        self._app = create_app(site, cache, base)
        self._port = 0
        self.start()

    @property
    def url(self) -> str:
        """Address of the site's root, with its closing slash."""
        return f"http://127.0.0.1:{self._port}{self.base}"

    def start(self) -> None:
        self._server = listen(self._app, "127.0.0.1", self._port, tries=1)
        self._port = self._server.port
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Refuses connections from now on; does nothing when stopped."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@dataclass
class Journal:
    """What the pages of one browser context said and asked for, in order."""

    console: list[str] = field(default_factory=list)
    """All messages, as "type: text"."""
    errors: list[str] = field(default_factory=list)
    """Uncaught exceptions and console errors."""
    requests: list[str] = field(default_factory=list)
    """Addresses, workers' and service workers' requests included."""

    def watch(self, context: BrowserContext) -> None:
        context.on("request", lambda request: self.requests.append(request.url))
        context.on("weberror", lambda failure: self.errors.append(str(failure.error)))
        context.on("console", self._note)

    def _note(self, message: ConsoleMessage) -> None:
        self.console.append(f"{message.type}: {message.text}")
        if message.type == "error":
            self.errors.append(f"{message.text} ({message.location.get('url', '')})")

    def requests_outside(self, origin: str) -> list[str]:
        """Requests to anywhere but `origin`, which there must never be."""
        return [url for url in self.requests if not url.startswith((origin, "data:", "blob:"))]
