"""How pages look and read: pictures at the sizes they are made for, and what axe finds wrong with them."""

import os
from pathlib import Path

from playwright.sync_api import Page

ROOT = Path(__file__).parents[1]
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
SIZES = {"phone": (390, 844), "tablet": (768, 1024), "desktop": (1440, 900)}
NARROWEST = (320, 640)
SCHEMES = ("light", "dark")


def pictures_folder() -> Path:
    """Where pictures go: the folder that GLOWWORM_PICTURES names, or one for intermediate results."""
    folder = Path(os.environ.get("GLOWWORM_PICTURES") or ROOT / "build" / "screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def take_pictures(page: Page, name: str) -> None:
    """Takes `page` as it is now, at every size in light and in dark: `NAME-SIZE-SCHEME.png`.

    Nothing may reach beyond the page's edge, at the narrowest size neither.
    """
    for size, (width, height) in {**SIZES, "narrow": NARROWEST}.items():
        page.set_viewport_size({"width": width, "height": height})
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            page.wait_for_timeout(150)  # transitions of colour
            page.screenshot(path=pictures_folder() / f"{name}-{size}-{scheme}.png")
        assert overflowing(page) == [], f"{name} at {width} px"
    page.emulate_media(color_scheme=None)


def overflowing(page: Page) -> list[str]:
    """What reaches beyond the right edge of the window, unless an element around it scrolls or hides it."""
    return page.evaluate(
        """() => {
          const clips = (element) => getComputedStyle(element).overflowX !== "visible";
          const clipped = (element) => {
            const around = element.parentElement;
            return around !== null && around !== document.body && (clips(around) || clipped(around));
          };
          return [...document.body.querySelectorAll("*")]
            .filter((element) => element.checkVisibility() && !element.closest(".visually-hidden"))
            .filter((element) => element.getBoundingClientRect().right > innerWidth + 1 && !clipped(element))
            .map((element) => element.outerHTML.slice(0, 120));
        }"""
    )


def axe_findings(page: Page) -> list[str]:
    """What axe finds wrong with the page as it is now, in light and in dark: a line for each element."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())
    findings: list[str] = []
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        page.wait_for_timeout(300)  # transitions would be taken for faint colours
        findings += page.evaluate(
            """async (scheme) => {
              const { violations } = await axe.run(document, { preload: false, resultTypes: ["violations"] });
              return violations.flatMap(({ id, nodes }) =>
                nodes.map((node) => `${scheme}: ${id}: ${node.html.slice(0, 160)}: ${node.failureSummary}`));
            }""",
            scheme,
        )
    page.emulate_media(color_scheme=None)
    return findings
