"""Text to token ids and back, from a GGUF file's metadata alone."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from ..errors import TokenizerError, UnsupportedError
from .bytelevel import ByteLevelBPE
from .literals import LiteralMatcher
from .split_patterns import WHITE_SPACE
from .spm import SPACE, SentencePieceBPE
from .vocabulary import TokenType, Vocabulary

_ALGORITHMS: dict[str, type[SentencePieceBPE] | type[ByteLevelBPE]] = {
    "llama": SentencePieceBPE,
    "gpt2": ByteLevelBPE,
}

# The white space that a token swallows, in text as it came and after spaces have been made visible.
_BLANKS = re.compile(f"[{WHITE_SPACE}]*")
_NORMALISED_BLANKS = re.compile(f"[{WHITE_SPACE}{SPACE}]*")


class Tokenizer:
    """One file's tokenizer. Everything it does follows the file's own metadata."""

    def __init__(self, vocabulary: Vocabulary, algorithm: SentencePieceBPE | ByteLevelBPE) -> None:
        self._vocabulary = vocabulary
        self._algorithm = algorithm

    @classmethod
    def from_gguf(cls, metadata: Mapping[str, Any]) -> "Tokenizer":
        """Builds the tokenizer that ``tokenizer.ggml.*`` describes.

        Raises `TokenizerError` for a vocabulary that is missing or corrupt and `UnsupportedError` for a
        kind of tokenizer that is not known.
        """
        kind = metadata.get("tokenizer.ggml.model")
        if kind is None:
            raise TokenizerError(
                "This file carries no tokenizer (tokenizer.ggml.model is missing); "
                "use a file that was converted together with its tokenizer."
            )
        if not isinstance(kind, str) or kind not in _ALGORITHMS:
            named = f"{kind!r:.80}" if isinstance(kind, str) else "something that is no name"
            raise UnsupportedError(
                f"This file's tokenizer is of the kind {named}, and only 'llama' (SentencePiece) and 'gpt2' "
                "(byte-level BPE) are known; use another file."
            )
        vocabulary = Vocabulary.from_gguf(metadata)
        return cls(vocabulary, _ALGORITHMS[kind](vocabulary, metadata))

    @property
    def vocab_size(self) -> int:
        """The number of token ids: 0 to ``vocab_size - 1``."""
        return len(self._vocabulary)

    @property
    def bos_id(self) -> int | None:
        """The token that begins a text, if the vocabulary names one."""
        return self._vocabulary.bos_id

    @property
    def eos_ids(self) -> frozenset[int]:
        """The tokens that end an answer: end of text, of turn and of message."""
        return self._vocabulary.eos_ids

    @property
    def adds_bos(self) -> bool:
        """Whether the file asks for a beginning-of-text token in front of every prompt."""
        return self._algorithm.adds_bos and self.bos_id is not None

    def id_of(self, token_text: str) -> int | None:
        """The id of the token stored as ``token_text`` (``<end_of_turn>``, ``▁the``), or None."""
        return self._vocabulary.id_of(token_text)

    def is_special(self, token_id: int) -> bool:
        """Whether the token is markup (control, unknown) rather than text."""
        self._check(token_id)
        return self._vocabulary.types[token_id] == TokenType.CONTROL

    def encode(self, text: str, *, special: bool = False, bos: bool | None = None) -> list[int]:
        """The token ids of ``text``.

        Unless ``special`` is set, nothing in the text becomes a special token, whatever it spells. ``bos``
        says whether to begin with the beginning-of-text token; None leaves that to the file. Lone
        surrogates, which no encoding of Unicode allows, count as U+FFFD.
        """
        ids: list[int] = []
        if self.adds_bos if bos is None else bos:
            if self.bos_id is None:
                raise TokenizerError("This model has no beginning-of-text token; encode without it.")
            ids.append(self.bos_id)
        text = _well_formed(text)
        for part in self.split_special(text) if special else [text]:
            if isinstance(part, int):
                ids.append(part)
            else:
                ids += self._encode_plain(part)
        return ids

    def split_special(self, text: str) -> Iterator[int | str]:
        """Cuts ``text`` at the special tokens it spells: their ids, and the (non-empty) text between them."""
        begin = 0
        for start, end, token_id in self.special_matcher.matches(text):
            if begin < start:
                yield text[begin:start]
            yield token_id
            begin = self._after(text, end, token_id, _BLANKS)
        if begin < len(text):
            yield text[begin:]

    @cached_property
    def special_matcher(self) -> LiteralMatcher:
        """Finds the control tokens that a text spells.

        A control token of a single character could not be told from text, so it is never matched.
        """
        return LiteralMatcher({text: i for text, i in self._vocabulary.control.items() if len(text) > 1})

    @property
    def special_texts(self) -> Iterable[str]:
        """The texts of all control tokens."""
        return self._vocabulary.control.keys()

    def token_bytes(self, token_id: int) -> bytes:
        """The bytes that a token stands for, not always whole characters; for special tokens, their text.

        Raises `TokenizerError` for an id outside the vocabulary.
        """
        self._check(token_id)
        return self._algorithm.token_bytes(token_id)

    @property
    def strips_first_space(self) -> bool:
        """Whether encoding puts a space in front of a text, so that decoding takes one away."""
        return self._algorithm.adds_space_prefix

    def decode(self, ids: Iterable[int], *, skip_special: bool = True) -> str:
        """The text of ``ids``; bytes that are not UTF-8 become U+FFFD."""
        content = b"".join(
            self.token_bytes(token_id) for token_id in ids if not (skip_special and self.is_special(token_id))
        )
        if self.strips_first_space:
            content = content.removeprefix(b" ")
        return content.decode("utf-8", "replace")

    @cached_property
    def _user_defined(self) -> LiteralMatcher:
        normalise = self._algorithm.normalise
        return LiteralMatcher({normalise(text): i for text, i in self._vocabulary.user_defined.items()})

    def _encode_plain(self, text: str) -> list[int]:
        text = self._algorithm.normalise(text)
        ids: list[int] = []
        begin = 0
        for start, end, token_id in self._user_defined.matches(text):
            if begin < start:
                ids += self._algorithm.encode(text[begin:start])
            if start >= begin:
                ids.append(token_id)
                begin = self._after(text, end, token_id, _NORMALISED_BLANKS)
        if begin < len(text):
            ids += self._algorithm.encode(text[begin:])
        return ids

    def _after(self, text: str, end: int, token_id: int, blanks: re.Pattern[str]) -> int:
        """Where the text goes on after a token that ends at ``end``."""
        if token_id in self._vocabulary.swallows_space and (run := blanks.match(text, end)):
            return run.end()
        return end

    def _check(self, token_id: int) -> None:
        if not 0 <= token_id < len(self._vocabulary):
            raise TokenizerError(
                f"Token {token_id} does not exist, as this vocabulary has {len(self._vocabulary)} tokens; "
                "check that the weights and the tokenizer belong together."
            )


def _well_formed(text: str) -> str:
    """``text`` with surrogate pairs joined and lone surrogates replaced, as browsers do it."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
