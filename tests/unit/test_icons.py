"""The pages' icons: exactly those that are used are taken from the package."""

import json
import re
from pathlib import Path

import pytest
from glowworm_tools.site.layout import Layout
from glowworm_tools.site.vendored import vendor_packages
from glowworm_tools.steps import StepError

WEB = Path(__file__).parents[2] / "web"
USES = re.compile(r"""(?:icons\.svg#|\b(?:icon|iconElement|iconButton)\(\s*"|\bsymbol: ")([a-z0-9-]+)""")


def test_listed_icons_are_those_in_use() -> None:
    sources = [WEB / "index.html", *(WEB / "story").rglob("*"), *(WEB / "chat").rglob("*")]
    sources += (WEB / "components").rglob("*")
    used = {
        name for path in sources if path.suffix in {".html", ".js"} for name in USES.findall(path.read_text())
    }
    assert used == set(json.loads((WEB / "package.json").read_text())["icons"]["names"])


def test_icons_become_symbols_of_one_file(tmp_path: Path) -> None:
    icons = tmp_path / "web" / "node_modules" / "package" / "icons"
    icons.mkdir(parents=True)
    (icons / "sun.svg").write_text(
        '<!-- by -->\n<svg\n  width="24"\n>\n  <path d="M1 2" />\n  <circle r="4" />\n</svg>\n'
    )
    listed = {"vendor": {}, "icons": {"from": "package/icons", "names": ["sun"]}}
    (tmp_path / "web" / "package.json").write_text(json.dumps(listed))
    vendor_packages(Layout(tmp_path))
    text = (tmp_path / "web" / "vendor" / "icons.svg").read_text()
    assert '<symbol id="sun" viewBox="0 0 24 24"><path d="M1 2" /><circle r="4" /></symbol>' in text
    listed["icons"]["names"].append("moon")
    (tmp_path / "web" / "package.json").write_text(json.dumps(listed))
    with pytest.raises(StepError, match="no icon called moon"):
        vendor_packages(Layout(tmp_path))
