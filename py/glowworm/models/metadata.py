"""Typed access to an architecture's keys in GGUF metadata."""

from collections.abc import Mapping
from typing import Any

from ..errors import WeightsError

LARGEST = 1 << 24  # no dimension of a model comes near; beyond it a file is damaged
MOST_LAYERS = 1024


class Metadata:
    """The keys ``{architecture}.*``."""

    def __init__(self, metadata: Mapping[str, Any], architecture: str):
        self.metadata, self.architecture = metadata, architecture

    def positive(self, key: str, default: int | None = None, *, most: int = LARGEST) -> int:
        """A positive integer up to ``most``; WeightsError when missing without default, or not one."""
        value = self.metadata.get(f"{self.architecture}.{key}", default)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= most:
            raise self._error(key, value)
        return value

    def number(self, key: str, default: float) -> float:
        """A finite number."""
        value = self.metadata.get(f"{self.architecture}.{key}", default)
        if not isinstance(value, int | float) or not -1e12 < value < 1e12:
            raise self._error(key, value)
        return float(value)

    def heads(self) -> tuple[int, int]:
        """Query heads and key-value heads, of which every one serves as many of the former."""
        heads = self.positive("attention.head_count")
        kv_heads = self.positive("attention.head_count_kv", heads)
        if heads % kv_heads:
            raise self._error("attention.head_count_kv", kv_heads)
        return heads, kv_heads

    def _error(self, key: str, value: Any) -> WeightsError:
        found = "lacks it" if value is None else f"says {value!r}"
        return WeightsError(
            f"The model needs {self.architecture}.{key}, but its file {found}; convert or download it again."
        )
