"""What a file's metadata must say for a model to be defined, and how it is refused where it does not."""

import asyncio
from array import array
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from glowworm.errors import GlowwormError, UnsupportedError, WeightsError
from glowworm.models import define
from glowworm.weights.gguf import GgufFile, read_gguf
from glowworm.weights.source import FileSource

FIXTURE = Path(__file__).parents[1] / "fixtures" / "gemma3" / "f32.gguf"

ChangedFile = Callable[..., GgufFile]


@pytest.fixture(scope="module")
def changed() -> ChangedFile:
    """The tiny Gemma 3, with some metadata set to something else, or (None) taken out."""
    with FileSource(FIXTURE) as source:
        file = asyncio.run(read_gguf(source))

    def change(metadata: dict[str, Any]) -> GgufFile:
        values = {**file.metadata, **metadata}
        return replace(file, metadata={key: value for key, value in values.items() if value is not None})

    return change


def test_what_a_file_leaves_out_is_as_published(changed: ChangedFile) -> None:
    names = ("attention.layer_norm_rms_epsilon", "rope.freq_base", "rope.freq_base_swa")
    config = define(changed({f"gemma3.{name}": None for name in names})).config
    assert (config.eps, config.global_theta, config.local_theta) == (1e-6, 1e6, 1e4)
    assert config.logit_softcap is None and config.tied


@pytest.mark.parametrize(
    ("scaling", "factor"),
    [
        ({}, 1.0),
        ({"factor": 8.0}, 8.0),
        ({"type": "linear", "factor": 8.0}, 8.0),
        ({"type": "linear"}, 1.0),
        ({"type": "none", "factor": 8.0}, 1.0),
    ],
)
def test_scaling_of_positions(changed: ChangedFile, scaling: dict[str, Any], factor: float) -> None:
    keys = {"type": None, "factor": None, **scaling}
    file = changed({f"gemma3.rope.scaling.{key}": value for key, value in keys.items()})
    assert define(file).config.global_factor == factor


def test_a_softcap_bounds_the_logits(changed: ChangedFile) -> None:
    assert define(changed({"gemma3.final_logit_softcapping": 30.0})).config.logit_softcap == 30
    assert define(changed({"gemma3.final_logit_softcapping": 0.0})).config.logit_softcap is None


@pytest.mark.parametrize("value", [None, 7, [b"gemma3"], array("I", [1, 2])])
def test_an_architecture_that_is_no_name_is_refused(changed: ChangedFile, value: Any) -> None:
    with pytest.raises(WeightsError, match=r"general\.architecture"):
        define(changed({"general.architecture": value}))


def test_another_architecture_is_named_briefly(changed: ChangedFile) -> None:
    assert "'gptx', which is not supported" in _refusal(
        changed({"general.architecture": "gptx"}), UnsupportedError
    )
    _refusal(changed({"general.architecture": "x" * 100_000}), UnsupportedError)


REFUSED = {
    "block_count": (0, -1, 2**63, 4.0, True, "4", [b"4"], 1025),
    "embedding_length": (0, 1 << 25, None),
    "attention.head_count": (0, 3, array("I", range(100_000))),
    "attention.key_length": (0, 255),
    "attention.sliding_window": (0, -1),
    "attention.layer_norm_rms_epsilon": (0.0, -1.0, float("nan"), "small", True),
    "attention.scale": (0.0, -1.0, [b"x"] * 100_000),
    "rope.freq_base": (0.0, -1.0, float("inf"), float("nan"), "x" * 100_000),
    "rope.freq_base_swa": (0.0, -1.0),
    "rope.scaling.factor": (0.0, -2.0, float("nan")),
    "rope.scaling.type": (1, [b"linear"]),
    "final_logit_softcapping": (-3.0, float("nan")),
}


@pytest.mark.parametrize(
    ("key", "value"), [(key, value) for key in REFUSED for value in REFUSED[key]], ids=str
)
def test_values_that_make_no_sense_are_refused(changed: ChangedFile, key: str, value: Any) -> None:
    assert f"gemma3.{key}" in _refusal(changed({f"gemma3.{key}": value}), WeightsError)


def test_other_scalings_of_positions_are_not_taken_for_linear(changed: ChangedFile) -> None:
    for kind in ("yarn", "longrope", "x" * 100_000):
        assert kind[:30] in _refusal(changed({"gemma3.rope.scaling.type": kind}), UnsupportedError)


def _refusal(file: GgufFile, kind: type[GlowwormError]) -> str:
    """The sentence with which a file is refused."""
    with pytest.raises(kind) as caught:
        define(file)
    sentence = str(caught.value)
    assert "\n" not in sentence and len(sentence) < 300
    return sentence
