"""The words and templates the stories are made of: TOML files in the package's `data` folder."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "data"


@cache
def read(name: str) -> dict[str, Any]:
    """The file `name` (without `.toml`) of the data folder."""
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def words(text: str) -> tuple[str, ...]:
    """The entries of a list that is written in one string, `"kettle, lamp, door handle"`."""
    return tuple(word.strip() for word in text.split(","))
