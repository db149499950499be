"""SentencePiece-style byte-pair encoding with scores and byte fallback (Gemma 3, Llama 2, Phi-3).

Kudo and Richardson, "SentencePiece" (2018). Spaces become U+2581; adjacent pieces merge while the
vocabulary holds the result, the best score first; a character without a piece becomes its UTF-8 bytes.
"""

import math
import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from ..errors import TokenizerError
from .merging import cost_of_pairs, merge
from .vocabulary import TokenType, Vocabulary, numbers

SPACE = "\u2581"
_SPACE = SPACE.encode()
_BEFORE_SPACE = re.compile(rb"([^\0\x80-\xbf][\x80-\xbf]{0,3})" + _SPACE)
_CACHED_WORDS = 16_384
_CACHED_LENGTH = 48


class SentencePieceBPE:
    """Turns plain text into token ids and ids into bytes, for ``tokenizer.ggml.model`` = ``llama``."""

    def __init__(self, vocabulary: Vocabulary, metadata: Mapping[str, Any]) -> None:
        """Raises `TokenizerError` if the scores are missing, miscounted or not finite."""
        scores = numbers(metadata, "tokenizer.ggml.scores", len(vocabulary))
        if not math.isfinite(sum(scores)):
            raise TokenizerError(
                "This file's tokenizer is corrupt (tokenizer.ggml.scores holds what is no number); "
                "download or convert it again."
            )
        self._vocabulary = vocabulary
        self._cost = cost_of_pairs(vocabulary.ordinary, lambda token_id: -scores[token_id])
        self._bytes = _byte_ids(vocabulary)
        self._cache: dict[str, list[int]] = {}
        self.adds_space_prefix = bool(metadata.get("tokenizer.ggml.add_space_prefix", True))
        self.adds_bos = bool(metadata.get("tokenizer.ggml.add_bos_token", True))

    def normalise(self, text: str) -> str:
        """The form in which user-defined tokens and pieces are looked up: spaces made visible."""
        return text.replace(" ", SPACE)

    def encode(self, text: str) -> list[int]:
        """Token ids of a piece of normalised text that lies at the start or after a special token."""
        if self.adds_space_prefix:
            text = SPACE + text
        cache = self._cache
        ids: list[int] = []
        for word in self._word_boundary.split(text):
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
        """The bytes a token stands for."""
        text = self._vocabulary.texts[token_id]
        if self._vocabulary.types[token_id] == TokenType.BYTE:
            return bytes([int(text[3:5], 16)])
        return text.replace(_SPACE, b" ")

    @cached_property
    def _word_boundary(self) -> re.Pattern[str]:
        """Where text may be cut without changing its tokens: before a space, unless some token crosses there.

        Few vocabularies hold pieces with a space inside (Gemma 3 has one, ``>▁</``); looking for them keeps
        the cut exact for all.
        """
        found = b"".join(set(_BEFORE_SPACE.findall(self._vocabulary.texts.data)))
        crossed = sorted({SPACE, *found.decode("utf-8", "ignore")})
        return re.compile(f"(?<=[^{''.join(map(re.escape, crossed))}])(?={SPACE})")

    def _encode_word(self, word: str) -> list[int]:
        find = self._vocabulary.ordinary.get
        ids: list[int] = []
        for piece in merge(list(map(str.encode, word)), self._cost, b""):
            token_id = find(piece)
            if token_id is None:
                ids += [self._bytes[byte] for byte in piece]
            else:
                ids.append(token_id)
        return ids


def _byte_ids(vocabulary: Vocabulary) -> list[int]:
    """The token for each byte, or the unknown token where the vocabulary has none."""
    ids = [vocabulary.id_of(f"<0x{byte:02X}>") for byte in range(256)]
    if vocabulary.unknown_id is None and None in ids:
        raise TokenizerError(
            "This file's tokenizer is corrupt (it has neither a token for every byte nor an unknown token); "
            "download or convert it again."
        )
    return [vocabulary.unknown_id or 0 if token_id is None else token_id for token_id in ids]
