#!/usr/bin/env python3
"""Builds, serves, tests and measures Glowworm. Needs Python 3.11, Node 20 and the package registries only.

It makes an environment of its own in `.venv` and `web/node_modules`, and skips whatever is up to date.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT / "py"))

if sys.version_info < (3, 11):  # noqa: UP036  (whoever runs an older one should be told)
    sys.exit("Glowworm's tools need Python 3.11 or newer; run build.py with one.")

from glowworm_tools.arguments import port_number  # noqa: E402
from glowworm_tools.browser import chromium_path  # noqa: E402
from glowworm_tools.steps import StepError, digest, exclusive, run, step, timed  # noqa: E402

VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
WEB = ROOT / "web"
NODE_MODULES = WEB / "node_modules"
LOCK = ROOT / "build" / "lock"
OLDEST_NODE = 20
WIDER = {"site": ("test",), "convert": ("test",), "fetch": ("test",), "test": ()}
"""The sets of packages (extras of pyproject.toml), and which others include each."""


def main() -> int:
    """Runs the command line; returns the exit status."""
    words = sys.argv[1:]
    try:
        if words and words[0] in PASSING_ON:
            return PASSING_ON[words[0]](words[1:])
        arguments = _parser().parse_args(words)
        return arguments.command(arguments)
    except StepError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="build.py", description=__doc__)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    base = {"default": "/", "type": _base, "help": "path that the site is served under (default: /)"}

    text = "build the site and serve it on this machine"
    served = commands.add_parser("serve", help=text, description=text)
    served.add_argument(
        "--port", type=port_number, default=8000, help="the next free one if taken (default: 8000)"
    )
    served.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: this machine only)"
    )
    served.add_argument("--base", **base)
    served.set_defaults(command=serve)

    text = "build the static site, for any host"
    built = commands.add_parser("build", help=text, description=text)
    built.add_argument("--base", **base)
    built.add_argument("--out", type=Path, default=ROOT / "dist", help="folder to replace (default: dist)")
    built.set_defaults(command=build)

    for name, text in (
        ("test", "run all checks and tests; what follows goes to pytest, such as -k NAME"),
        ("bench", "measure in Chromium; `bench --help` tells what"),
        ("convert", "turn a Hugging Face checkpoint into GGUF; `convert --help` tells how"),
        ("fetch", "download weights to the cache; `fetch --help` tells how"),
    ):
        commands.add_parser(name, help=text)
    return parser


def serve(arguments: argparse.Namespace) -> int:
    """Builds the site if need be, then serves it until interrupted."""
    _make_site(ROOT / "dist", arguments.base)
    options = ["--base", arguments.base, "--host", arguments.host, "--port", str(arguments.port)]
    return _hand_over("glowworm_tools.server", "--site", str(ROOT / "dist"), *options)


def build(arguments: argparse.Namespace) -> int:
    """Builds the site."""
    _make_site(arguments.out.resolve(), arguments.base)
    return 0


def test(words: list[str]) -> int:
    """Installs what tests need, builds the site, runs pytest."""
    _require_node()
    _install("test")
    _install_node_modules("test")
    _install_system_packages()
    _make_site(ROOT / "dist", "/")
    return _hand_over("pytest", *words)


def bench(words: list[str]) -> int:
    """Measures the built site in Chromium."""
    _require_node()
    _install("test")
    _install_system_packages()
    _make_site(ROOT / "dist", "/")
    return _hand_over("glowworm_tools.bench", *words)


def convert(words: list[str]) -> int:
    """Converts a checkpoint."""
    _install("convert")
    return _hand_over("glowworm_tools.convert", *words)


def fetch(words: list[str]) -> int:
    """Fetches weights to the cache."""
    _install("fetch")
    return _hand_over("glowworm_tools.fetch", *words)


PASSING_ON = {"test": test, "bench": bench, "convert": convert, "fetch": fetch}
"""Commands that leave their arguments, --help included, to the tool that takes them."""


def _base(text: str) -> str:
    if not re.fullmatch(r"/([\w.~-]+/)*", text):
        raise argparse.ArgumentTypeError("must begin and end with a slash, such as /some/path/")
    return text


def _make_site(out: Path, base: str) -> None:
    _require_node()
    _install("site")
    _install_node_modules("site")
    # It tells its steps itself, as they happen.
    status = subprocess.call([PYTHON, "-m", "glowworm_tools.site", "--out", out, "--base", base], cwd=ROOT)
    if status:
        raise StepError("The site was not built; the step above says what to do.")


def _hand_over(module: str, *arguments: str) -> int:
    """Runs a module of the environment in this process's place, so that signals reach it."""
    command = [str(PYTHON), "-m", module, *arguments]
    if os.name != "posix":
        return subprocess.call(command)
    sys.stdout.flush()
    os.execv(command[0], command)


