"""`python -m glowworm_tools.site`: makes the static site, skipping what is up to date. Called by build.py."""

import argparse
import hashlib
import sys
from pathlib import Path

from glowworm_tools.site.assemble import assemble, check_replaceable
from glowworm_tools.site.layout import Layout
from glowworm_tools.steps import StepError, digest, exclusive, step


def build_site(layout: Layout, out: Path, base: str = "/") -> None:
    """Makes the site in `out`, for hosting at the path `base`.

    Raises:
        StepError: a step failed, or `out` is not ours to replace.
    """
    check_replaceable(layout, out)
    web, python = layout.web, layout.root / "py"
    manifests = [web / "package.json", web / "package-lock.json", python / "constraints.txt"]
    tools = [Path(__file__).parent, web / "build"]
    package = [python / "glowworm", layout.root / "kernels", layout.root / "pyproject.toml"]
    boot = [web / "worker" / "trampoline.js", web / "worker" / "wheel-folder.js"]

    def vendor() -> None:
        from glowworm_tools.site.vendored import vendor_packages

        vendor_packages(layout)

    def runtime() -> None:
        from glowworm_tools.site.runtime import build_runtime

        build_runtime(layout, layout.runtime)

    def kernels() -> None:
        from glowworm_tools.site.kernels import build_kernels

        build_kernels(layout.root / "kernels" / "wasm", layout.kernels)

    def site() -> None:
        for part, size in assemble(layout, out, base).items():
            print(f"    {size / 1e6:7.2f} MB  {part}")

    stamps = layout.stamps
    step("Vendored packages", layout.vendor, stamps / "vendor", digest([*manifests, *tools]), vendor)
    runtime_json = layout.runtime / "runtime.json"
    key = digest([*manifests, *tools, *package, *boot])
    step("Python for the page, with a memory snapshot", runtime_json, stamps / "runtime", key, runtime)
    key = digest(
        [layout.root / "kernels" / "wasm", python / "glowworm" / "devices" / "wasm", *manifests, *tools]
    )
    step("Kernels for the CPU", layout.kernels, stamps / "kernels", key, kernels)
    stamp = stamps / f"site-{hashlib.sha256(str(out).encode()).hexdigest()[:8]}"
    key = digest([web, runtime_json, layout.kernels, *tools], base)
    step(f"Site in {_short(out)}", out / "build.json", stamp, key, site)


def _short(path: Path) -> Path:
    """The path as a person would write it."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def main() -> int:
    """Parses the command line and builds."""
    parser = argparse.ArgumentParser(prog="python -m glowworm_tools.site", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder to write the site to; it is replaced")
    parser.add_argument("--base", default="/", help="path that the site will be served under")
    arguments = parser.parse_args()
    layout = Layout()
    try:
        with exclusive(layout.work / "lock"):
            build_site(layout, arguments.out.resolve(), arguments.base)
    except StepError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
