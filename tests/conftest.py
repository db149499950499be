"""Fixtures for every test: the built site and servers of it. And one thread for NumPy."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support import SiteServer

ROOT = Path(__file__).parents[1]

# NumPy reads this when it is imported, which is after this file. The test models' products are so small that
# threads only wait for one another: on a busy machine they make the reference device ten times slower.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


@pytest.fixture(scope="session")
def site() -> Path:
    """Folder of the built site, brought up to date first."""
    out = ROOT / "dist"
    command = [sys.executable, "-m", "glowworm_tools.site", "--out", str(out)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert built.returncode == 0, built.stdout + built.stderr
    return out


@pytest.fixture(scope="session")
def serve_site(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., SiteServer]]:
    """Starts servers: `serve_site()` for the built site, or `serve_site(site=…, cache=…, base=…)`."""
    servers: list[SiteServer] = []
    empty_cache = tmp_path_factory.mktemp("cache")

    def serve(site: Path = site, cache: Path = empty_cache, base: str = "/") -> SiteServer:
        servers.append(SiteServer(site, cache, base))
        return servers[-1]

    yield serve
    for server in servers:
        server.stop()


@pytest.fixture(scope="session")
def site_server(serve_site: Callable[..., SiteServer]) -> SiteServer:
    """One server of the built site that tests share; one that stops its server takes its own."""
    return serve_site()
