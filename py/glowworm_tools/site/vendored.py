"""Copies the modules that pages and worker import from npm's folder to `web/vendor/`.

Browsers import by address, and a worker has no import map; `web/package.json` lists under "vendor" what is
copied.
"""

import json
import shutil
from pathlib import Path

from glowworm_tools.site.layout import Layout
from glowworm_tools.steps import StepError


def vendor_packages(layout: Layout) -> None:
    """Fills `web/vendor/` anew.

    Raises:
        StepError: the manifest names a file that its package does not have.
    """
    manifest = json.loads((layout.web / "package.json").read_text())
    shutil.rmtree(layout.vendor, ignore_errors=True)
    for name, source in manifest["vendor"].items():
        folder = layout.vendor / name
        folder.mkdir(parents=True)
        for file in source["files"]:
            origin = layout.node_modules / source["from"] / file
            if not origin.is_file():
                raise StepError(
                    f'The package of "{name}" has no file {file}; correct "vendor" in web/package.json.'
                )
            shutil.copyfile(origin, folder / _typed_name(Path(file), source["files"]))


def _typed_name(file: Path, files: list[str]) -> str:
    """A declaration file is named after its module, as the type checker wants it: `x.mjs` has `x.d.mts`."""
    if file.name.endswith(".d.ts") and file.name.removesuffix(".d.ts") + ".mjs" in files:
        return file.name.removesuffix(".d.ts") + ".d.mts"
    return file.name
