"""What the story page offers, and how it phrases a request.

The page reads both from `web/story/choices.json`, which `python -m glowworm_tools.storyteller choices`
writes from here.
"""

import json

from .data import read, words
from .heroes import PAGE_CHARACTERS
from .lessons import PAGE_THEMES
from .places import PAGE_PLACES
from .plots import PAGE_PLOTS
from .wording import capitalise

LENGTHS = words(read("choices")["lengths"])
REQUEST_TEMPLATE: str = read("choices")["template"]
"""How the story page asks; every slot takes a phrase from the lists."""


def story_request(*, character: str, setting: str, twist: str, theme: str, length: str) -> str:
    """The request, in words, for a story with these choices (phrases such as "a little fox")."""
    return REQUEST_TEMPLATE.format(
        character=character, setting=setting, twist=twist, theme=theme, length=length
    )


def choices_json() -> str:
    """What the story page needs: for each combobox its options, label and phrase, and the template."""

    def options(phrases: tuple[str, ...]) -> list[dict[str, str]]:
        return [{"label": capitalise(phrase), "phrase": phrase} for phrase in phrases]

    data = {
        "template": REQUEST_TEMPLATE,
        "character": options(tuple(character.phrase for character in PAGE_CHARACTERS)),
        "setting": options(tuple(place.phrase for place in PAGE_PLACES)),
        "twist": options(tuple(plot.page or "" for plot in PAGE_PLOTS)),
        "theme": options(PAGE_THEMES),
        "length": options(LENGTHS),
    }
    return json.dumps(data, indent=2) + "\n"
