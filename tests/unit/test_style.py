"""The whole tree passes its linters and type checkers."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NODE_MODULES = ROOT / "web" / "node_modules"

CHECKS = {
    "ruff check": [sys.executable, "-m", "ruff", "check", "--quiet", "."],
    "ruff format": [sys.executable, "-m", "ruff", "format", "--quiet", "--check", "."],
    "pyright": ["node", NODE_MODULES / "pyright" / "index.js", "--pythonpath", sys.executable],
    "tsc, pages": ["node", NODE_MODULES / "typescript" / "bin" / "tsc", "-p", "web"],
    "tsc, worker": ["node", NODE_MODULES / "typescript" / "bin" / "tsc", "-p", "web/worker"],
    "tsc, build": ["node", NODE_MODULES / "typescript" / "bin" / "tsc", "-p", "web/build"],
}


@pytest.mark.parametrize("name", CHECKS)
def test_tree_passes(name: str) -> None:
    checked = subprocess.run(CHECKS[name], cwd=ROOT, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_type_checker_finds_a_mistake(tmp_path: Path) -> None:
    """The check can fail: a configuration that looks at nothing would pass everything."""
    copy = tmp_path / "web"
    shutil.copytree(ROOT / "web", copy, ignore=shutil.ignore_patterns("node_modules", "models"))
    (copy / "node_modules").symlink_to(NODE_MODULES)
    for folder in (".", "worker", "build"):
        (copy / folder / "mistake.js").write_text('/** @type {number} */\nexport const wrong = "text";\n')
        command = [*CHECKS["tsc, pages"][:3], folder]
        checked = subprocess.run(command, cwd=copy, capture_output=True, text=True)
        assert "mistake.js" in checked.stdout, folder
