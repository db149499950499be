"""Conversations to token ids, by the chat template that a model was trained with.

A template writes its markup and the messages into one string, in which a user's ``<end_of_turn>`` looks
like the template's own. So before rendering, every place in a message where a special token could begin
is broken by a private mark; the special tokens of the rendered text are then all the template's, and the
marks are taken out of the text between them.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from jinja2 import TemplateSyntaxError

from ..errors import PromptError, TokenizerError
from .budget import BoundsExceededError
from .builtin_templates import BUILT_IN_TEMPLATES
from .sandbox import BoundedTemplate, TemplateRefusalError
from .tokenizer import Tokenizer

Message = Mapping[str, Any]
"""``role`` and ``content``: a string, or a list of parts ``{"type": "text", "text": …}``."""

ROLES = ("system", "user", "assistant", "tool")
# Fields of a message whose value the template compares, and no user writes.
_STRUCTURAL = frozenset({"role", "type"})


class ChatTemplate:
    """One file's chat template, or its family's built-in one."""

    def __init__(
        self,
        source: str,
        special_tokens: Mapping[str, str],
        required_markup: Sequence[str] = (),
        now: Callable[[], datetime] = datetime.now,
    ) -> None:
        """``special_tokens`` are the template's ``bos_token``, ``eos_token`` and the like.

        Raises `TokenizerError` for a template that does not compile.
        """
        self.source = source
        self._special_tokens = dict(special_tokens)
        self._required_markup = tuple(required_markup)
        self._shield: _Shield | None = None
        try:
            self._template = BoundedTemplate(source, now)
        except TemplateSyntaxError as error:
            raise TokenizerError(
                f"This file's chat template cannot be read (line {error.lineno}: {error.message}); "
                "use another file."
            ) from error
        except BoundsExceededError as error:
            raise _refused(error) from error

    @classmethod
    def from_gguf(
        cls, metadata: Mapping[str, Any], family: str, *, now: Callable[[], datetime] = datetime.now
    ) -> "ChatTemplate":
        """The template at ``tokenizer.chat_template``, or else the built-in one of ``family``.

        ``family`` is ``gemma3``, ``llama3`` or ``phi3``, or a GGUF architecture. Raises `TokenizerError`
        if there is neither, or if the template does not compile.
        """
        special_tokens = {f"{role}_token": _special_text(metadata, role) for role in ("bos", "eos")}
        source = metadata.get("tokenizer.chat_template")
        if isinstance(source, str) and source.strip():
            return cls(source, special_tokens, now=now)
        if family not in BUILT_IN_TEMPLATES:
            raise TokenizerError(
                "This file says nothing of how conversations are written for its model "
                "(tokenizer.chat_template is missing); use a file of an instruction-tuned model."
            )
        built_in = BUILT_IN_TEMPLATES[family]
        return cls(built_in.source, special_tokens, built_in.markup, now)

    def render(self, messages: Sequence[Message], add_generation_prompt: bool = True) -> str:
        """The conversation as the model sees it, for people to read.

        Raises `PromptError` for a conversation that is malformed or that the template refuses, and
        `TokenizerError` for a template that fails or outgrows its bounds.
        """
        _check_messages(messages)
        return self._render(messages, add_generation_prompt)

    def encode(
        self, messages: Sequence[Message], tokenizer: Tokenizer, *, add_generation_prompt: bool = True
    ) -> list[int]:
        """The token ids of the conversation, ready for the model.

        No special token comes from a message, whatever it spells; those of the template do. The ids begin
        with exactly one beginning-of-text token where the template writes one or the file asks for one.
        With ``add_generation_prompt`` they end where the assistant's answer begins. Raises as `render` does.
        """
        for text in self._required_markup:
            if tokenizer.id_of(text) is None:
                raise TokenizerError(
                    f"This file carries no chat template, and its vocabulary has no {text}, which the "
                    "usual template of its family needs; use a file of an instruction-tuned model."
                )
        _check_messages(messages)
        if self._shield is None or self._shield.tokenizer is not tokenizer:
            self._shield = _Shield(tokenizer)
        mark = _unused_character(messages, self.source)
        rendered = self._render(self._shield.cover(messages, mark), add_generation_prompt)

        ids: list[int] = []
        for part in tokenizer.split_special(rendered):
            if isinstance(part, int):
                ids.append(part)
            else:
                ids += tokenizer.encode(part.replace(mark, ""), bos=False)
        return _with_one_bos(ids, tokenizer)

    def _render(self, messages: Sequence[Message], add_generation_prompt: bool) -> str:
        variables = {
            "messages": [dict(message) for message in messages],
            "add_generation_prompt": add_generation_prompt,
            "tools": None,
            "documents": None,
            **self._special_tokens,
        }
        try:
            return self._template.render(variables)
        except TemplateRefusalError as error:
            raise PromptError(
                f"The model's chat template refuses this conversation: {_one_line(error)}"
            ) from error
        except BoundsExceededError as error:
            raise _refused(error) from error
        except Exception as error:  # a template is a program: it may fail in any way a program can
            raise TokenizerError(
                f"This file's chat template failed ({type(error).__name__}: {_one_line(error)}); "
                "use another file, or leave out what it cannot handle."
            ) from error


class _Shield:
    """Puts a mark into every string of a message where a special token could begin or go on."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        texts = [text for text in tokenizer.special_texts if len(text) > 1]
        self._joined = "\0" + "\0".join(texts) + "\0"
        self._longest = max(map(len, texts), default=0)
        self._firsts = {text[0] for text in texts}
        self._lasts = {text[-1] for text in texts}

    def cover(self, value: Any, mark: str, field: str = "") -> Any:
        """A copy of messages, or of a part of them, with all strings marked."""
        if isinstance(value, str):
            return value if field in _STRUCTURAL else self._cover_string(value, mark)
        if isinstance(value, Mapping):
            return {key: self.cover(item, mark, key) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.cover(item, mark, field) for item in value]
        return value

    def _cover_string(self, text: str, mark: str) -> str:
        # Templates trim, so the beginning and the end that count are those without white space.
        begin = len(text) - len(text.lstrip())
        end = len(text.rstrip())
        cuts = {position + 1 for position in self.tokenizer.special_matcher.starts(text)}
        cuts |= {position + 1 for position in self._openings_at_end(text, end)}
        if self._continues(text[begin:end]):
            cuts.add(begin)
        pieces = []
        position = 0
        for cut in sorted(cuts):
            pieces.append(text[position:cut])
            position = cut
        pieces.append(text[position:])
        return mark.join(pieces)

    def _openings_at_end(self, text: str, stop: int) -> list[int]:
        """Where a special token begins that what follows the text could complete."""
        return [
            start
            for start in range(max(0, stop - self._longest + 1), stop)
            if text[start] in self._firsts and "\0" + text[start:stop] in self._joined
        ]

    def _continues(self, text: str) -> bool:
        """Whether text could complete, or carry on, a special token begun before it."""
        if 0 < len(text) < self._longest and text in self._joined:
            return True
        return any(
            character in self._lasts and text[: length + 1] + "\0" in self._joined
            for length, character in enumerate(text[: self._longest])
        )