def _install(extra: str) -> None:
    """Brings `.venv` up to date with one set of Python packages."""

    def install() -> None:
        if not _works(PYTHON):
            shutil.rmtree(VENV, ignore_errors=True)
            run(
                [sys.executable, "-m", "venv", VENV],
                "install Python's venv module (Debian: python3-venv).",
                cwd=ROOT,
            )
        run(
            [
                *[PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"],
                *["-c", ROOT / "py" / "constraints.txt", "-e", f"{ROOT}[{extra}]"],
            ],
            "check that the Python package index can be reached and run the command again.",
        )

    key = digest([ROOT / "pyproject.toml", ROOT / "py" / "constraints.txt"], sys.version)
    _step_with_profiles(f"Python packages ({extra})", VENV, extra, key, install)


def _works(python: Path) -> bool:
    return python.exists() and subprocess.call([python, "-c", ""], stderr=subprocess.DEVNULL) == 0


def _require_node() -> None:
    """Fails at once, not after minutes of other steps."""
    version = run(["node", "--version"], f"install Node {OLDEST_NODE} or newer.").strip()
    if int(version.lstrip("v").partition(".")[0]) < OLDEST_NODE:
        raise StepError(f"Node {version} is too old; install Node {OLDEST_NODE} or newer.")
    if shutil.which("npm") is None:
        raise StepError("npm was not found; install it beside Node.")


def _install_node_modules(profile: str) -> None:
    """Brings `web/node_modules` up to date: what the site is made of, or also what checks it."""

    def install() -> None:
        omitted = [] if profile == "test" else ["--omit=dev"]
        run(
            [str(shutil.which("npm")), "ci", "--no-audit", "--no-fund", *omitted],
            "check that the npm registry can be reached and run the command again.",
            cwd=WEB,
        )

    key = digest([WEB / "package.json", WEB / "package-lock.json"])
    _step_with_profiles(f"npm packages ({profile})", NODE_MODULES, profile, key, install)


def _step_with_profiles(title: str, folder: Path, profile: str, key: str, action: Callable[[], None]) -> None:
    """A step that fills `folder`, unless it was filled for this profile or one that includes it."""

    def stamp(name: str) -> Path:
        return folder / f".glowworm-{name}"

    with exclusive(LOCK):
        done = [stamp(name) for name in (profile, *WIDER[profile])]
        current = next((path for path in done if path.is_file() and path.read_text() == key), done[0])
        step(title, folder, current, key, action)


def _install_system_packages() -> None:
    """Sees to a Chromium, and to a Vulkan driver for the native device, where this may install them."""
    may_install = os.name == "posix" and os.geteuid() == 0 and shutil.which("apt-get") is not None
    missing = []
    if chromium_path() is None and not _playwright_has_chromium():
        missing.append("chromium")
    if sys.platform == "linux" and not list(Path("/usr/share/vulkan/icd.d").glob("*.json")):
        missing.append("mesa-vulkan-drivers")

    def install() -> None:
        quiet = {"DEBIAN_FRONTEND": "noninteractive"}
        run(["apt-get", "update"], "check that Debian's package mirrors can be reached.", env=quiet)
        run(
            ["apt-get", "install", "--yes", "--no-install-recommends", *missing],
            f"install {' and '.join(missing)} by hand and run the command again.",
            env=quiet,
        )

    def install_chromium() -> None:
        run(
            [PYTHON, "-m", "playwright", "install", "chromium"],
            "install Chromium, or name one in GLOWWORM_CHROMIUM, and run the command again.",
        )

    if missing and may_install:
        timed(f"System packages: {', '.join(missing)}", install)
    elif "chromium" in missing:
        timed("Chromium, by Playwright", install_chromium)


def _playwright_has_chromium() -> bool:
    script = (
        "import os.path, sys; from playwright.sync_api import sync_playwright\n"
        "with sync_playwright() as p: sys.exit(not os.path.exists(p.chromium.executable_path))"
    )
    return subprocess.call([PYTHON, "-c", script], stderr=subprocess.DEVNULL) == 0


if __name__ == "__main__":
    sys.exit(main())
