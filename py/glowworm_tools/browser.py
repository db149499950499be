"""A Chromium with WebGPU, for tests and measurements."""

import os
import shutil

WEBGPU_FLAGS = (
    "--enable-unsafe-webgpu",
    "--use-webgpu-adapter=swiftshader",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""A software adapter, the same on every machine; and no talk with anybody but the page's server."""


def chromium_path() -> str | None:
    """The Chromium named by GLOWWORM_CHROMIUM or found on the path; None leaves it to Playwright."""
    named = os.environ.get("GLOWWORM_CHROMIUM")
    found = (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))
    return named or next(filter(None, found), None)
