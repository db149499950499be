"""The vocabulary of a GGUF file: each token's text and kind, checked, and the tokens with a role.

It knows nothing of how text becomes tokens; `spm` and `bytelevel` do.
"""

import re
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from ..errors import TokenizerError
from ..weights.string_array import StringArray
from .string_index import StringIndex


class TokenType(IntEnum):
    """The values of ``tokenizer.ggml.token_type``, as SentencePiece numbers them."""

    NORMAL = 1
    UNKNOWN = 2
    CONTROL = 3
    USER_DEFINED = 4
    UNUSED = 5
    BYTE = 6


# Tokens that end an answer, whatever else the metadata names.
_END_NAMES = (
    "<end_of_turn>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<|end|>",
    "<|im_end|>",
    "<|endoftext|>",
    "<|end_of_text|>",
)
# Tokens that structure a conversation. Published files exist that mark some of these as ordinary
# tokens; they are control tokens all the same, and text must never produce them.
_CONTROL_NAMES = (
    *_END_NAMES,
    "<start_of_turn>",
    "<|start_header_id|>",
    "<|end_header_id|>",
    "<|begin_of_text|>",
    "<|im_start|>",
    "<|system|>",
    "<|user|>",
    "<|assistant|>",
    "<start_of_image>",
    "<end_of_image>",
    "<image_soft_token>",
)
_SPECIAL_SHAPE = re.compile(r"<\|.*\|>", re.DOTALL)
_BYTE_SHAPE = re.compile(r"<0x[0-9A-F]{2}>")
_PHI3_KEEPS_SPACE = frozenset({"<unk>", "<s>", "<|endoftext|>"})


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Token texts and kinds.

    ``texts[i]`` is as stored. Where a text is a `str`, bytes that are not UTF-8 are surrogate-escaped.
    """

    texts: StringArray
    types: bytes
    """A `TokenType` for each token."""
    ordinary: StringIndex
    """Ids of the tokens that plain text may become (normal and unused ones)."""
    control: dict[str, int]
    """Ids of the control and unknown tokens: only markup, never plain text, becomes these."""
    user_defined: dict[str, int]
    """Ids of the tokens cut out of plain text, whole, before anything else is done to it."""
    byte: dict[bytes, int]
    """Ids of the tokens ``<0x00>`` to ``<0xFF>``, each a single byte."""
    bos_id: int | None
    unknown_id: int | None
    eos_ids: frozenset[int]
    """Ids of the tokens that end an answer."""
    swallows_space: frozenset[int]
    """Ids of the tokens after which white space is dropped."""

    @classmethod
    def from_gguf(cls, metadata: Mapping[str, Any]) -> "Vocabulary":
        """Reads ``tokenizer.ggml.tokens``, ``.token_type`` and the ``…_token_id`` entries.

        Raises `TokenizerError` for a vocabulary that is missing or contradicts itself.
        """
        texts = string_array(metadata, "tokenizer.ggml.tokens")
        count = len(texts)
        ids = StringIndex(texts)
        types = bytearray(_types(metadata, count))
        roles = {
            role: _special_id(metadata, f"tokenizer.ggml.{role}_token_id", count)
            for role in ("bos", "eos", "eot", "eom", "unknown")
        }
        for token_id in (*roles.values(), *(ids.get(name.encode()) for name in _CONTROL_NAMES)):
            if token_id is not None:
                types[token_id] = TokenType.CONTROL

        # Normal tokens are nearly all there are: they stay in `ids`, and the others move out.
        control: dict[str, int] = {}
        user_defined: dict[str, int] = {}
        byte: dict[bytes, int] = {}
        for found in re.finditer(rb"[^\x01\x05]", types):
            token_id = found.start()
            stored = texts[token_id]
            if ids.get(stored) != token_id:
                continue  # a later token of the same text stands for it
            ids.discard(stored)
            text = stored.decode("utf-8", "surrogateescape")
            if types[token_id] == TokenType.USER_DEFINED and not _SPECIAL_SHAPE.fullmatch(text):
                user_defined[text] = token_id
            elif types[token_id] == TokenType.BYTE:
                if not _BYTE_SHAPE.fullmatch(text):
                    raise TokenizerError(
                        f"This file's tokenizer is corrupt ({text!r:.80} is said to stand for a byte); "
                        "download or convert it again."
                    )
                byte[stored] = token_id
            else:
                types[token_id] = TokenType.CONTROL
                control[text] = token_id
        ids.discard(b"")
        for table in (control, user_defined):
            table.pop("", None)

        ends = {roles[role] for role in ("eos", "eot", "eom")} | {control.get(name) for name in _END_NAMES}
        return cls(
            texts=texts,
            types=bytes(types),
            ordinary=ids,
            control=control,
            user_defined=user_defined,
            byte=byte,
            bos_id=roles["bos"],
            unknown_id=roles["unknown"],
            eos_ids=frozenset(token_id for token_id in ends if token_id is not None),
            swallows_space=_swallows_space(metadata, control, user_defined),
        )

    def __len__(self) -> int:
        return len(self.texts)

    def id_of(self, text: str) -> int | None:
        """The id of the token whose stored text is ``text``, of whatever kind."""
        for table in (self.control, self.user_defined):
            if text in table:
                return table[text]
        stored = text.encode("utf-8", "surrogateescape")
        return self.byte.get(stored, self.ordinary.get(stored))


def string_array(metadata: Mapping[str, Any], key: str) -> StringArray:
    """The strings at ``key``; raises `TokenizerError` if there are none, or something else."""
    strings = metadata.get(key)
    if not isinstance(strings, StringArray | list) or not strings:
        raise TokenizerError(
            f"This file carries no usable tokenizer ({key} is missing); "
            "use a file that was converted together with its tokenizer."
        )
    try:
        return strings if isinstance(strings, StringArray) else StringArray(strings)
    except TypeError as error:
        raise TokenizerError(
            f"This file's tokenizer is corrupt ({key} is not a list of strings); "
            "download or convert it again."
        ) from error


def numbers(metadata: Mapping[str, Any], key: str, count: int) -> Sequence[float]:
    """The array of numbers at ``key``; raises `TokenizerError` unless it has ``count`` of them."""
    values = metadata.get(key)
    if not isinstance(values, Sequence) or len(values) != count or not isinstance(values[0], (int, float)):
        raise TokenizerError(
            f"This file's tokenizer is corrupt ({key} does not have one number for each of the "
            f"{count} tokens); download or convert it again."
        )
    return values


def _special_id(metadata: Mapping[str, Any], key: str, count: int) -> int | None:
    """The token id at ``key``, or None; raises `TokenizerError` if no such token exists."""
    token_id = metadata.get(key)
    if token_id is None:
        return None
    if not isinstance(token_id, int) or not 0 <= token_id < count:
        raise TokenizerError(
            f"This file's tokenizer is corrupt ({key} is {token_id!r:.80}, but there are {count} tokens); "
            "download or convert it again."
        )
    return token_id


def _types(metadata: Mapping[str, Any], count: int) -> bytes:
    types = numbers(metadata, "tokenizer.ggml.token_type", count)
    try:
        packed = array("B", types).tobytes()  # pyright: ignore[reportArgumentType]
    except (TypeError, OverflowError):
        packed = b"\0"
    if re.search(rb"[^\x01-\x06]", packed):
        raise TokenizerError(
            "This file's tokenizer is corrupt (tokenizer.ggml.token_type holds a kind of token that does not "
            "exist); download or convert it again."
        )
    return packed


def _swallows_space(
    metadata: Mapping[str, Any], control: dict[str, int], user_defined: dict[str, int]
) -> frozenset[int]:
    """Phi-3's special tokens drop the white space after them.

    GGUF has no field for it, so the architecture decides, as in llama.cpp.
    """
    if metadata.get("general.architecture") != "phi3":
        return frozenset()
    swallowing = {text: token_id for text, token_id in control.items() if text not in _PHI3_KEEPS_SPACE}
    return frozenset(swallowing.values()) | {
        token_id for text, token_id in user_defined.items() if text == "</s>"
    }
