"""The page's Python: Pyodide's core, the wheels with a lock file, and a snapshot with everything imported.

Both parts lie in folders named after a hash of their content, so browsers may keep them for ever;
`runtime.json`, which is never cached, says which ones belong together.
"""

import email
import hashlib
import json
import re
import shutil
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from glowworm_tools.site.layout import Layout
from glowworm_tools.site.wheels import build_own_wheel, download_wheel, repack_pure_wheel
from glowworm_tools.steps import digest, run

PYODIDE_CORE = ["pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip"]
SNAPSHOT = "snapshot.bin.gz"
LOCK = "pyodide-lock.json"


def build_runtime(layout: Layout, out: Path) -> None:
    """Writes `pyodide-HASH/`, `python-HASH/` and `runtime.json` to `out`, which is emptied first."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    with tempfile.TemporaryDirectory(dir=out) as scratch:
        core, python = Path(scratch, "core"), Path(scratch, "python")
        core.mkdir()
        python.mkdir()
        pyodide = layout.node_modules / "pyodide"
        for name in PYODIDE_CORE:
            shutil.copyfile(pyodide / name, core / name)

        wheels = _wheels(layout, python)
        lock = lock_packages(json.loads((pyodide / LOCK).read_text()), wheels)
        _write_json(python / LOCK, lock)
        snapshot = json.loads(
            run(
                ["node", "build/snapshot.mjs", python / SNAPSHOT, *wheels],
                "a module of the package cannot be imported in the page, where it may use only the standard "
                "library and Jinja2; correct it and build again.",
                cwd=layout.web,
            ).splitlines()[-1]
        )

        core_folder = f"pyodide-{digest([core])[:16]}"
        python_folder = f"python-{digest([python])[:16]}"
        core.rename(out / core_folder)
        python.rename(out / python_folder)
    _write_json(
        out / "runtime.json",
        {
            "pyodide": {"version": snapshot["python"], "folder": f"{core_folder}/"},
            "folder": f"{python_folder}/",
            "lock": LOCK,
            "packages": [
                {
                    "name": name,
                    "version": package["version"],
                    "file": package["file_name"],
                    "sha256": package["sha256"],
                }
                for name, package in lock["packages"].items()
            ],
            "snapshot": {
                "file": SNAPSHOT,
                "bytes": (out / python_folder / SNAPSHOT).stat().st_size,
                "unpacked_bytes": snapshot["bytes"],
                "modules": snapshot["modules"],
            },
        },
    )


def _wheels(layout: Layout, out: Path) -> list[Path]:
    constraints = layout.root / "py" / "constraints.txt"
    return [
        build_own_wheel(layout.root, out),
        download_wheel("jinja2", constraints, out),
        repack_pure_wheel("markupsafe", out),
        download_wheel("micropip", constraints, out),
    ]


def lock_packages(distributed: dict[str, Any], wheels: list[Path]) -> dict[str, Any]:
    """A lock file of `wheels` alone, for the interpreter that Pyodide's `distributed` lock file describes.

    Written by hand because `pyodide-lock` knows only an older form of these files.
    """
    packages = {}
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            names = archive.namelist()
            path = next(name for name in names if name.endswith(".dist-info/METADATA"))
            metadata = email.message_from_bytes(archive.read(path))
        requirements = [text for text in metadata.get_all("Requires-Dist", []) if "extra ==" not in text]
        name = metadata["Name"].lower()
        packages[name] = {
            "name": name,
            "version": metadata["Version"],
            "file_name": wheel.name,
            "install_dir": "site",
            "package_type": "package",
            "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
            "imports": sorted({name.split("/")[0] for name in names if name.endswith("/__init__.py")}),
            "depends": [re.split(r"[^\w.-]", text, maxsplit=1)[0].lower() for text in requirements],
            "unvendored_tests": False,
            "tool": {},
        }
    return {**distributed, "packages": packages}


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=2) + "\n")
