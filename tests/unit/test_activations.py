"""What rounding activations costs, as the CPU device does it: measured on the NumPy device."""

import asyncio
from math import exp
from pathlib import Path

import numpy as np
import pytest
from glowworm.devices.reference import ReferenceDevice
from glowworm.devices.reference.operations import ACTIVATION_STEPS, quantised_activations
from glowworm.generation.engine import AsyncEngine
from glowworm.weights.source import FileSource

ROOT = Path(__file__).parents[2]
MODEL = ROOT / "web" / "models" / "glowworm-story.gguf"
STORIES = ROOT / "tests" / "fixtures" / "stories" / "held_out.txt"  # written for this test
LARGEST_RISE = 0.0005  # of the perplexity
LARGEST_ERROR = 0.001  # of the logits' range


def _logits(texts: list[str], rounded_activations: bool) -> list[tuple[list[int], np.ndarray]]:
    async def run() -> list[tuple[list[int], np.ndarray]]:
        with FileSource(MODEL) as source:
            engine = await AsyncEngine.open(source, ReferenceDevice(rounded_activations), every_row=True)
            ids = [engine.tokenizer.encode(text) for text in texts]
            return [(some, np.array(await engine.logits(some))) for some in ids]

    return asyncio.run(run())


def _perplexity(results: list[tuple[list[int], np.ndarray]]) -> float:
    losses = []
    for ids, logits in results:
        rows = logits[:-1].astype(np.float64)
        largest = rows.max(1, keepdims=True)
        normaliser = largest[:, 0] + np.log(np.exp(rows - largest).sum(1))
        losses += list(normaliser - rows[np.arange(len(rows)), ids[1:]])
    return exp(np.mean(losses))


def test_perplexity_and_logits_stay_close() -> None:
    texts = STORIES.read_text().strip().split("\n\n")
    exact, rounded = _logits(texts, False), _logits(texts, True)
    rise = _perplexity(rounded) / _perplexity(exact) - 1
    pairs = [(a, b) for (_, a), (_, b) in zip(exact, rounded, strict=True)]
    errors = [np.abs(a - b).max() / (a.max() - a.min()) for a, b in pairs]
    print(f"perplexity {_perplexity(exact):.2f}, {100 * rise:+.4f} %; logits {100 * max(errors):.4f} % apart")
    assert 0 < max(errors) < LARGEST_ERROR
    assert rise < LARGEST_RISE


def test_rounding_keeps_the_largest_value_and_zero() -> None:
    x = np.zeros((2, 64))
    x[0, :32] = np.linspace(-3, 3, 32)
    rounded = quantised_activations(x)
    assert rounded[0, 0] == pytest.approx(-3) and rounded[0, 31] == pytest.approx(3)
    assert 0 < np.abs(rounded - x).max() <= 3 / ACTIVATION_STEPS / 2 * 1.01
    assert not rounded[1].any()
