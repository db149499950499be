"""The client API's type declarations, which TypeScript's compiler writes from the comments in the modules."""

import re
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from glowworm_tools.site.layout import Layout
from glowworm_tools.steps import run

IMPORTED = re.compile(r"""(?:from|import\()\s*["'](\.[^"']+)\.js["']""")
API = "glowworm.d.ts"


def write_declarations(layout: Layout, site: Path) -> None:
    """Puts `glowworm.d.ts` beside `glowworm.js` in `site`, and what it refers to beside theirs.

    Raises:
        StepError: the compiler could not read the modules.
    """
    compiler = layout.node_modules / "typescript" / "bin" / "tsc"
    with TemporaryDirectory() as folder:
        run(
            ["node", compiler, "-p", layout.web / "build" / "declarations.json", "--outDir", folder],
            "correct what it names in web/ and build again.",
        )
        for name in _closure(Path(folder)):
            shutil.copyfile(Path(folder, name), site / name)


def _closure(folder: Path) -> set[str]:
    """The declarations that the API's own refer to, one way or another."""
    found: set[str] = set()
    waiting = [folder / API]
    while waiting:
        path = waiting.pop()
        name = path.relative_to(folder).as_posix()
        if name in found:
            continue
        found.add(name)
        waiting += [
            (path.parent / f"{module}.d.ts").resolve() for module in IMPORTED.findall(path.read_text())
        ]
    return found
