"""What a caller may ask of one answer, checked."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from ..errors import PromptError
from .sampling import Sampling


@dataclass(frozen=True)
class Options:
    """How to draw tokens, and when to stop."""

    sampling: Sampling
    max_tokens: int | None  # None: as many as the context holds
    stop: tuple[str, ...]
    ignore_eos: bool

    @classmethod
    def parse(cls, given: Mapping[str, Any], defaults: Sampling) -> "Options":
        """Options by name over ``defaults``; those that are None count as not given.

        Raises:
            PromptError: an unknown name, or a value that makes no sense.
        """
        given = {name: value for name, value in given.items() if value is not None}
        known = {field.name for field in (*fields(Sampling), *fields(cls))} - {"sampling"}
        unknown = sorted(given.keys() - known)
        if unknown:
            raise PromptError(f"There is no option {unknown[0]!r}; choose from {', '.join(sorted(known))}.")
        max_tokens = given.get("max_tokens")
        if max_tokens is not None and (
            not isinstance(max_tokens, int) or max_tokens is True or max_tokens < 1
        ):
            raise PromptError(f"max_tokens must be a whole number from 1 on, not {max_tokens!r:.40}.")
        stop = given.get("stop", ())
        stop = (stop,) if isinstance(stop, str) else stop
        if not isinstance(stop, list | tuple) or not all(isinstance(text, str) and text for text in stop):
            raise PromptError("stop must be a text or a list of texts, none of them empty.")
        return cls(defaults.updated(given), max_tokens, tuple(stop), bool(given.get("ignore_eos")))
