"""How the next token is chosen: parameters, checked, and as the device's state words."""

import math
import struct
from dataclasses import dataclass, fields, replace
from typing import Any

from ..errors import PromptError

_RANGES = {
    "temperature": (0.0, 100.0),
    "top_k": (0, 1 << 20),
    "top_p": (0.0, 1.0),
    "min_p": (0.0, 1.0),
    "repetition_penalty": (0.01, 100.0),
    "presence_penalty": (-100.0, 100.0),
    "frequency_penalty": (-100.0, 100.0),
    "seed": (0, (1 << 32) - 1),
}


@dataclass(frozen=True)
class Sampling:
    """Applied in this order: penalties, temperature, top-k, top-p, min-p, draw.

    temperature 0 is greedy; top_k 0, top_p 1, min_p 0 and neutral penalties (1, 0, 0) switch a stage off.
    """

    temperature: float = 1.0
    top_k: int = 64
    top_p: float = 0.95
    min_p: float = 0.0
    repetition_penalty: float = 1.0
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        for field in fields(self):
            value, (low, high) = getattr(self, field.name), _RANGES[field.name]
            number = isinstance(value, int) or (isinstance(value, float) and isinstance(low, float))
            if not number or isinstance(value, bool) or not math.isfinite(value) or not low <= value <= high:
                raise PromptError(f"{field.name} must be a number from {low} to {high}, not {value!r}.")

    def updated(self, options: dict[str, Any]) -> "Sampling":
        """These parameters with those present in ``options`` in their place."""
        names = {field.name for field in fields(self)}
        return replace(self, **{k: v for k, v in options.items() if k in names and v is not None})

    @property
    def penalises(self) -> bool:
        """Whether the counts of earlier tokens matter."""
        return (self.repetition_penalty, self.presence_penalty, self.frequency_penalty) != (1, 0, 0)

    def words(self) -> bytes:
        """The state words from STATE_TEMPERATURE to STATE_SEED."""
        return struct.pack(
            "<fIfffffI",
            self.temperature,
            self.top_k,
            self.top_p,
            self.min_p,
            self.repetition_penalty,
            self.presence_penalty,
            self.frequency_penalty,
            self.seed,
        )
