"""Where things are: one place for the folders that the build reads and writes."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
"""The project's root folder."""


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
    def compressed(self) -> Path:
        """Compressed variants, by the hash of what they were made from."""
        return self.work / "compressed"
