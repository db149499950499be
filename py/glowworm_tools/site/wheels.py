"""The wheels that the page's Python gets: ours, Jinja2, MarkupSafe without its speedups, and micropip.

All are pure Python, so none needs a cross-compiler: hatchling builds ours, Jinja2 and micropip are published
as pure wheels, and MarkupSafe becomes one by leaving its optional C extension out.
"""

import base64
import hashlib
import importlib.metadata
import re
import sys
import zipfile
from pathlib import Path

from glowworm_tools.steps import StepError, run

PAGE_PYTHON = "3.14"
PURE_TAG = "py3-none-any"
_EPOCH = (1980, 1, 1, 0, 0, 0)


def build_own_wheel(root: Path, out: Path) -> Path:
    """Builds the wheel of `glowworm`, kernels included, into `out`; the same sources give the same bytes."""
    run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", out],
        "correct what it names in pyproject.toml or the package and build again.",
        cwd=root,
    )
    return _only(out, "glowworm")


def download_wheel(name: str, constraints: Path, out: Path) -> Path:
    """Fetches the pinned pure wheel of `name` for the page's Python, which may be newer than this one."""
    run(
        [
            *[sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"],
            *["--python-version", PAGE_PYTHON, "--platform", "any", "--dest", out],
            f"{name}=={pinned_version(name, constraints)}",
        ],
        f"check that the Python package index can be reached (the page needs {name}) and build again.",
    )
    return _only(out, name)


def pinned_version(name: str, constraints: Path) -> str:
    """The exact version of `name` in a pip constraints file."""
    found = re.search(rf"^{re.escape(name)}==(\S+)", constraints.read_text(), re.MULTILINE | re.IGNORECASE)
    if found is None:
        raise StepError(f"{constraints.name} pins no version of {name}; add one.")
    return found[1]


def repack_pure_wheel(name: str, out: Path) -> Path:
    """Makes a pure wheel of an installed distribution by leaving its compiled modules out.

    Only right for distributions whose extension modules are optional, such as MarkupSafe's.
    """
    distribution = importlib.metadata.distribution(name)
    escaped = re.sub(r"[-_.]+", "_", distribution.metadata["Name"]).lower()
    info = f"{escaped}-{distribution.version}.dist-info"
    contents: dict[str, bytes] = {}
    for entry in distribution.files or []:
        file = Path(str(distribution.locate_file(entry)))
        inside_package = entry.parts[0] == escaped and file.suffix in (".py", ".typed")
        metadata = entry.parts[0].endswith(".dist-info") and (
            file.name == "METADATA" or "licenses" in entry.parts
        )
        if inside_package:
            contents[entry.as_posix()] = file.read_bytes()
        elif metadata:
            contents["/".join([info, *entry.parts[1:]])] = file.read_bytes()
    contents[f"{info}/WHEEL"] = (
        f"Wheel-Version: 1.0\nGenerator: glowworm\nRoot-Is-Purelib: true\nTag: {PURE_TAG}\n".encode()
    )
    wheel = out / f"{escaped}-{distribution.version}-{PURE_TAG}.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        record = []
        for path, data in sorted(contents.items()):
            archive.writestr(zipfile.ZipInfo(path, _EPOCH), data, zipfile.ZIP_DEFLATED)
            checksum = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            record.append(f"{path},sha256={checksum},{len(data)}\n")
        record.append(f"{info}/RECORD,,\n")
        archive.writestr(zipfile.ZipInfo(f"{info}/RECORD", _EPOCH), "".join(record), zipfile.ZIP_DEFLATED)
    return wheel


def _only(folder: Path, name: str) -> Path:
    wheels = list(folder.glob(f"{name}-*-{PURE_TAG}.whl"))
    if len(wheels) != 1:
        raise StepError(
            f"{len(wheels)} pure wheels of {name} came of the build where one was due; build again."
        )
    return wheels[0]
