"""Assembles `dist/`: sources, vendored packages, the page's Python, models, service worker, variants."""

import base64
import hashlib
import json
import shutil
import tomllib
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from glowworm_tools.site.declarations import write_declarations
from glowworm_tools.site.headers import HEADERS, POLICED_TYPES, POLICY_NAME, content_policy
from glowworm_tools.site.layout import HASHED_NAME, Layout
from glowworm_tools.site.models import complete_models
from glowworm_tools.site.pages import stamp_pages
from glowworm_tools.steps import StepError, run

NOT_SHIPPED = {"node_modules", "build", "docs", "package.json", "package-lock.json", "tsconfig.json", "sw.js"}
COMPRESSED_SUFFIXES = {".html", ".css", ".js", ".mjs", ".json", ".svg", ".wasm", ".webmanifest"}
COMPRESS_FROM_BYTES = 1024
NEVER_PRECACHED = {".gguf", ".md", ".ts"}
NEVER_PRECACHED_FOLDERS = ("screenshots/",)
VARIANTS = (".br", ".gz")


def assemble(layout: Layout, out: Path, base: str) -> dict[str, int]:
    """Writes the site to `out`, replacing what is there; returns the bytes of each of its parts.

    All addresses in the site are relative, so `base`, the path it will be served under, is only recorded.

    The new site is complete before it takes the old one's place, so a failure leaves the old one working.

    Raises:
        StepError: as `check_replaceable` says, or a tool failed.
    """
    check_replaceable(layout, out)
    out.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as folder:
        fresh = Path(folder) / "site"
        _write(layout, fresh, base)
        if out.exists():
            out.rename(Path(folder) / "old")
        fresh.rename(out)
    return part_sizes(out)


def check_replaceable(layout: Layout, out: Path) -> None:
    """Makes sure that `out`, which must be resolved, can be replaced with nothing lost but an older site.

    Raises:
        StepError: it holds something else, or belongs to or holds this project.
    """
    if (out.is_relative_to(layout.root) and out != layout.dist) or layout.root.is_relative_to(out):
        raise StepError(
            f"The site cannot replace {out}, which this project lives in; "
            "choose a folder outside it, or leave --out away."
        )
    if out.exists() and not _is_empty(out) and not _is_site(out):
        raise StepError(
            f"The site cannot replace {out}, which holds something else; choose a new or an empty folder."
        )


def _is_empty(path: Path) -> bool:
    return path.is_dir() and not any(path.iterdir())


def _is_site(path: Path) -> bool:
    """Whether a folder is what `assemble` made."""
    try:
        return json.loads((path / "build.json").read_text()).keys() >= {"version", "base", "files"}
    except (OSError, ValueError, AttributeError):
        return False


def _write(layout: Layout, fresh: Path, base: str) -> None:
    """Makes the whole site in `fresh`, which is not there yet."""
    shutil.copytree(layout.web, fresh, ignore=_not_shipped(layout))
    shutil.copytree(layout.runtime, fresh / "py")
    shutil.copytree(layout.kernels, fresh / "kernels")
    models = complete_models(layout.web / "models")
    (fresh / "models" / "models.json").write_text(json.dumps(models, indent=2) + "\n")
    write_declarations(layout, fresh)
    build = _name_of_build(fresh)
    stamp_pages(fresh, build, content_policy(models, as_meta=True))
    headers = {**HEADERS, POLICY_NAME: content_policy(models)}
    _write_service_worker(layout, fresh, build, headers)
    described = {
        "version": glowworm_version(layout),
        "build": build,
        "base": base,
        "headers": headers,
        "files": {name: _sha256(fresh / name) for name in _names(fresh)},
    }
    (fresh / "build.json").write_text(json.dumps(described, indent=2) + "\n")
    _compress(layout, fresh)


def glowworm_version(layout: Layout) -> str:
    """The version in pyproject.toml."""
    return tomllib.loads((layout.root / "pyproject.toml").read_text())["project"]["version"]


