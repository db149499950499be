"""Products of the CPU device in integers: the same with relaxed and with plain SIMD, even at the limits.

Scales are powers of two and activations have no more bits than floats can sum up: any wrong integer shows.
"""

import numpy as np
import numpy.typing as npt
import pytest
from conformance.bench import EVERY_WASM, WASM, Bench
from glowworm.devices.wasm import script
from glowworm.graph.ops import linear
from glowworm_tools.conformance.experiment import Experiment, compare
from glowworm_tools.conformance.table import CASES, TOLERANCE

ROWS = 21  # of a matrix: two tiles and a part of one
LIMITS = {"Q4_0": (-8, 7), "Q8_0": (-128, 127)}
LARGEST = 16256  # of a quantised activation
STEPS = {"Q4_0": 7, "Q8_0": 16}  # between random activations
WEIGHT_SCALE = 2.0**-7
ACTIVATION_SCALE = 2.0**-5

Integers = npt.NDArray[np.int64]


def _patterns(random: Integers, low: int, high: int) -> Integers:
    """Rows at the limits, then random ones."""
    values = random.copy()
    values[0], values[1] = high, low
    values[2, ::2], values[2, 1::2] = low, high
    values[3] = np.where(np.arange(values.shape[1]) // 2 % 2, low, high)
    return values


def _raw(type_name: str, q: Integers) -> bytes:
    """The file's blocks of integers, all with the same scale."""
    blocks = q.reshape(-1, 32)
    scale = np.full((len(blocks), 1), WEIGHT_SCALE, np.float16).view(np.uint8)
    if type_name == "Q4_0":
        nibbles = (blocks + 8).astype(np.uint8)
        quants = nibbles[:, :16] | nibbles[:, 16:] << 4
    else:
        quants = blocks.astype(np.int8).view(np.uint8)
    return np.concatenate([scale, quants], axis=1).tobytes()


@pytest.mark.parametrize("kind", EVERY_WASM)
@pytest.mark.parametrize("tokens", [1, 7])
@pytest.mark.parametrize("columns", [32, 2048, 8192])
@pytest.mark.parametrize("type_name", LIMITS)
def test_sums_are_exact(type_name: str, columns: int, tokens: int, kind: str, bench: Bench) -> None:
    random = np.random.default_rng(columns)
    w = _patterns(random.integers(*LIMITS[type_name], (ROWS, columns), endpoint=True), *LIMITS[type_name])
    step = STEPS[type_name]
    small = random.integers(-250, 250, (8, columns), endpoint=True) * step
    small[:, ::64], small[:, 32::64] = LARGEST, -LARGEST  # every group has a limit, which makes its scale
    for first in range(5 if tokens == 1 else 1):
        q = _patterns(small, -LARGEST, LARGEST)[first : first + tokens]
        experiment = Experiment(0, rows=tokens, valid=tokens)
        x = experiment.input(tokens, columns)
        experiment.write(x.node.attributes["name"], (q * ACTIVATION_SCALE).astype(np.float32))
        experiment.output(
            "product", linear(x, experiment.stored(type_name, ROWS, columns, _raw(type_name, w)))
        )
        (result,) = bench.run(experiment.run(bench.device(kind)))
        np.testing.assert_array_equal(result.values, (q @ w.T) * (WEIGHT_SCALE * ACTIVATION_SCALE))


@pytest.mark.parametrize("kind", WASM)
def test_weights_arrive_in_small_pieces(kind: str, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(script, "STAGING_NBYTES", 1000)
    cases = [case for case in CASES if case.op == "linear" and dict(case.shape)["width"] in (7, 160)]
    for case in cases:
        found = bench.run(case.build().run(bench.device(kind)))
        errors = compare(found, bench.expected(case, True))
        assert max(errors.values()) < TOLERANCE, case.name
