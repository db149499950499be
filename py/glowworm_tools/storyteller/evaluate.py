"""Judges an exported storyteller: how well it predicts held-out text, and whether it tells what was asked.

All judging is by script: a story counts as having its setting or twist when it uses a phrase that
belongs to it.
"""

import random
from dataclasses import dataclass
from pathlib import Path

from .batches import Batch, batch_of
from .choices import SETTINGS
from .corpus import Document, generated_document, read_held_out
from .export import load_gguf
from .grammar import Story, random_story, story_kind
from .plots import PLOTS
from .sample import Answer, Sampling, answer_many
from .tokenizer import StoryTokenizer
from .train import load_checkpoint, mean_loss

EVALUATION_SEED = 777_000_777
"""Far from every seed a training batch is drawn from."""
LOSS_DOCUMENTS = 100
NGRAM = 4

LENGTH_CHARS = {"short": (900, 1650), "medium": (1300, 2200), "long": (1700, 2800)}


@dataclass(frozen=True)
class Verdict:
    """What is true of one answer to a request that said everything."""

    hero: bool
    name: bool
    setting: bool
    twist: bool
    length: bool
    proper_end: bool
    no_loop: bool


def judge(story: Story, answer: Answer) -> Verdict:
    """Holds `answer` against what `story`'s wishes asked for."""
    wishes, text = story.wishes, answer.text
    lower = text.lower()
    setting = next(setting for setting in SETTINGS if setting.phrase == wishes.setting)
    shortest, longest = LENGTH_CHARS[wishes.length or ""]
    return Verdict(
        hero=story_kind(wishes.character or "").lower() in lower,
        name=text.count(wishes.name or "") >= 2,
        setting=any(sign in lower for sign in (setting.phrase, setting.home, *setting.spots)),
        twist=any(word in lower for word in PLOTS[wishes.twist or ""].signs),
        length=shortest <= len(text) <= longest,
        proper_end=answer.is_finished and text.rstrip().endswith((".", "!", '."', '!"')),
        no_loop=not has_loop(text),
    )


def has_loop(text: str) -> bool:
    """Whether some four words follow one another more often than any story of the grammar has them."""
    words = text.lower().split()
    seen: dict[tuple[str, ...], int] = {}
    for start in range(len(words) - NGRAM + 1):
        gram = tuple(words[start : start + NGRAM])
        seen[gram] = seen.get(gram, 0) + 1
    return max(seen.values(), default=0) >= 6


def overlap(first: str, second: str) -> float:
    """The share of `first`'s four-word sequences that `second` has too."""
    grams = [
        set(zip(*(words[i:] for i in range(NGRAM)), strict=False))
        for words in (first.lower().split(), second.lower().split())
    ]
    return len(grams[0] & grams[1]) / max(1, len(grams[0]))


def evaluate(path: Path, stories_folder: Path, run_folder: Path | None, count: int) -> dict[str, object]:
    """Every figure of the model card, by name; losses in nats per token."""
    model, tokenizer = load_gguf(path)
    held_out = {
        "generated": _batches(tokenizer, _generated(LOSS_DOCUMENTS), model.config.context_length),
        "tinystories": _batches(tokenizer, _tinystories(stories_folder), model.config.context_length),
    }
    figures: dict[str, object] = {
        f"loss_{name}": round(mean_loss(model, batches), 4) for name, batches in held_out.items()
    }
    if run_folder is not None:
        unquantised = load_checkpoint(run_folder)
        for name, batches in held_out.items():
            figures[f"loss_{name}_unquantised"] = round(mean_loss(unquantised, batches), 4)
    asked = full_requests(count)
    answers = answer_many(model, tokenizer, [[story.request] for story in asked], Sampling(), seed=1)
    verdicts = [judge(story, answer) for story, answer in zip(asked, answers, strict=True)]
    for quality in Verdict.__dataclass_fields__:
        figures[quality] = round(sum(getattr(verdict, quality) for verdict in verdicts) / count, 3)
    same = answer_many(model, tokenizer, [[asked[0].request]] * 8, Sampling(), seed=2)
    pairs = [overlap(a.text, b.text) for a in same for b in same if a is not b]
    figures["overlap_same_request"] = round(sum(pairs) / len(pairs), 3)
    return figures


def full_requests(count: int) -> list[Story]:
    """Requests that say everything, the hero's name too, with the grammar's own answers."""
    rng = random.Random(EVALUATION_SEED)
    found: list[Story] = []
    while len(found) < count:
        story = random_story(rng)
        wishes = story.wishes
        said = (wishes.character, wishes.setting, wishes.twist, wishes.theme, wishes.length, wishes.name)
        if all((wish or "") in story.request for wish in said):
            found.append(story)
    return found


def _generated(count: int) -> list[Document]:
    rng = random.Random(EVALUATION_SEED + 1)
    return [generated_document(rng) for _ in range(count)]


def _tinystories(folder: Path) -> list[Document]:
    return [Document([("", text)]) for text in read_held_out(folder)[:LOSS_DOCUMENTS]]


def _batches(tokenizer: StoryTokenizer, documents: list[Document], context_length: int) -> list[Batch]:
    """Each document in a batch of its own, so that none is passed over."""
    return [batch_of(tokenizer, document, context_length) for document in documents]
