"""A story that was told before, for tests that need none written."""

import json

from playwright.sync_api import BrowserContext

TALE = {
    "id": "a-tale",
    "title": "The sleepy bear and the lost toy",
    "wishes": {
        "character": "a sleepy bear",
        "setting": "in the forest",
        "twist": "a lost toy",
        "theme": "friendship",
        "length": "short",
        "child": "Mia",
    },
    "request": "Tell me a short story about a sleepy bear in the forest, with a lost toy. "
    "The story is about friendship. The story is for Mia.",
    "parts": [
        "Once there was a sleepy bear named Bruno, who lived in the forest.\n\n"
        '"Where is my ball?" asked Bruno. "It was here."\n\n'
        "It lay under the leaves. The end."
    ],
    "seed": 7,
    "hour": 21,
    "told": 1_767_225_600_000,
    "finished": True,
}
SENTENCES = [
    "Once there was a sleepy bear named Bruno, who lived in the forest.",
    "“Where is my ball?” asked Bruno.",
    "“It was here.”",
    "It lay under the leaves.",
    "The end.",
]


def open_with_tale(context: BrowserContext) -> None:
    """Lets every new tab of `context` open the story page with the tale on it, as after a reload."""
    kept = json.dumps(json.dumps(TALE))
    context.add_init_script(
        f"""if (location.protocol === "http:" && !sessionStorage.getItem("glowworm.tale")) {{
          sessionStorage.setItem("glowworm.tale", {kept});
        }}"""
    )
