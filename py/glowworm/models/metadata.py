"""Typed access to an architecture's keys in GGUF metadata."""

from collections.abc import Mapping
from typing import Any

from ..errors import UnsupportedError, WeightsError

LARGEST = 1 << 24  # no dimension of a model comes near; beyond it a file is damaged
MOST_LAYERS = 1024


class Metadata:
    """The keys ``{architecture}.*``."""

    def __init__(self, metadata: Mapping[str, Any], architecture: str):
        self.metadata, self.architecture = metadata, architecture

    def positive(
        self, key: str, default: int | None = None, *, most: int = LARGEST, multiple_of: int = 1
    ) -> int:
        """A positive integer up to ``most``; WeightsError when missing without default, or not one."""
        value = self._get(key, default)
        if (
            not isinstance(value, int)
            or isinstance(value, bool)
            or not 0 < value <= most
            or value % multiple_of
        ):
            raise self._error(key, value)
        return value

    def number(self, key: str, default: float | None = None, *, above: float = -1e12) -> float:
        """A finite number larger than ``above``; WeightsError as for `positive`."""
        value = self._get(key, default)
        if not isinstance(value, int | float) or isinstance(value, bool) or not above < value < 1e12:
            raise self._error(key, value)
        return float(value)

    def text(self, key: str, default: str | None = None) -> str:
        """A string; WeightsError as for `positive`."""
        value = self._get(key, default)
        if not isinstance(value, str):
            raise self._error(key, value)
        return value

    def heads(self) -> tuple[int, int]:
        """Query heads and key-value heads, of which every one serves as many of the former."""
        heads = self.positive("attention.head_count")
        kv_heads = self.positive("attention.head_count_kv", heads)
        if heads % kv_heads:
            raise self._error("attention.head_count_kv", kv_heads)
        return heads, kv_heads

    def softcap(self, key: str) -> float | None:
        """A bound on logits; None where missing or 0, which means none."""
        value = self.number(key, 0.0)
        if value < 0:
            raise self._error(key, value)
        return value or None

    def rope_factor(self) -> float:
        """By how much positions are divided before they are rotated: linear scaling, or 1.

        Raises:
            UnsupportedError: positions are scaled in another way, such as YaRN.
        """
        kind = self.text("rope.scaling.type", "linear")
        if kind == "none":
            return 1.0
        if kind != "linear":
            raise UnsupportedError(
                f"This model scales its positions by the method {kind!r:.40}, which is not supported yet, "
                "only linear scaling; choose another file."
            )
        return self.number("rope.scaling.factor", 1.0, above=0)

    def _get(self, key: str, default: Any) -> Any:
        return self.metadata.get(f"{self.architecture}.{key}", default)

    def _error(self, key: str, value: Any) -> WeightsError:
        found = "lacks it" if value is None else f"says {shown(value)}"
        return WeightsError(
            f"The model needs {self.architecture}.{key}, but its file {found}; convert or download it again."
        )


def shown(value: Any) -> str:
    """A metadata value as a message may show it: in one line, and short."""
    if isinstance(value, str | int | float):
        return f"{value!r:.80}"
    return f"a list of {len(value):,} entries"
