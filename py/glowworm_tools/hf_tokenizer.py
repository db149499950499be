"""Gemma's tokenizer.json as the vocabulary of a GGUF file: tokens, scores and types as llama.cpp has them.

GGUF knows Gemma's tokenizer as SentencePiece has it: of all adjacent pairs of pieces, the one whose union
has the best score is merged. tokenizer.json lists the merges in order instead, and the order of first
appearance gives the scores. The two agree exactly if the list has every way to make each piece, as Gemma's
has.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gguf
from gguf import TokenType
from glowworm.errors import UnsupportedError, WeightsError

from glowworm_tools.checkpoint import read_json

ADDED_SCORE = -1000.0
UNUSED_SCORE = -10000.0
_BYTE_TOKEN = re.compile(r"<0x[0-9A-F]{2}>")


@dataclass(frozen=True)
class Vocabulary:
    """One entry a token, in the order of their numbers."""

    tokens: list[bytes]
    scores: list[float]
    types: list[int]
    unknown: int | None
    """Stands for what cannot be told in pieces or bytes."""
    add_space_prefix: bool
    missing_merges: int
    """Ways to make a piece that the file does not list: with any, some texts are split differently."""


def read_vocabulary(directory: Path, size: int | None) -> Vocabulary:
    """The vocabulary of tokenizer.json, cut or filled up with unused tokens to `size`, where given.

    Raises:
        WeightsError: tokenizer.json is missing or broken.
        UnsupportedError: it is not BPE with byte fallback.
    """
    tokenizer = read_json(directory / "tokenizer.json")
    model = tokenizer.get("model") or {}
    if model.get("type") != "BPE" or not model.get("byte_fallback"):
        raise UnsupportedError(
            "This tokenizer is not BPE with byte fallback, as Gemma's are; it cannot be converted."
        )
    try:
        pieces = {str(token): int(index) for token, index in model["vocab"].items()}
        merges = [_merge(entry) for entry in model["merges"]]
        added = {int(token["id"]): token for token in tokenizer.get("added_tokens", [])}
        return _vocabulary(
            pieces,
            merges,
            added,
            size,
            model.get("unk_token"),
            add_space_prefix=_adds_space_prefix(tokenizer),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise WeightsError(
            f"{directory / 'tokenizer.json'} is broken ({error!r}); download it again."
        ) from error


def add_tokenizer(
    writer: gguf.GGUFWriter, directory: Path, vocabulary: Vocabulary, ends: tuple[int, ...]
) -> None:
    """Tell `writer` the vocabulary, the special tokens of tokenizer_config.json and the chat template.

    `ends` are the tokens that end an answer; <end_of_turn> among them is marked as such.
    """
    writer.add_tokenizer_model("llama")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(vocabulary.tokens)
    writer.add_token_scores(vocabulary.scores)
    writer.add_token_types(vocabulary.types)
    try:
        special = gguf.SpecialVocab(directory, n_vocab=len(vocabulary.tokens))
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise WeightsError(
            f"Cannot read {directory / 'tokenizer_config.json'}; download it again."
        ) from error
    special.add_to_gguf(writer, quiet=True)
    if "unk" not in special.special_token_ids and vocabulary.unknown is not None:
        writer.add_unk_token_id(vocabulary.unknown)
    if "bos" not in special.add_special_token:
        writer.add_add_bos_token(True)
    for token in ends:
        text = vocabulary.tokens[token] if token < len(vocabulary.tokens) else None
        if text == b"<end_of_turn>" and special.special_token_ids.get("eos") != token:
            writer.add_eot_token_id(token)
    writer.add_add_space_prefix(vocabulary.add_space_prefix)


def _merge(entry: Any) -> tuple[str, str]:
    """A merge in either dialect: a pair, or two pieces with a space between them."""
    left, right = entry.split(" ") if isinstance(entry, str) else entry
    return left, right


def _vocabulary(
    pieces: Mapping[str, int],
    merges: list[tuple[str, str]],
    added: Mapping[int, Mapping[str, Any]],
    size: int | None,
    unknown: str | None,
    add_space_prefix: bool,
) -> Vocabulary:
    count = max(pieces.values()) + 1 if size is None else size
    tokens = [b"[PAD%d]" % index for index in range(count)]
    scores = [UNUSED_SCORE] * count
    types = [int(TokenType.UNUSED)] * count

    ordinary = {
        piece: index
        for piece, index in pieces.items()
        if index not in added and piece != unknown and not _BYTE_TOKEN.fullmatch(piece)
    }
    rank_of = {piece: rank for rank, piece in enumerate(_by_first_merge(ordinary, merges))}
    for piece, index in pieces.items():
        if index >= count:
            continue
        tokens[index] = piece.encode()
        if piece == unknown:
            scores[index], types[index] = 0.0, int(TokenType.UNKNOWN)
        elif _BYTE_TOKEN.fullmatch(piece):
            scores[index], types[index] = 0.0, int(TokenType.BYTE)
        elif piece in rank_of:
            scores[index], types[index] = -float(rank_of[piece]), int(TokenType.NORMAL)
    for index, token in added.items():
        if index >= count:
            continue
        content = token["content"]
        if token.get("special") or _looks_special(content):
            types[index] = int(TokenType.CONTROL)
        else:  # is matched in the text as it is, before spaces are replaced
            content = content.replace("▁", " ")
            types[index] = int(TokenType.USER_DEFINED)
        tokens[index], scores[index] = content.encode(), ADDED_SCORE
    missing = _count_missing(pieces, merges)
    return Vocabulary(tokens, scores, types, pieces.get(unknown or ""), add_space_prefix, missing)


def _by_first_merge(pieces: Mapping[str, int], merges: list[tuple[str, str]]) -> list[str]:
    """The pieces in the order in which merges first make them, those that none makes (letters) at the end."""
    first: dict[str, int] = {}
    for rank, (left, right) in enumerate(merges):
        first.setdefault(left + right, rank)
    return sorted(pieces, key=lambda piece: (first.get(piece, len(merges)), pieces[piece]))


def _looks_special(content: str) -> bool:
    """Control tokens that some files of Gemma do not mark as such."""
    return content in ("<pad>", "<mask>") or re.fullmatch(r"<\|.*\|>|<unused.*>", content) is not None


def _count_missing(pieces: Mapping[str, int], merges: list[tuple[str, str]]) -> int:
    """Pairs of pieces whose union is a piece, but that are not among the merges."""
    possible = sum(
        piece[:cut] in pieces and piece[cut:] in pieces for piece in pieces for cut in range(1, len(piece))
    )
    return possible - len(set(merges))


def _adds_space_prefix(tokenizer: Mapping[str, Any]) -> bool:
    """Whether a space is put before the text. (Gemma does not, Llama 2 did.)"""
    for step in (tokenizer.get("normalizer") or {}), (tokenizer.get("pre_tokenizer") or {}):
        for part in step.get("normalizers") or step.get("pretokenizers") or [step]:
            if part.get("type") == "Prepend":
                return True
            if part.get("type") == "Metaspace" and part.get("prepend_scheme", "always") != "never":
                return True
    return False
