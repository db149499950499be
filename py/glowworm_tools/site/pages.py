"""Writes into each page what it must know of its own build: its name, what it may do, what it is made of."""

import re
from html import escape
from os.path import relpath
from pathlib import Path

from glowworm_tools.site.headers import POLICY_NAME
from glowworm_tools.steps import StepError

FIRST_IN_HEAD = re.compile(r'( *)<meta charset="utf-8">\n')
MODULE = re.compile(r'( *)<script type="module" src="(\./[^"]+)"></script>\n')
IMPORT = re.compile(r'(?:^|;)(?:import|export)\b[^"\';]*?\bfrom\s*"(\.[^"]+)"', re.MULTILINE)
"""A static import, or an export of another module's names."""


def stamp_pages(site: Path, build: str, policy: str) -> None:
    """Puts two `<meta>` elements at the head of every page of `site`, and a `<link>` for each of its modules.

    The policy comes before everything that it governs. The build's name lets a page tell whether the service
    worker is of its own version. The links let the browser ask for all modules at once, rather than for each
    when the one that imports it has come.

    Raises:
        StepError: a page has no place for them.
    """
    for page in site.rglob("*.html"):
        text = page.read_text()
        found = FIRST_IN_HEAD.search(text)
        if found is None:
            raise StepError(f'{page.name} lacks <meta charset="utf-8"> on a line of its own; add it.')
        indent = found[1]
        fresh = (
            f'{indent}<meta http-equiv="{POLICY_NAME}" content="{escape(policy)}">\n'
            f'{indent}<meta name="build" content="{build}">\n'
        )
        text = text[: found.end()] + fresh + text[found.end() :]
        if script := MODULE.search(text):
            links = "".join(
                f'{script[1]}<link rel="modulepreload" href="{_address(module, page)}">\n'
                for module in imported_by(page.parent / script[2])
            )
            text = text[: script.end()] + links + text[script.end() :]
        page.write_text(text)


def imported_by(module: Path) -> list[Path]:
    """The modules that `module` imports, and those that they import, each once: near ones first."""
    found = [module.resolve()]
    for importer in found:
        for address in IMPORT.findall(importer.read_text()):
            imported = (importer.parent / address).resolve()
            if imported not in found:
                found.append(imported)
    return found[1:]


def _address(module: Path, page: Path) -> str:
    """Where a page finds a module: relative, as all addresses of a site are."""
    address = Path(relpath(module, page.parent.resolve())).as_posix()
    return address if address.startswith("../") else f"./{address}"
