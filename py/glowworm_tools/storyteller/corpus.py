"""Read stories: licensed text that is not part of the project, chosen and cut for training.

`stories.jsonl.xz` holds one record a line with source, licence, kind, title and text;
`tinystories_valid_part.txt` holds stories kept aside to measure on. Tiny stories and picture books are read
whole; fairy tales and books are cut into passages that begin and end with a paragraph. What does not suit a
child is left out passage by passage (`suitability.py`), and so are a few books that are not for children.
One fairy tale in fifteen is held out to measure on.
"""

import json
import lzma
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .suitability import is_suitable

LICENCES = ("CDLA-Sharing-1.0", "CC-BY 4.0", "Apache-2.0", "public domain")
WHOLE_KINDS = ("tiny story", "picture book")
TITLES_LEFT_OUT = (
    "Children-s-Literature",
    "The-Little-Colonel",
    "How-to-Tell-Stories",
    "Childhood-s-Favorites",
    "The-Story-of-Doctor-Dolittle",
)
"""Text books about stories, a novel for older children, and collections known for dated words."""
FAIRY_TALES_HELD_OUT_ONE_IN = 15
MINIMUM_CHARS, MAXIMUM_CHARS = 250, 3600
LONG_PARAGRAPH_CHARS = 120
PASSAGE_CHARS = 1500
"""A passage ends with the first paragraph that brings it to this length."""

_NOT_A_STORY = re.compile(
    r"\[|\*|https?:|www\.|(?-i:[A-Z]{6})|\b(?:preface|introduction|notes?|editor|edition|gutenberg|copyright|publish\w*"
    r"|illustrat\w*|chapter|volume|author|folk-?lore|version|translat\w*|pp?\.|(?-i:[IVXL]{3,}\.))(?!\w)",
    re.IGNORECASE,
)
"""Marks of what stands around the stories in a book."""
_TYPOGRAPHY = str.maketrans(
    {"“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "—": " - ", "…": "...", "\u00a0": " ", "_": ""}
)


@dataclass(frozen=True)
class ReadStory:
    """A read text: `is_whole` where it is a story from beginning to end, not a passage."""

    text: str
    is_whole: bool


def clean(text: str) -> str:
    """`text` in plain typography, with one blank line between paragraphs."""
    text = text.translate(_TYPOGRAPHY).replace("''", '"').replace("--", " - ")
    paragraphs = (re.sub(r"\s+", " ", paragraph).strip() for paragraph in re.split(r"\n\s*\n", text))
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def is_story(text: str) -> bool:
    """Whether `text` reads as a story that suits a child: of the right length, finished, and fit to print."""
    return (
        MINIMUM_CHARS <= len(text) <= MAXIMUM_CHARS
        and text.rstrip()[-1] in ".!?\"'"
        and text[0].isupper() | (text[0] == '"')
        and text.isascii()
        and _NOT_A_STORY.search(text) is None
        and is_suitable(text)
    )


def is_fairy_tale_held_out(title: str) -> bool:
    return zlib.crc32(title.lower().encode()) % FAIRY_TALES_HELD_OUT_ONE_IN == 0


def read_stories(folder: Path) -> list[ReadStory]:
    """The suitable text of `folder`, cleaned, in the file's order, without what is held out."""
    found = []
    for record in _records(folder):
        if not record["licence"].startswith(LICENCES) or _is_left_out(record):
            continue
        text, is_whole = clean(record["text"]), record["kind"] in WHOLE_KINDS
        pieces = [text] if is_whole else passages(text)
        found += [ReadStory(piece, is_whole) for piece in pieces if is_story(piece)]
    return found


def read_held_out(folder: Path) -> dict[str, list[str]]:
    """Text kept aside to measure on, cleaned: `tinystories` and passages of `fairy_tales`.

    Some tales stand in several books; a passage that is also in a book which is read is not given.
    """
    known = {paragraph for story in read_stories(folder) for paragraph in _long_paragraphs(story.text)}
    text = (folder / "tinystories_valid_part.txt").read_text(encoding="utf-8")
    tiny = re.split(r"\n\n(?=Once upon a time|One day|There was once|Once there was)", text)[1:]
    tales = [
        piece
        for record in _records(folder)
        if record["kind"] == "fairy tale" and is_fairy_tale_held_out(record["title"])
        for piece in passages(clean(record["text"]))
        if is_story(piece) and known.isdisjoint(_long_paragraphs(piece))
    ]
    return {"tinystories": [clean(story) for story in tiny], "fairy_tales": tales}


def _long_paragraphs(text: str) -> list[str]:
    """The paragraphs of `text` that are too long to be the same by chance."""
    return [paragraph for paragraph in text.split("\n\n") if len(paragraph) >= LONG_PARAGRAPH_CHARS]


def passages(text: str) -> list[str]:
    """`text` cut at paragraphs into pieces of about `PASSAGE_CHARS`; the rest at the end is the last."""
    pieces: list[str] = []
    piece = ""
    for paragraph in text.split("\n\n"):
        piece = f"{piece}\n\n{paragraph}" if piece else paragraph
        if len(piece) >= PASSAGE_CHARS:
            pieces.append(piece)
            piece = ""
    return [*pieces, piece] if piece else pieces


def _is_left_out(record: dict[str, str]) -> bool:
    title = record["title"] or ""
    if record["kind"] == "fairy tale":
        return is_fairy_tale_held_out(title)
    return title.startswith(TITLES_LEFT_OUT)


def _records(folder: Path) -> Iterator[dict[str, str]]:
    with lzma.open(folder / "stories.jsonl.xz", "rt", encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines)
