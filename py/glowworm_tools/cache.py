"""Where fetched weights are kept between runs."""

import os
from pathlib import Path


def default_cache() -> Path:
    """The folder named by `GLOWWORM_CACHE`, else `~/.cache/glowworm`; weights lie in its `weights/`."""
    return Path(os.environ.get("GLOWWORM_CACHE") or Path.home() / ".cache" / "glowworm")
