"""Loading holds little of the weights in JavaScript's memory, and in Python's, whatever the file's size.

Measured in Chromium with a file of twice what JavaScript may hold, garbage included. (25 s.)
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from glowworm_tools import shapes
from glowworm_tools.page_memory import PageMemory
from glowworm_tools.shapes import Shape, write_shape
from pages import DEFAULT_TIMEOUT_MS
from playwright.sync_api import BrowserContext, Page
from support import SiteServer

JAVASCRIPT_NBYTES = 64 << 20
PYTHON_NBYTES = 16 << 20
STARTED_NBYTES = 24 << 20
"""What JavaScript may hold when nothing is loaded; the image that Python started from is larger."""
LARGE = Shape(
    hidden=2560, layers=1, heads=1, kv_heads=1, ffn=32_768, window=8, context=64, head_dim=32, vocab=1000
)
"""Few kernels and large weights."""

HOST = """
async (site) => {
  const Comlink = await import(`${site}vendor/comlink/comlink.mjs`);
  const host = Comlink.wrap(new Worker(`${site}worker/worker.js`, { type: "module" }));
  const listUrl = `${site}models/models.json`;
  window.load = async (model, device) => {
    window.loaded = null;
    const request = { model, listUrl, pageUrl: site, kept: {}, options: { device } };
    window.loaded = await host.load(request, Comlink.proxy(() => {}), Comlink.proxy(() => {}));
  };
  window.unload = () => host.close();
  window.stored = async () => {
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("models");
    for await (const [name, handle] of folder) if (/^large-[0-9a-f]+$/.test(name)) return handle.getFile();
  };
}
"""


@dataclass
class Load:
    """What came of loading a model, and what it took beyond what was held before."""

    place: str
    figures: dict[str, Any]
    javascript_nbytes: int


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder with a model of twice the limit."""
    cache = tmp_path_factory.mktemp("large")
    path = cache / "weights" / "large.gguf"
    path.parent.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(shapes.SHAPES, "large", LARGE)
        write_shape("large", path)
    assert path.stat().st_size > 2 * JAVASCRIPT_NBYTES
    return path


class Host:
    """The engine's worker, without the page's part of the client."""

    def __init__(self, page: Page, url: str) -> None:
        self.memory = PageMemory(page)
        self._page = page
        page.goto(url + "models/models.json")  # a page of the site's origin that starts nothing by itself
        page.evaluate(HOST, url)

    def load(self, model: str, device: str = "webgpu") -> Load:
        """Loads what the expression `model` names, and lets go of it again."""
        before = self.held()
        self.memory.peak_nbytes = 0
        self._page.evaluate(f"async () => void load({model}, '{device}')")
        while not self._page.evaluate("loaded"):
            self.memory.sample()
            self._page.wait_for_timeout(10)
        loaded = self._page.evaluate("loaded")
        assert "value" in loaded, loaded
        self._page.evaluate("unload()")
        value = loaded["value"]
        return Load(value["info"]["place"], value["load"], self.memory.peak_nbytes - before)

    def held(self) -> int:
        """Bytes of JavaScript that are not garbage."""
        self.memory.collect_garbage()
        return self.memory.sample()


def test_loading_holds_little_of_a_large_file(
    context: BrowserContext, serve_site: Callable[..., SiteServer], weights: Path
) -> None:
    size = weights.stat().st_size
    host = Host(context.new_page(), serve_site(cache=weights.parents[1]).url)
    small = host.load("'glowworm-story'")  # Python has started after this
    assert host.held() < STARTED_NBYTES, "Python's memory image is still held"

    fetched = host.load("'weights/large.gguf'")
    stored = host.load("'weights/large.gguf'")
    picked = host.load("await stored()")
    on_processor = host.load("'weights/large.gguf'", "wasm")
    assert [fetched.figures["downloaded_bytes"], stored.figures["downloaded_bytes"]] == [size, 0]
    assert [fetched.place, stored.place, picked.place] == ["disk", "disk", "file"]
    for load in (fetched, stored, picked, on_processor):
        print(f"{load.javascript_nbytes / 2**20:.1f} MiB of JavaScript at the most")
        assert 0 < load.javascript_nbytes <= JAVASCRIPT_NBYTES
        assert load.figures["python_bytes"] - small.figures["python_bytes"] <= PYTHON_NBYTES
        assert load.figures["peak_device_bytes"] > size // 2


def test_what_is_measured(page: Page, site_server: SiteServer) -> None:
    """The page's memory, its workers' and their workers' count; WebAssembly's does not."""
    page.goto(site_server.url + "models/models.json")
    memory = PageMemory(page)
    before = memory.sample()

    def wait_until(condition: Callable[[int], bool]) -> None:
        deadline = time.monotonic() + DEFAULT_TIMEOUT_MS / 1000
        while not condition(nbytes := memory.sample() - before):
            assert time.monotonic() < deadline, nbytes
            page.wait_for_timeout(10)

    page.evaluate(
        """() => {
          const start = (source) => new Worker(URL.createObjectURL(new Blob([source])));
          const hold = "self.held = [new Uint8Array(1e7), new WebAssembly.Memory({ initial: 1000 })];";
          const startAnother = `self.inner = (${start})(${JSON.stringify(hold)});`;
          window.outer = start(`${hold} onmessage = () => { ${startAnother} };`);
          window.held = new Uint8Array(1e7);
        }"""
    )
    wait_until(lambda nbytes: 2e7 < nbytes < 3e7)
    page.evaluate("outer.postMessage(null)")
    wait_until(lambda nbytes: 3e7 < nbytes < 4e7)
    page.evaluate("outer.terminate()")
    wait_until(lambda nbytes: 1e7 < nbytes < 2e7)
    page.evaluate("void delete window.held")
    memory.collect_garbage()
    wait_until(lambda nbytes: nbytes < 1e7)
    assert 3e7 < memory.peak_nbytes - before < 4e7
