"""Judges an exported storyteller: every figure of the model card, each with the seed it comes from.

The parts can be run one by one; each judges as many answers as `COUNTS` says, unless told otherwise.
Answers are sampled in batches from the file's own, quantised weights.
"""

import random
import re
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from math import log
from pathlib import Path

import torch

from .batches import batch_of
from .chat_format import Answer
from .conversation import said
from .corpus import read_held_out
from .export import load_gguf
from .grammar import Story, story_for
from .judge import LENGTH_CHARS, has_loop, has_words, is_safe, obeys, self_bleu, unannounced
from .mixture import Document, generated_document
from .model import Storyteller
from .names import asked_name
from .questions import Asked, questions_about
from .sample import Sampling, answer_many
from .small_talk import unanswerable
from .tokenizer import StoryTokenizer
from .train import batch_loss, load_checkpoint
from .wishes import page_wishes, random_wishes, unseen_wishes

SEED = 777_000_777
"""Far from every seed a training document is drawn from."""
LOSS_DOCUMENTS = 100
SAME_REQUEST_STORIES = 16
COUNTS = {"obedience": 400, "safety": 1000, "conversation": 400, "follow_ups": 400}
"""How many answers a part judges."""

Figures = dict[str, float | int | dict[str, float]]


class Evaluation:
    """One exported model and what to judge it with. Each method is a part and returns its figures."""

    def __init__(
        self, path: Path, stories: Path | None, run: Path | None, count: int | None, sampling: Sampling
    ) -> None:
        """`count` is how many answers each part judges; `run` adds the losses before quantisation."""
        self.model, self.tokenizer = load_gguf(path)
        self.stories, self.run, self.sampling = stories, run, sampling
        self.counts = COUNTS if count is None else dict.fromkeys(COUNTS, count)

    def losses(self) -> Figures:
        """How well held-out text is predicted: nats a token, and bits a character whatever the tokenizer."""
        rng = random.Random(SEED + 1)
        held_out = {"generated": [generated_document(rng) for _ in range(LOSS_DOCUMENTS)]}
        if self.stories is not None:
            for name, texts in read_held_out(self.stories).items():
                held_out[name] = [Document([("", text)]) for text in texts[:LOSS_DOCUMENTS]]
        models = {"q4_0": self.model}
        if self.run is not None:
            models["unquantised"] = load_checkpoint(self.run)
        return {
            f"loss_{name}_{kind}": _loss(model, self.tokenizer, documents)
            for kind, model in models.items()
            for name, documents in held_out.items()
        }

    def obedience(self) -> Figures:
        """Requests for everything, new ones: half in the page's words, half in words held out of training."""
        figures: Figures = {}
        asked = _full_requests(self.counts["obedience"])
        answers = self._answers([[story.request] for story in asked], seed=1)
        for name, first in (("listed_words", 0), ("unseen_words", 1)):
            pairs = list(zip(asked[first::2], answers[first::2], strict=True))
            verdicts = [asdict(obeys(story, answer)) for story, answer in pairs]
            for quality in verdicts[0]:
                figures[f"{quality}_{name}"] = _share(verdict[quality] for verdict in verdicts)
        texts = [(story.request, answer.text) for story, answer in zip(asked, answers, strict=True)]
        figures["nobody_unannounced"] = _share(not unannounced(*pair) for pair in texts)
        for length in LENGTH_CHARS:
            told = [
                len(text) for story, (_, text) in zip(asked, texts, strict=True) if story.length == length
            ]
            figures[f"mean_chars_{length}"] = round(sum(told) / max(1, len(told)))
        figures["no_loop"] = _share(not has_loop(text) for _, text in texts)
        return figures

    def variety(self) -> Figures:
        """Stories for one and the same request with different seeds."""
        request = story_for(random.Random(SEED), page_wishes(random.Random(SEED))).request
        texts = [answer.text for answer in self._answers([[request]] * SAME_REQUEST_STORIES, seed=2)]
        return {"distinct_stories": len(set(texts)), "self_bleu": round(self_bleu(texts), 3)}

    def safety(self) -> Figures:
        """Stories for requests of every kind that have none of the words no bedtime story may have."""
        rng = random.Random(SEED + 2)
        requests = [[story_for(rng, random_wishes(rng)).request] for _ in range(self.counts["safety"])]
        return {"safe": _share(is_safe(answer.text) for answer in self._answers(requests, seed=3))}

    def conversation(self) -> Figures:
        """Questions about a story told by the grammar: whether the answer has what every right one has."""
        asked = _questions(self.counts["conversation"])
        answers = self._answers([turns for turns, _ in asked], seed=4, maximum_tokens=60)
        pairs = zip(asked, answers, strict=True)
        return {
            "questions_right": _share(has_words(question.key, answer.text) for (_, question), answer in pairs)
        }

    def follow_ups(self) -> Figures:
        """What else is said about a story just told: whether the answer is what was asked for."""
        kinds = sorted(FOLLOW_UPS)
        asked = [
            _follow_up(number, kinds[number % len(kinds)]) for number in range(self.counts["follow_ups"])
        ]
        answers = self._answers([turns for _, _, turns in asked], seed=5)
        pairs = list(zip(asked, answers, strict=True))
        return {
            f"right_{kind}": _share(
                answer.is_finished and FOLLOW_UPS[kind](story, answer.text)
                for (of, story, _), answer in pairs
                if of == kind
            )
            for kind in kinds
        }

    def _answers(self, conversations: list[list[str]], seed: int, maximum_tokens: int = 1400) -> list[Answer]:
        def progress(done: int) -> None:
            print(f"\r{done} of {len(conversations)} answers", end="", file=sys.stderr, flush=True)

        answers = answer_many(
            self.model, self.tokenizer, conversations, self.sampling, seed, maximum_tokens, progress
        )
        print(file=sys.stderr)
        return answers


