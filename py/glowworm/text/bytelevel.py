"""Byte-level byte-pair encoding (GPT-2, Llama 3): text is cut by a pattern, and the bytes of each cut merge.

Radford et al., "Language Models are Unsupervised Multitask Learners" (2019). Each byte is written as a
printable character, so that a vocabulary of byte strings can be stored as text.
"""

from collections.abc import Mapping
from typing import Any

from ..errors import TokenizerError
from .merging import cost_of_pairs, merge
from .split_patterns import split_pattern
from .string_index import StringIndex
from .vocabulary import TokenType, Vocabulary, string_array

_CACHED_WORDS = 16_384
_CACHED_LENGTH = 48
# Splits of Llama 3's kind look whole words up before they merge.
_WHOLE_WORDS_FIRST = frozenset({"llama-bpe", "llama3", "llama-v3"})


class ByteLevelBPE:
    """Turns plain text into token ids and ids into bytes, for ``tokenizer.ggml.model`` = ``gpt2``."""

    adds_space_prefix = False

    def __init__(self, vocabulary: Vocabulary, metadata: Mapping[str, Any]) -> None:
        """Raises `TokenizerError` for missing or malformed merges, `UnsupportedError` for unknown splits."""
        merges = string_array(metadata, "tokenizer.ggml.merges")
        if merges.data.count(b" ") != len(merges):
            raise TokenizerError(
                "This file's tokenizer is corrupt (tokenizer.ggml.merges holds entries that are not pairs); "
                "download or convert it again."
            )
        split = str(metadata.get("tokenizer.ggml.pre", ""))
        self._split = split_pattern(split)
        self._whole_words_first = split in _WHOLE_WORDS_FIRST
        self._vocabulary = vocabulary
        self._cost = cost_of_pairs(StringIndex(merges), float)
        self._cache: dict[str, list[int]] = {}
        self.adds_bos = bool(metadata.get("tokenizer.ggml.add_bos_token", self._whole_words_first))

    def normalise(self, text: str) -> str:
        """Byte-level vocabularies take text as it is."""
        return text

    def encode(self, text: str) -> list[int]:
        """Token ids of a piece of text that lies at the start or after a special token."""
        cache = self._cache
        ids: list[int] = []
        for word in self._split.findall(text):
            known = cache.get(word)
            if known is None:
                known = self._encode_word(word)
                if len(word) <= _CACHED_LENGTH:
                    if len(cache) >= _CACHED_WORDS:
                        cache.clear()
                    cache[word] = known
            ids += known
        return ids

    def token_bytes(self, token_id: int) -> bytes:
        """The bytes a token stands for; special and user-defined tokens are stored as they read."""
        text = self._vocabulary.texts[token_id]
        if self._vocabulary.types[token_id] in (TokenType.CONTROL, TokenType.USER_DEFINED):
            return text
        return text.decode("utf-8", "surrogateescape").translate(_FROM_PRINTABLE).encode("latin-1", "replace")

    def _encode_word(self, word: str) -> list[int]:
        find = self._vocabulary.ordinary.get
        symbols = word.encode("utf-8").decode("latin-1").translate(_TO_PRINTABLE)
        if self._whole_words_first and (whole := find(symbols.encode())) is not None:
            return [whole]
        ids: list[int] = []
        for symbol in merge(list(map(str.encode, symbols)), self._cost, b" "):
            token_id = find(symbol)
            if token_id is None:
                raise TokenizerError(
                    f"This file's tokenizer is corrupt (it has no token for {symbol.decode()!r}, which its "
                    "merges make); download or convert it again."
                )
            ids.append(token_id)
        return ids


def _printable_bytes() -> dict[int, str]:
    """GPT-2's table: printable Latin-1 characters stand for themselves, other bytes for U+0100 and up."""
    table = {
        byte: chr(byte) for first, last in ("!~", "¡¬", "®ÿ") for byte in range(ord(first), ord(last) + 1)
    }
    others = (byte for byte in range(256) if byte not in table)
    return table | {byte: chr(256 + index) for index, byte in enumerate(others)}


_TO_PRINTABLE = _printable_bytes()
_FROM_PRINTABLE = {ord(character): byte for byte, character in _TO_PRINTABLE.items()}
