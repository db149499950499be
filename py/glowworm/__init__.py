"""Glowworm: language models written in Python that run in a browser tab, or anywhere CPython does."""

from .errors import (
    DeviceError,
    DeviceLostError,
    GlowwormError,
    PromptError,
    TokenizerError,
    UnsupportedError,
    WeightsError,
)
from .generation.blocking import Engine
from .generation.engine import AsyncEngine, Part

__all__ = [
    "AsyncEngine",
    "DeviceError",
    "DeviceLostError",
    "Engine",
    "GlowwormError",
    "Part",
    "PromptError",
    "TokenizerError",
    "UnsupportedError",
    "WeightsError",
]
