"""The storyteller's tokenizer: byte-pair encoding with byte fallback, in SentencePiece's manner.

Spaces are written `▁`, nothing is put before the text, characters outside the alphabet become
byte tokens. Ids: 0 `<pad>`, 1 `<eos>`, 2 `<bos>`, 3 `<unk>`, 4 `<start_of_turn>`, 5 `<end_of_turn>`,
6 to 261 the bytes, then the pieces in the order they were learnt. A piece's score is minus its rank, so that
merging the best-scored neighbours first, as GGUF's "llama" tokenizer does, repeats the training's merges.

Training never merges across the boundaries `PIECE_BOUNDARIES` draws (before a space, between letters and
marks, around line breaks, after a digit). Each is decided by two neighbouring characters alone,
so no learnt piece contains one, and an encoder without any pre-splitting finds the same pieces.
"""

import json
import random
import re
from collections.abc import Iterable
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, normalizers, pre_tokenizers
from tokenizers.models import BPE
from tokenizers.trainers import BpeTrainer

CONTROL_TOKENS = ("<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>", "<end_of_turn>")
PAD, EOS, BOS, UNK, START_OF_TURN, END_OF_TURN = range(len(CONTROL_TOKENS))
BYTE_TOKENS = tuple(f"<0x{byte:02X}>" for byte in range(256))
FIRST_PIECE = len(CONTROL_TOKENS) + len(BYTE_TOKENS)

SPACE = "\u2581"
PIECE_BOUNDARIES = rf"{SPACE}*[\p{{L}}']+|{SPACE}*\p{{N}}|{SPACE}*[^{SPACE}\n\p{{L}}\p{{N}}']+|{SPACE}+|\n+"
_WORDS = re.compile(r" ?[^ ]+| ")
SPELLED_SHARE = 0.12
ALPHABET = sorted({SPACE, "\n", *map(chr, range(0x21, 0x7F))})


class StoryTokenizer:
    """Text to ids and back. Control tokens are never produced from text: callers place their ids."""

    def __init__(self, pieces: list[str]) -> None:
        """`pieces` are the learnt pieces alone, best first."""
        self.pieces = pieces
        tokens = [*CONTROL_TOKENS, *BYTE_TOKENS, *pieces]
        self._ids = {token: index for index, token in enumerate(tokens)}
        self._encoder = self._new_encoder(_merges(pieces))
        self._encoder.decoder = decoders.Sequence(
            [decoders.Replace(SPACE, " "), decoders.ByteFallback(), decoders.Fuse()]
        )

    def _new_encoder(self, merges: list[tuple[str, str]]) -> Tokenizer:
        model = BPE(vocab=self._ids, merges=merges, unk_token="<unk>", byte_fallback=True, fuse_unk=True)
        return _splitting(Tokenizer(model))

    @classmethod
    def train(cls, texts: Iterable[str], vocab_size: int) -> "StoryTokenizer":
        """Learns pieces from `texts` until tokens of every kind number `vocab_size`."""
        tokenizer = _splitting(Tokenizer(BPE()))
        trainer = BpeTrainer(
            vocab_size=vocab_size - FIRST_PIECE,
            initial_alphabet=ALPHABET,
            limit_alphabet=len(ALPHABET),
            show_progress=False,
        )
        tokenizer.train_from_iterator(texts, trainer)
        vocabulary = tokenizer.get_vocab()
        return cls(sorted(vocabulary, key=vocabulary.__getitem__))

    @classmethod
    def load(cls, path: Path) -> "StoryTokenizer":
        return cls(json.loads(path.read_text(encoding="utf-8")))

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(self.pieces, ensure_ascii=False, indent=0), encoding="utf-8")

    def __len__(self) -> int:
        return FIRST_PIECE + len(self.pieces)

    @property
    def tokens(self) -> list[str]:
        """Every token's text, in the order of the ids."""
        return [*CONTROL_TOKENS, *BYTE_TOKENS, *self.pieces]

    def encode(self, text: str) -> list[int]:
        """The ids of `text`, without `<bos>`; control tokens written out in it stay plain text."""
        return self._encoder.encode(text, add_special_tokens=False).ids

    def encode_with_spans(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        """The ids of `text` and, for each, where its characters begin and end there."""
        encoding = self._encoder.encode(text, add_special_tokens=False)
        return encoding.ids, encoding.offsets

    def encode_spelled(self, text: str, rng: random.Random) -> list[int]:
        """The ids of `text` with about one word in eight spelled out, letter by letter.

        So a model learns how the letters of a piece go, and can write a name that it has only seen spelled.
        """
        ids: list[int] = []
        for word in _WORDS.findall(text):
            spelled = word[1:] if word[0] == " " else word
            if rng.random() < SPELLED_SHARE and spelled.isascii() and spelled.isalpha():
                ids += [self._ids[SPACE]] if word[0] == " " else []
                ids += [self._ids[letter] for letter in spelled]
            else:
                ids += self.encode(word)
        return ids

    def decode(self, ids: Iterable[int]) -> str:
        """The text of `ids`, control tokens left out."""
        return self._encoder.decode([i for i in ids if i >= len(CONTROL_TOKENS)], skip_special_tokens=False)


def _splitting(tokenizer: Tokenizer) -> Tokenizer:
    tokenizer.normalizer = normalizers.Replace(" ", SPACE)  # type: ignore[assignment]
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(PIECE_BOUNDARIES), "isolated")  # type: ignore[assignment]
    return tokenizer


def _merges(pieces: list[str]) -> list[tuple[str, str]]:
    """Every way to make a piece of two others, the better piece first, as its score orders them."""
    known = set(pieces)
    return [
        (piece[:cut], piece[cut:])
        for piece in pieces
        for cut in range(1, len(piece))
        if piece[:cut] in known and piece[cut:] in known
    ]
