"""Training text from two sources: the grammar, and a folder of openly licensed stories.

The folder (it is not part of the project) holds `stories.jsonl.xz`, a record each with source, licence, kind
and text, and `tinystories_valid_part.txt`, kept aside to measure on. Of the records only those kinds are used
that suit a small child and this model's size, under licences that allow it (`KINDS`, `LICENCES`).
"""

import json
import lzma
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .conversation import Turns, about_a_story, small_talk
from .grammar import random_story

KINDS = ("tiny story", "picture book")
LICENCES = ("CDLA-Sharing-1.0", "CC-BY 4.0")
UNSUITABLE = re.compile(
    r"\b(kill\w*|dead|dies|died|blood\w*|gun|guns|knife|murder\w*|drunk|beer|wine|hell|damn|slave\w*|hate[sd]?|stupid|ugly|war|weapon\w*|shot)\b",
    re.IGNORECASE,
)
MINIMUM_CHARS, MAXIMUM_CHARS = 250, 3200

_TYPOGRAPHY = str.maketrans(
    {"“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "…": "...", "\u00a0": " ", "é": "e"}
)


@dataclass(frozen=True)
class Document:
    """One training document: a conversation, or a bare story when `turns` has a single empty request."""

    turns: Turns


def clean(text: str) -> str:
    """`text` in plain typography, with one blank line between paragraphs."""
    text = text.translate(_TYPOGRAPHY)
    paragraphs = (re.sub(r"\s+", " ", paragraph).strip() for paragraph in re.split(r"\n\s*\n", text))
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def is_suitable(record: dict[str, str]) -> bool:
    """Whether a record's kind, licence, length and words let it into the training text."""
    text = record["text"]
    return (
        record["kind"] in KINDS
        and record["licence"].startswith(LICENCES)
        and MINIMUM_CHARS <= len(text) <= MAXIMUM_CHARS
        and text.replace("\n", "").isprintable()
        and UNSUITABLE.search(text) is None
        and text.rstrip()[-1] in '.!?"'
    )


def read_stories(folder: Path) -> list[str]:
    """The suitable stories of `folder`, cleaned, in the file's order."""
    with lzma.open(folder / "stories.jsonl.xz", "rt", encoding="utf-8") as lines:
        records = (json.loads(line) for line in lines)
        cleaned = ({**record, "text": clean(record["text"])} for record in records)
        return [record["text"] for record in cleaned if is_suitable(record)]


def read_held_out(folder: Path) -> list[str]:
    """TinyStories kept for measuring, cleaned; the part's first fragment is left out."""
    text = (folder / "tinystories_valid_part.txt").read_text(encoding="utf-8")
    stories = re.split(r"\n\n(?=Once upon a time|One day|There was once|Once there was)", text)[1:]
    return [clean(story) for story in stories]


def generated_document(rng: random.Random) -> Document:
    """A fresh document from the grammar: a story, a conversation about one, or small talk."""
    draw = rng.random()
    if draw < 0.72:
        story = random_story(rng)
        return Document([(story.request, story.text)])
    return Document(about_a_story(rng) if draw < 0.92 else small_talk(rng))


def training_documents(stories: list[str], seed: int, read_share: float) -> Iterator[Document]:
    """An endless mixture: `read_share` of the documents are from `stories`, the others generated.

    The read stories stand bare, without a request: they widen the model's language, while the answers
    keep to the grammar's plots, which a model this small can hold together.
    """
    rng = random.Random(seed)
    while True:
        if rng.random() < read_share:
            yield Document([("", rng.choice(stories))])
        else:
            yield generated_document(rng)
