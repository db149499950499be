"""Python starts in a worker, from the memory snapshot and without it, and is the same either way."""

import gzip
import shutil
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pages import ChatPage
from playwright.sync_api import Page
from support import Journal, SiteServer
from support import boot_python as boot

VERSION = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]["version"]
PLUG_IN = "plug_in-1.0-py3-none-any.whl"


def ready(result: dict[str, Any]) -> dict[str, Any]:
    assert result["phases"][-1]["phase"] == "ready"
    return result["phases"][-1]


USE_EVERYTHING = """
import asyncio, importlib.metadata, random, statistics
from jinja2.sandbox import SandboxedEnvironment
from pyodide.ffi import run_sync
import glowworm.page, js, micropip
await asyncio.sleep(0.001)
await micropip.install("PLUG_IN")
import plug_in
[
    importlib.metadata.version("glowworm"),
    SandboxedEnvironment().from_string("{{ 6 * 7 }} {{ '<' | e }}").render(),
    statistics.mean([1, 2]),
    run_sync(js.Promise.resolve(5)),
    plug_in.ANSWER,
]
"""


@pytest.fixture(scope="module")
def server_with_plug_in(
    site: Path, serve_site: Callable[..., SiteServer], tmp_path_factory: pytest.TempPathFactory
) -> SiteServer:
    """A server of the site and, beside it, the wheel of a plug-in that needs Jinja2."""
    plugged = tmp_path_factory.mktemp("plug-in") / "site"
    shutil.copytree(site, plugged)
    info = "plug_in-1.0.dist-info"
    with zipfile.ZipFile(plugged / PLUG_IN, "w") as wheel:
        wheel.writestr("plug_in.py", "import jinja2\nANSWER = jinja2.Template('{{ 6 * 7 }}').render()\n")
        wheel.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: plug-in\nVersion: 1.0\nRequires-Dist: jinja2\n"
        )
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    return serve_site(site=plugged)


@pytest.mark.parametrize("how", ["snapshot", "plain"])
def test_python_starts_with_everything_usable(
    page: Page, journal: Journal, server_with_plug_in: SiteServer, how: str
) -> None:
    url = server_with_plug_in.url
    result = boot(page, url, USE_EVERYTHING.replace("PLUG_IN", url + PLUG_IN), snapshot=how == "snapshot")
    assert ready(result)["how"] == how
    assert result["value"] == [VERSION, "42 &lt;", 1.5, 5, "42"]
    assert journal.errors == []
    assert journal.requests_outside(url) == []
    print(f"Python started ({how}) in {ready(result)['ms']} ms")


def test_snapshot_starts_have_randomness_of_their_own(page: Page, site_server: SiteServer) -> None:
    code = "import random\nrandom.random()"
    assert boot(page, site_server.url, code)["value"] != boot(page, site_server.url, code)["value"]


def test_snapshot_has_everything_imported(page: Page, site_server: SiteServer) -> None:
    code = "import sys\nsorted(name for name in sys.modules if name.split('.')[0] == 'glowworm')"
    runtime = page.request.get(site_server.url + "py/runtime.json").json()
    result = boot(page, site_server.url, code)
    assert result["value"] == runtime["snapshot"]["modules"]
    assert "glowworm.text.tokenizer" in result["value"]
    fetched = [phase for phase in result["phases"] if phase["phase"] == "fetching"]
    assert fetched[-1]["loaded"] == fetched[-1]["total"] == runtime["snapshot"]["bytes"]


def cut_short(snapshot: Path) -> None:
    snapshot.write_bytes(snapshot.read_bytes()[: snapshot.stat().st_size // 2])


def of_another_build(snapshot: Path) -> None:
    memory = bytearray(gzip.decompress(snapshot.read_bytes()))
    memory[16:48] = bytes(32)  # The build's identifier, after four words of lengths.
    snapshot.write_bytes(gzip.compress(memory, 1))


@pytest.mark.parametrize("spoil", [cut_short, of_another_build])
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


def test_model_answers_without_the_snapshot(
    page: Page, site: Path, serve_site: Callable[..., SiteServer], tmp_path: Path
) -> None:
    spoilt = tmp_path / "site"
    shutil.copytree(site, spoilt)
    next(spoilt.glob("py/*/snapshot.bin.gz")).unlink()
    chat = ChatPage(page)
    chat.open(serve_site(site=spoilt).url)
    assert chat.stats["load"]["snapshot"] is False
    assert chat.ask("Hello.").strip()


def test_wheel_of_another_content_is_refused(
    page: Page, site: Path, serve_site: Callable[..., SiteServer], tmp_path: Path
) -> None:
    spoilt = tmp_path / "site"
    shutil.copytree(site, spoilt)
    wheel = next(spoilt.glob("py/*/glowworm-*.whl"))
    wheel.write_bytes(wheel.read_bytes() + b"more")
    with pytest.raises(AssertionError, match="glowworm"):
        boot(page, serve_site(site=spoilt).url, "import glowworm")


def test_site_works_under_a_path(page: Page, serve_site: Callable[..., SiteServer], journal: Journal) -> None:
    server = serve_site(base="/some/path/")
    assert ready(boot(page, server.url, "import glowworm\n1"))["how"] == "snapshot"
    assert journal.errors == []
    assert journal.requests_outside(server.url) == []
