"""How turns are written as tokens, for training and for the exported file's chat template.

The shape is Gemma's: `<start_of_turn>user`, a line break, the text, `<end_of_turn>`, a line break.
"""

import random
import re
from dataclasses import dataclass
from string import ascii_lowercase

from .conversation import Turns
from .tokenizer import BOS, END_OF_TURN, EOS, START_OF_TURN, StoryTokenizer

CHAT_TEMPLATE = """\
{{- bos_token -}}
{%- set turns = messages -%}
{%- set preface = "" -%}
{%- if messages and messages[0]["role"] == "system" -%}
    {%- set preface = messages[0]["content"] | trim + "\\n\\n" -%}
    {%- set turns = messages[1:] -%}
{%- endif -%}
{%- for turn in turns -%}
    {%- if (turn["role"] == "user") != (loop.index0 % 2 == 0) -%}
        {{- raise_exception("The turns must alternate, beginning with the user's.") -}}
    {%- endif -%}
    {%- set speaker = "model" if turn["role"] == "assistant" else turn["role"] -%}
    {{- "<start_of_turn>" + speaker + "\\n" + (preface if loop.first else "") -}}
    {{- turn["content"] | trim + "<end_of_turn>\\n" -}}
{%- endfor -%}
{%- if add_generation_prompt -%}
    {{- "<start_of_turn>model\\n" -}}
{%- endif -%}
"""
"""Jinja2 source; wants `messages`, `bos_token`, `add_generation_prompt` and `raise_exception`."""

_WORD = re.compile(r"[^\W\d_]+")
_WITHIN_SENTENCE = tuple(f"{character} " for character in f"{ascii_lowercase},")
"""Ends of what stands before a capital that only a name can have."""


@dataclass(frozen=True)
class Answer:
    """What a model wrote in its turn."""

    text: str
    is_finished: bool
    """Whether the model ended its turn by itself, rather than by running out of room."""


def encode_turns(
    tokenizer: StoryTokenizer,
    turns: Turns,
    spelling: random.Random | None = None,
    is_cut: bool = False,
    copied_weight: float = 1.0,
) -> tuple[list[int], list[float]]:
    """Ids and, for each, how much it counts that the model learns to say it: 0 for what the user says.

    A story without a request stands bare between `<bos>` and `<eos>`; turns are written as the chat template
    writes them. With `spelling`, some of the words of the requests are spelled out. The last answer is left
    open if it `is_cut`. What an answer copies from its request with some effort counts `copied_weight`, all
    else that the model says 1.
    """
    ids, weights = [BOS], [0.0]

    def add(new: list[int], weight: float) -> None:
        ids.extend(new)
        weights.extend([weight] * len(new))

    newline = tokenizer.encode("\n")
    for number, (request, answer) in enumerate(turns, 1):
        if not request:
            add([*tokenizer.encode(answer), EOS], 1)
            continue
        add(_opening(tokenizer, "user"), 0)
        asked = tokenizer.encode_spelled(request, spelling) if spelling else tokenizer.encode(request)
        add([*asked, END_OF_TURN, *newline], 0)
        add(_opening(tokenizer, "model"), 0)
        answer_ids, copied = _with_copied(tokenizer, request, answer)
        ids += answer_ids
        weights += [copied_weight if is_copied else 1 for is_copied in copied]
        if not (is_cut and number == len(turns)):
            add([END_OF_TURN], 1)
            add(newline, 0)
    return ids, weights


def _with_copied(tokenizer: StoryTokenizer, request: str, answer: str) -> tuple[list[int], list[bool]]:
    """The ids of `answer` and which of them first repeat a word of `request` that must be put together.

    Those are words of several pieces, and names that the request writes small; and with each word the id that
    follows, or else it would count more to go on with a word than to end it.
    """
    ids, spans = tokenizer.encode_with_spans(answer)
    copied = [False] * len(ids)
    said = _WORD.findall(request)
    left = {word.lower() for word in said}
    at = 0
    for word in _WORD.finditer(answer):
        if word[0].lower() not in left:
            continue
        left.remove(word[0].lower())
        while spans[at][1] <= word.start():
            at += 1
        end = at
        while end < len(ids) and spans[end][0] < word.end():
            end += 1
        is_name = word[0].istitle() and answer[: word.start()].endswith(_WITHIN_SENTENCE)
        if end - at > 1 or (is_name and word[0] not in said):
            copied[at : end + 1] = [True] * (end + 1 - at)
    return ids, copied[: len(ids)]


def prompt_ids(tokenizer: StoryTokenizer, said: list[str]) -> list[int]:
    """The ids of what was `said`, by the user and the model in turns, up to where the model answers."""
    newline = tokenizer.encode("\n")
    ids = [BOS]
    for number, text in enumerate(said):
        speaker = "model" if number % 2 else "user"
        ids += [*_opening(tokenizer, speaker), *tokenizer.encode(text), END_OF_TURN, *newline]
    return ids + _opening(tokenizer, "model")


def _opening(tokenizer: StoryTokenizer, speaker: str) -> list[int]:
    return [START_OF_TURN, *tokenizer.encode(speaker), *tokenizer.encode("\n")]