def part_sizes(site: Path) -> dict[str, int]:
    """Bytes of the site by part, each file counted as it travels: compressed where a variant is there."""
    sizes: dict[str, int] = {}
    for name in _names(site):
        if name.endswith(VARIANTS) and site.joinpath(name.rpartition(".")[0]).is_file():
            continue
        variant = site / (name + ".br")
        bytes_sent = (variant if variant.is_file() else site / name).stat().st_size
        part = _part(name)
        sizes[part] = sizes.get(part, 0) + bytes_sent
    return sizes


def _part(name: str) -> str:
    if name.endswith(".gguf"):
        return "embedded model"
    if name.startswith("py/pyodide-"):
        return "Pyodide"
    if name.endswith("snapshot.bin.gz"):
        return "memory snapshot"
    if name.startswith("py/"):
        return "wheels"
    if name.startswith(NEVER_PRECACHED_FOLDERS):
        return "screenshots, which only installing asks for"
    return "pages, worker and service worker"


def _not_shipped(layout: Layout):
    """The filter of what stays behind: tools' files at the top, type declarations everywhere."""

    def ignored(folder: str, names: list[str]) -> set[str]:
        top = Path(folder) == layout.web
        return {
            name
            for name in names
            if (top and name in NOT_SHIPPED) or name.endswith((".d.ts", ".d.mts")) or name == "tsconfig.json"
        }

    return ignored


def _name_of_build(site: Path) -> str:
    """The same for the same site, another for every other: 16 hex digits."""
    files = "\n".join(f"{name} {_sha256(site / name)}" for name in _names(site))
    return hashlib.sha256(files.encode()).hexdigest()[:16]


def _write_service_worker(layout: Layout, site: Path, build: str, headers: dict[str, str]) -> None:
    """Bundles `web/sw.js` with Workbox and with what it must know of the site, above all its files."""
    described = {
        "build": build,
        "files": [_precached(site, name) for name in _names(site) if _is_precached(name)],
        "headers": headers,
        "policyName": POLICY_NAME,
        "policedTypes": POLICED_TYPES,
    }
    facts = layout.work / "service-worker.json"
    facts.write_text(json.dumps(described))
    run(
        ["node", layout.web / "build" / "bundle-sw.mjs", site / "sw.js", facts],
        "correct web/sw.js and build again.",
    )


def _is_precached(name: str) -> bool:
    return Path(name).suffix not in NEVER_PRECACHED and not name.startswith(NEVER_PRECACHED_FOLDERS)


def _precached(site: Path, name: str) -> dict[str, Any]:
    """One file as Workbox wants it; the browser refuses one of another content."""
    checksum = _sha256(site / name)
    # A hashed name needs no revision: the browser's own cache may serve it at installation.
    revision = None if HASHED_NAME.search(name) else checksum[:16]
    integrity = "sha256-" + base64.b64encode(bytes.fromhex(checksum)).decode()
    return {"url": name, "revision": revision, "integrity": integrity}


def _compress(layout: Layout, site: Path) -> None:
    """Puts Brotli and gzip variants beside what is large and compressible; reuses those of earlier builds."""
    wanted = {
        name: _sha256(site / name)
        for name in _names(site)
        if Path(name).suffix in COMPRESSED_SUFFIXES and (site / name).stat().st_size >= COMPRESS_FROM_BYTES
    }
    layout.compressed.mkdir(parents=True, exist_ok=True)
    missing = [name for name, key in wanted.items() if not (layout.compressed / f"{key}.gz").is_file()]
    if missing:
        jobs = [[str(site / name), str(layout.compressed / wanted[name])] for name in missing]
        run(
            ["node", layout.web / "build" / "compress.mjs", json.dumps(jobs)],
            "check that the disk is not full and build again.",
        )
    for name, key in wanted.items():
        for variant in VARIANTS:
            shutil.copyfile(layout.compressed / (key + variant), site / (name + variant))


def _names(site: Path) -> Iterable[str]:
    """Every file's path relative to the site, sorted."""
    return sorted(path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file())


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
