r"""The patterns by which byte-level tokenizers cut text into words before merging, by their GGUF names.

They are written with Unicode classes (``\p{L}`` letters, ``\p{N}`` numbers, ``\s`` white space) that
Python's ``re`` lacks; `_expand` writes those in terms it has, after the Unicode data of the Python that runs.
"""

import re
import unicodedata
from functools import cache

from ..errors import UnsupportedError

_GPT2 = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
_LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_QWEN2 = _LLAMA3.replace("{1,3}", "")

_PATTERNS = {
    "gpt-2": _GPT2,
    "llama-bpe": _LLAMA3,
    "llama3": _LLAMA3,
    "llama-v3": _LLAMA3,
    "qwen2": _QWEN2,
}

# Unicode's White_Space. Python's \s would add U+001C to U+001F.
WHITE_SPACE = r"\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"


def split_pattern(name: str) -> re.Pattern[str]:
    """The pattern whose matches are the words of a text, in order and without gaps.

    ``name`` is the value of ``tokenizer.ggml.pre``. Raises `UnsupportedError` for one that is not known:
    cutting text in another way than in training would quietly spoil every answer.
    """
    if name not in _PATTERNS:
        known = ", ".join(sorted(_PATTERNS))
        raise UnsupportedError(
            f"This file's tokenizer splits text in the way called {name!r:.80}, which is not known here "
            f"(known: {known}); use another file."
        )
    return _expand(_PATTERNS[name])


@cache
def _expand(pattern: str) -> re.Pattern[str]:
    r"""Compiles a pattern after replacing the classes it uses.

    Python's ``\w`` is letters, numbers and ``_``; ``\d`` is the decimal numbers (Nd) only.
    """
    numbers = _other_numbers()
    for written, meant in (
        (r"[^\r\n\p{L}\p{N}]", r"(?:[^\r\n\w]|_)"),
        (r"[^\s\p{L}\p{N}]", rf"(?:[^\w{WHITE_SPACE}]|_)"),
        (r"\p{L}", rf"[^\W\d_{numbers}]"),
        (r"\p{N}", rf"[\d{numbers}]"),
        (r"\s", f"[{WHITE_SPACE}]"),
        (r"\S", f"[^{WHITE_SPACE}]"),
    ):
        pattern = pattern.replace(written, meant)
    return re.compile(pattern)


def _other_numbers() -> str:
    """The characters of Unicode's categories Nl and No as ranges; above U+1FFFF there are none.

    Ranges, because ``re`` looks characters beyond U+FFFF up one item after the other.
    """
    codes = {
        code
        for code in range(0x20000)
        if chr(code).isnumeric() and unicodedata.category(chr(code)) in ("Nl", "No")
    }
    starts = sorted(code for code in codes if code - 1 not in codes)
    ends = sorted(code for code in codes if code + 1 not in codes)
    return "".join(f"{chr(start)}-{chr(end)}" for start, end in zip(starts, ends, strict=True))