def _check_messages(messages: Sequence[Message]) -> None:
    if not messages:
        raise PromptError("A conversation needs at least one message.")
    for number, message in enumerate(messages, 1):
        if not isinstance(message, Mapping) or message.get("role") not in ROLES:
            raise PromptError(f"Message {number} needs a role, one of: {', '.join(ROLES)}.")
        content = message.get("content")
        parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
        if not isinstance(parts, (list, tuple)) or not all(
            isinstance(part, Mapping) and (part.get("type") != "text" or isinstance(part.get("text"), str))
            for part in parts
        ):
            raise PromptError(f"Message {number} needs content: a text, or a list of parts with a type each.")


def _special_text(metadata: Mapping[str, Any], role: str) -> str:
    """The text of the token that plays a role, or nothing."""
    tokens = metadata.get("tokenizer.ggml.tokens") or []
    token_id = metadata.get(f"tokenizer.ggml.{role}_token_id")
    if isinstance(token_id, int) and 0 <= token_id < len(tokens) and isinstance(tokens[token_id], bytes):
        return tokens[token_id].decode("utf-8", "replace")
    return ""


def _unused_character(messages: Sequence[Message], source: str) -> str:
    """A character that neither the conversation nor the template contains: a noncharacter, if possible."""
    used = set(source)

    def collect(value: Any) -> None:
        if isinstance(value, str):
            used.update(value)
        elif isinstance(value, Mapping):
            for item in value.values():
                collect(item)
        elif isinstance(value, (list, tuple)):
            for item in value:
                collect(item)

    collect(messages)
    noncharacters_then_private_use = (*range(0xFDD0, 0xFDF0), *range(0x10FFFF, 0xF0000, -1))
    for code in noncharacters_then_private_use:
        if chr(code) not in used:
            return chr(code)
    raise PromptError("This conversation uses every private character of Unicode; shorten it.")


def _with_one_bos(ids: list[int], tokenizer: Tokenizer) -> list[int]:
    bos = tokenizer.bos_id
    if bos is None:
        return ids
    begin = 0
    while begin < len(ids) and ids[begin] == bos:
        begin += 1
    return [bos, *ids[begin:]] if begin or tokenizer.adds_bos else ids


def _refused(error: BoundsExceededError) -> TokenizerError:
    return TokenizerError(f"This file's chat template is refused: {error}; use another file.")


def _one_line(error: Exception) -> str:
    """An error's message in one line of bounded length."""
    return " ".join(str(error).split())[:300]
