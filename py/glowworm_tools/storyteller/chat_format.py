"""How turns are written as tokens, for training and for the exported file's chat template.

The shape is Gemma's: `<start_of_turn>user`, a line break, the text, `<end_of_turn>`, a line break.
"""

import random
from dataclasses import dataclass

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


@dataclass(frozen=True)
class Answer:
    """What a model wrote in its turn."""

    text: str
    is_finished: bool
    """Whether the model ended its turn by itself, rather than by running out of room."""


def encode_turns(
    tokenizer: StoryTokenizer, turns: Turns, spelling: random.Random | None = None, is_cut: bool = False
) -> tuple[list[int], list[bool]]:
    """Ids and, for each, whether the model is to learn to say it: its own turns, not the user's.

    A story without a request stands bare between `<bos>` and `<eos>`; turns are written as the chat template
    writes them. With `spelling`, some of the words of the requests are spelled out. The last answer is left
    open if it `is_cut`.
    """
    ids, said = [BOS], [False]

    def add(new: list[int], by_model: bool) -> None:
        ids.extend(new)
        said.extend([by_model] * len(new))

    newline = tokenizer.encode("\n")
    for number, (request, answer) in enumerate(turns, 1):
        if not request:
            add([*tokenizer.encode(answer), EOS], True)
            continue
        add(_opening(tokenizer, "user"), False)
        asked = tokenizer.encode_spelled(request, spelling) if spelling else tokenizer.encode(request)
        add([*asked, END_OF_TURN, *newline], False)
        add(_opening(tokenizer, "model"), False)
        add(tokenizer.encode(answer), True)
        if not (is_cut and number == len(turns)):
            add([END_OF_TURN], True)
            add(newline, False)
    return ids, said


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
