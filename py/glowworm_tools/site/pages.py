"""Writes into each page what it must know of its own build: which one it is, and what it may do."""

import re
from html import escape
from pathlib import Path

from glowworm_tools.site.headers import POLICY_NAME
from glowworm_tools.steps import StepError

FIRST_IN_HEAD = re.compile(r'( *)<meta charset="utf-8">\n')


def stamp_pages(site: Path, build: str, policy: str) -> None:
    """Puts two `<meta>` elements at the head of every page of `site`.

    The policy comes before everything that it governs. The build's name lets a page tell whether the service
    worker is of its own version.

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
        page.write_text(text[: found.end()] + fresh + text[found.end() :])
