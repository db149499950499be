"""Where things are: one place for the folders that the build reads and writes."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
"""The project's root folder."""
HASHED_NAME = re.compile(r"[.-][0-9a-f]{16}(?=[./]|$)")
"""A path with such a part never changes its content."""


@dataclass(frozen=True)
class Layout:
    """Folders of one checkout."""

    root: Path = ROOT

    @property
    def web(self) -> Path:
        """Sources of the pages, the worker and the service worker, with npm's manifest."""
        return self.root / "web"

    @property
    def node_modules(self) -> Path:
        return self.web / "node_modules"

    @property
    def vendor(self) -> Path:
        """Copies of the npm modules that pages and worker import, where relative addresses find them."""
        return self.web / "vendor"

    @property
    def dist(self) -> Path:
        """Where the site goes unless told otherwise."""
        return self.root / "dist"

    @property
    def work(self) -> Path:
        """Intermediate results; safe to delete."""
        return self.root / "build"

    @property
    def stamps(self) -> Path:
        """What each finished step was made from."""
        return self.work / "stamps"

    @property
    def runtime(self) -> Path:
        """The page's Python, as it goes into the site."""
        return self.work / "runtime"

    @property
    def kernels(self) -> Path:
        """The CPU device's compiled kernels, as they go into the site."""
        return self.work / "wasm" / "kernels"

    @property
    def compressed(self) -> Path:
        """Compressed variants, by the hash of what they were made from."""
        return self.work / "compressed"
