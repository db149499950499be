"""The page's devices, in a real Chromium, behind the device interface and driven from Python.

Programs are lowered, rendered and encoded here as they would be in the page; the page's own replayers
(``web/worker/gpu.js`` and ``web/worker/cpu``) run them. Commands gather until something is awaited, then
cross together.
"""

from array import array
from base64 import b64decode, b64encode
from collections.abc import Awaitable
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Self

from glowworm.devices.base import Progress
from glowworm.devices.replayers import REPLAYERS
from glowworm.errors import DeviceError
from glowworm.graph.plan import Program, Region
from glowworm.weights.source import ByteSource
from playwright.async_api import Page, async_playwright

from ..browser import WEBGPU_FLAGS, chromium_path
from ..site.layout import Layout

PAGE = Path(__file__).parent / "page"
ROOTS = (PAGE, Layout().web, Layout().kernels.parent)


class _Handler(SimpleHTTPRequestHandler):
    """Serves the test page, the product's scripts, and the weights of the program being loaded."""

    server: "_Server"

    def translate_path(self, path: str) -> str:
        name = path.lstrip("/") or "index.html"
        return str(next((root / name for root in ROOTS if (root / name).is_file()), PAGE / "missing"))

    def do_GET(self) -> None:
        if self.path != "/weights":
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.server.weights)))
        self.end_headers()
        self.wfile.write(self.server.weights)

    def end_headers(self) -> None:
        """Isolate the page, so that threads can share memory."""
        self.send_header("Cross-Origin-Opener-Policy", "same-origin")
        self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    weights = b""


class Chromium:
    """A browser with the test page open; `open` gives devices in it."""

    def __init__(self, playwright: Any, browser: Any, page: Page, server: _Server):
        self._playwright = playwright
        self._browser = browser
        self.page = page
        self.server = server
        self.devices = 0

    @classmethod
    async def launch(cls) -> Self:
        """Start the browser and a server for it."""
        server = _Server(("127.0.0.1", 0), _Handler)
        Thread(target=server.serve_forever, daemon=True).start()
        playwright = await async_playwright().start()
        browser = await playwright.chromium.launch(
            executable_path=chromium_path(), args=[*WEBGPU_FLAGS, "--no-sandbox"]
        )
        page = await browser.new_page()
        await page.goto(f"http://127.0.0.1:{server.server_port}/")
        await page.wait_for_function("() => 'execute' in window")
        return cls(playwright, browser, page, server)

    async def open(self, kind: str = "webgpu", **options: Any) -> "ChromiumDevice":
        """A device "webgpu" or "wasm"; options: ``features`` (default: all there are), ``threads``."""
        self.devices += 1
        name = str(self.devices)
        script = "([name, kind, options]) => openDevice(name, kind, options)"
        info = await self.page.evaluate(script, [name, kind, options])
        return ChromiumDevice(self, name, info)

    async def close(self) -> None:
        """End the browser and the server."""
        await self._browser.close()
        await self._playwright.stop()
        self.server.shutdown()
        self.server.server_close()


class ChromiumDevice:
    """The `Device` over a ``Gpu`` or ``Cpu`` of the page."""

    def __init__(self, chromium: Chromium, name: str, info: dict[str, Any]):
        self.details = info
        self._replayer = REPLAYERS[info["kind"]]
        self.info = self._replayer.device_info(info)
        self.lowering = self._replayer.lowering
        self._chromium = chromium
        self._name = name
        self._commands: list[list[Any]] = []

    async def load(self, program: Program, source: ByteSource, on_progress: Progress | None = None) -> None:
        """See `glowworm.devices.base.Device`."""
        self._chromium.server.weights = await source.read(0, source.size)
        await self._flush("load", *map(_sendable, self._replayer.replayed(program, self.info.limits)))
        for name, data in program.constants.items():
            self.write(name, 0, data)

    def write(self, buffer: str, offset: int, data: bytes) -> None:
        """See `glowworm.devices.base.Device`."""
        self._commands.append(["write", buffer, offset, _base64(data)])

    def run(self, phase: str, *, head: bool = True, times: int = 1) -> None:
        """See `glowworm.devices.base.Device`."""
        self._commands.append(["run", phase, head, times])

    def sampled(self, count: int) -> Awaitable[list[int]]:
        """See `glowworm.devices.base.Device`."""
        return self._flush("sampled", count)

    async def read(self, region: Region) -> bytes:
        """See `glowworm.devices.base.Device`."""
        return b64decode(await self._flush("read", region.buffer, region.offset, region.nbytes))

    async def synchronise(self) -> None:
        """See `glowworm.devices.base.Device`."""
        await self._flush("synchronise")

    async def measure(self, phase: str, *, head: bool = True, times: int = 1) -> float:
        """Replay like `run`; returns the seconds until the queue was empty again."""
        return await self._flush("measure", phase, head, times)

    def close(self) -> None:
        """See `glowworm.devices.base.Device`; at the latest, the end of the browser frees everything."""
        self._commands.append(["close"])

    async def _flush(self, *last: Any) -> Any:
        """Send what has gathered, and one command more, whose answer is returned."""
        commands, self._commands = [*self._commands, list(last)], []
        script = "([name, commands]) => execute(name, commands)"
        result = await self._chromium.page.evaluate(script, [self._name, commands])
        if result["complaints"]:
            raise DeviceError("Chromium complained:\n" + "\n".join(result["complaints"]))
        return result["answers"][-1]


def _sendable(part: Any) -> Any:
    """Bytes and arrays as base64, marked as such; texts as they are."""
    if isinstance(part, array):
        return {"words": _base64(part.tobytes())}
    return {"bytes": _base64(part)} if isinstance(part, bytes) else part


def _base64(data: bytes) -> str:
    return b64encode(data).decode("ascii")