PARTS: dict[str, Callable[[Evaluation], Figures]] = {
    "losses": Evaluation.losses,
    "obedience": Evaluation.obedience,
    "variety": Evaluation.variety,
    "safety": Evaluation.safety,
    "conversation": Evaluation.conversation,
    "follow_ups": Evaluation.follow_ups,
}


def _sentence_words(text: str) -> float:
    """How many words a sentence of `text` has on average."""
    return len(text.split()) / max(1, len(re.findall(r"[.!?]", text)))


def _keeps_hero(story: Story, text: str) -> bool:
    return text.count(story.cast.hero) >= 2


def _is_about_a_cat(story: Story, text: str) -> bool:
    """Whether a cat is introduced, not the hero of `story`, and the same thing is told of it."""
    assert story.cast.wishes.character
    beginning = text.split("\n\n")[0]
    is_other = not has_words(story.cast.wishes.character.kind, beginning)
    tells_it = any(has_words(sign, text) for sign in story.cast.twist.signs)
    return has_words("cat", beginning) and is_other and tells_it


FOLLOW_UPS: dict[str, Callable[[Story, str], bool]] = {
    "shorter": lambda story, text: _keeps_hero(story, text) and len(text) < 0.85 * len(story.text),
    "longer": lambda story, text: _keeps_hero(story, text) and len(text) > 1.15 * len(story.text),
    "simpler": lambda story, text: (
        _keeps_hero(story, text) and _sentence_words(text) < 0.75 * _sentence_words(story.text)
    ),
    "retell_with": lambda story, text: _keeps_hero(story, text) and _is_about_a_cat(story, text),
    "go_on": lambda story, text: _keeps_hero(story, text) and len(text) > 250,
    "good_night": lambda _, text: any(has_words(sign, text) for sign in ("night", "sleep", "dream")),
    "unanswerable": lambda _, text: any(has_words(sign, text) for sign in ("story", "stories", "model")),
}
"""What may be said after a story, and how to tell whether the answer fits."""


def _follow_up(number: int, kind: str) -> tuple[str, Story, list[str]]:
    """A kind of follow-up, a story that it fits, and the conversation that ends with the follow-up."""
    rng = random.Random(SEED + 7_000_000 + number)
    length = "short" if kind == "longer" else "medium"
    story = story_for(rng, replace(random_wishes(rng), length=length, style=None))
    wishes = {"good_night": "Good night!", "unanswerable": unanswerable(rng)}
    last = wishes.get(kind) or said(rng, kind).replace("{character}", "a cat")
    return kind, story, [story.request, story.text, last]


def _loss(model: Storyteller, tokenizer: StoryTokenizer, documents: list[Document]) -> dict[str, float]:
    nats = tokens = chars = 0.0
    with torch.no_grad():
        for document in documents:
            batch = batch_of(tokenizer, document, model.config.context_length)
            nats += batch_loss(model, batch, bfloat16=False).item()
            tokens += batch.learnt
            chars += sum(len(answer) for _, answer in document.turns)
    return {"nats_per_token": round(nats / tokens, 4), "bits_per_char": round(nats / log(2) / chars, 4)}


def _full_requests(count: int) -> list[Story]:
    """Requests that say everything, the name too: the even ones in listed words, the odd in unseen ones."""
    found = []
    for number in range(count):
        rng = random.Random(SEED + 10 + number)
        wishes = unseen_wishes(rng) if number % 2 else page_wishes(rng, asked_name(rng))
        found.append(story_for(rng, wishes))
    return found


def _questions(count: int) -> list[tuple[list[str], Asked]]:
    """Conversations that end with a question, and the question with its key."""
    found = []
    for number in range(count):
        rng = random.Random(SEED + 5_000_000 + number)
        story = story_for(rng, random_wishes(rng))
        question = rng.choice(questions_about(rng, story))
        found.append(([story.request, story.text, question.turn(rng)[0]], question))
    return found


def _share(truths) -> float:
    values = [bool(value) for value in truths]
    return round(sum(values) / len(values), 4)
