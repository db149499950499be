"""Python starts in a worker, from the memory snapshot and without it, and is the same either way."""

import gzip
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page
from support import Journal, SiteServer

WORKER = """
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

IN_WORKER = """(source) => new Promise((resolve, reject) => {
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const worker = new Worker(url, { type: "module" });
  worker.onmessage = ({ data }) => { worker.terminate(); resolve(data); };
  worker.onerror = ({ message }) => reject(new Error(message));
})"""


def boot(page: Page, url: str, code: str, **options: Any) -> dict[str, Any]:
    """Starts Python in a fresh worker of the site at `url` and runs `code` there."""
    page.goto(url + "build.json")  # A page of the site's origin that starts nothing by itself.
    values = {"boot": url + "worker/boot.js", "options": json.dumps(options), "code": json.dumps(code)}
    result = page.evaluate(IN_WORKER, WORKER % values)
    assert "error" not in result, result["error"]
    return result


def ready(result: dict[str, Any]) -> dict[str, Any]:
    assert result["phases"][-1]["phase"] == "ready"
    return result["phases"][-1]


USE_EVERYTHING = """
import asyncio, importlib.metadata, random, statistics, time
from jinja2.sandbox import SandboxedEnvironment
from pyodide.ffi import run_sync
import glowworm, js
await asyncio.sleep(0.001)
[
    glowworm.__name__,
    importlib.metadata.version("glowworm"),
    SandboxedEnvironment().from_string("{{ 6 * 7 }} {{ '<' | e }}").render(),
    statistics.mean([1, 2]),
    run_sync(js.Promise.resolve(5)),
    js.location.protocol,
    random.random(),
]
"""


@pytest.mark.parametrize("how", ["snapshot", "plain"])
def test_python_starts(page: Page, journal: Journal, site_server: SiteServer, how: str) -> None:
    first = boot(page, site_server.url, USE_EVERYTHING, snapshot=how == "snapshot")
    again = boot(page, site_server.url, USE_EVERYTHING, snapshot=how == "snapshot")
    assert ready(first)["how"] == how
    assert first["value"][:5] == ["glowworm", "0.1.0", "42 &lt;", 1.5, 5]
    assert first["value"][6] != again["value"][6]  # Each start has randomness of its own.
    assert journal.errors == []
    assert journal.requests_outside(site_server.url) == []
    print(f"Python started ({how}): {ready(first)['ms']} ms, again {ready(again)['ms']} ms")


def test_snapshot_has_everything_imported(page: Page, site_server: SiteServer) -> None:
    code = "import sys\nsorted(name for name in sys.modules if name.split('.')[0] == 'glowworm')"
    runtime = page.request.get(site_server.url + "py/runtime.json").json()
    result = boot(page, site_server.url, code)
    assert result["value"] == runtime["snapshot"]["modules"]
    assert "glowworm.text.tokenizer" in result["value"]
    fetched = [phase for phase in result["phases"] if phase["phase"] == "fetching"]
    assert fetched[-1]["loaded"] == fetched[-1]["total"] == runtime["snapshot"]["bytes"]


@pytest.mark.parametrize("how", ["snapshot", "plain"])
def test_micropip_installs_a_plug_in_from_the_origin(
    page: Page, site: Path, serve_site: Callable[..., SiteServer], tmp_path: Path, journal: Journal, how: str
) -> None:
    plugged = tmp_path / "site"
    shutil.copytree(site, plugged)
    with zipfile.ZipFile(plugged / "plug_in-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("plug_in.py", "import jinja2\nANSWER = jinja2.Template('{{ 6 * 7 }}').render()\n")
        info = "plug_in-1.0.dist-info/"
        wheel.writestr(
            info + "METADATA", "Metadata-Version: 2.1\nName: plug-in\nVersion: 1.0\nRequires-Dist: jinja2\n"
        )
        wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(info + "RECORD", "")
    server = serve_site(site=plugged)
    code = f"""
import micropip
await micropip.install("{server.url}plug_in-1.0-py3-none-any.whl")
import plug_in
plug_in.ANSWER
"""
    assert boot(page, server.url, code, snapshot=how == "snapshot")["value"] == "42"
    assert journal.requests_outside(server.url) == []


def without(snapshot: Path) -> None:
    snapshot.unlink()


def cut_short(snapshot: Path) -> None:
    snapshot.write_bytes(snapshot.read_bytes()[: snapshot.stat().st_size // 2])


def of_another_build(snapshot: Path) -> None:
    memory = bytearray(gzip.decompress(snapshot.read_bytes()))
    memory[16:48] = bytes(32)  # The build's identifier, after four words of lengths.
    snapshot.write_bytes(gzip.compress(memory, 1))


def too_long(snapshot: Path) -> None:
    snapshot.write_bytes(gzip.compress(gzip.decompress(snapshot.read_bytes()) + bytes(65536), 1))


@pytest.mark.parametrize("spoil", [without, cut_short, of_another_build, too_long])
def test_unfit_snapshot_falls_back_to_the_plain_start(
    page: Page,
    site: Path,
    serve_site: Callable[..., SiteServer],
    tmp_path: Path,
    spoil: Callable[[Path], None],
) -> None:
    spoilt = tmp_path / "site"
    shutil.copytree(site, spoilt)
    spoil(next(spoilt.glob("py/*/snapshot.bin.gz")))
    result = boot(page, serve_site(site=spoilt).url, "import glowworm, jinja2\nglowworm.__name__")
    assert [phase["phase"] for phase in result["phases"] if phase["phase"] in ("fallback", "ready")] == [
        "fallback",
        "ready",
    ]
    assert ready(result)["how"] == "plain"
    assert result["value"] == "glowworm"


def test_site_works_under_a_path(page: Page, serve_site: Callable[..., SiteServer], journal: Journal) -> None:
    server = serve_site(base="/some/path/")
    assert ready(boot(page, server.url, "import glowworm\n1"))["how"] == "snapshot"
    assert journal.errors == []
    assert journal.requests_outside(server.url) == []
