"""Copies what pages and worker use of npm's packages to `web/vendor/`: modules, fonts, and icons as one file.

Browsers import by address, and a worker has no import map; `web/package.json` lists under "vendor" what is
copied, and under "icons" which pictures become symbols of `icons.svg`.
"""

import json
import re
import shutil
from pathlib import Path
from typing import Any

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
        for file, target in _targets(source["files"]).items():
            origin = layout.node_modules / source["from"] / file
            if not origin.is_file():
                raise StepError(
                    f'The package of "{name}" has no file {file}; correct "vendor" in web/package.json.'
                )
            copy = layout.vendor / name / target
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(origin, copy)
    if "icons" in manifest:
        _write_icons(layout, manifest["icons"])


def _targets(files: list[str] | dict[str, str]) -> dict[str, str]:
    """Names in the package to names in `web/vendor/`; of a list, the same but for declarations."""
    return files if isinstance(files, dict) else {file: _typed_name(Path(file), files) for file in files}


def _typed_name(file: Path, files: list[str]) -> str:
    """A declaration file is named after its module, as the type checker wants it: `x.mjs` has `x.d.mts`."""
    if file.name.endswith(".d.ts") and file.name.removesuffix(".d.ts") + ".mjs" in files:
        return file.name.removesuffix(".d.ts") + ".d.mts"
    return file.as_posix()


def _write_icons(layout: Layout, icons: dict[str, Any]) -> None:
    """One SVG file of symbols, to be shown with `<svg class="icon"><use href="vendor/icons.svg#NAME">`."""
    symbols = []
    for name in icons["names"]:
        origin = layout.node_modules / icons["from"] / f"{name}.svg"
        if not origin.is_file():
            raise StepError(f'There is no icon called {name}; correct "icons" in web/package.json.')
        drawing = re.search(r"<svg[^>]*>(.*)</svg>", origin.read_text(), re.DOTALL)
        assert drawing, origin
        paths = re.sub(r"\s+", " ", drawing[1]).replace("> <", "><").strip()
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{paths}</symbol>')
    text = '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"
    layout.vendor.mkdir(parents=True, exist_ok=True)
    (layout.vendor / "icons.svg").write_text(text)
