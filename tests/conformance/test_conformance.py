"""Every row of the table, on every device, with and without its optional features, against the NumPy device.

Chromium runs the page's own replayers, on SwiftShader and on WebAssembly. The native device runs the WGSL
kernels through naga, the shader compiler of Firefox, on whatever Vulkan the machine has (a software one will
do).
"""

from dataclasses import replace
from typing import Any

import pytest
from conformance.bench import CHROMIUM, EVERY_WASM, MIXED_WASM, NATIVE, WASM, Bench
from glowworm.devices.base import Device
from glowworm.devices.wgsl.render import render
from glowworm.graph.encode import encode
from glowworm_tools.conformance.experiment import Experiment, compare
from glowworm_tools.conformance.table import CASES, TOLERANCE, Case


def _first_of_each() -> list[Case]:
    """A small row of each operation, once for one row and once for many, with each kind of weights."""
    firsts: dict[tuple[Any, ...], Case] = {}
    for case in (case for case in CASES if not case.timed):
        shape = dict(case.shape)
        kind = shape["weights"][0][0] if "weights" in shape else None
        firsts.setdefault((case.op, shape.get("rows", 1) > 1, kind), case)
    return [*firsts.values()]


EVERYTHING = [(case, kind) for case in CASES for kind in (*NATIVE, *CHROMIUM, *WASM)]
# The same sources as the other modules; that they were compiled rightly shows in a few rows.
SOME = [(case, kind) for case in _first_of_each() for kind in MIXED_WASM]


@pytest.mark.parametrize(
    ("case", "kind"),
    [pytest.param(case, kind, id=f"{case.name}-{kind}") for case, kind in EVERYTHING + SOME],
)
def test_operation(case: Case, kind: str, bench: Bench) -> None:
    device = bench.device(kind)
    experiment = case.build()
    subgroups = device.info.limits.subgroups
    if subgroups and _sources(experiment, device, True) == _sources(experiment, device, False):
        return  # the feature makes no difference here: the test without it runs the same source
    expected = bench.expected(case, rounded_activations=kind in EVERY_WASM)
    errors = compare(bench.run(experiment.run(device)), expected)
    wrong = {name: f"{error:.1e}" for name, error in errors.items() if not error < TOLERANCE}
    assert not wrong, f"{case.name}, {kind}: normalised errors {wrong}, allowed {TOLERANCE:.0e}"


def _sources(experiment: Experiment, device: Device, subgroups: bool) -> list[str]:
    limits = replace(device.info.limits, subgroups=subgroups)
    return [
        render(kernel, subgroups=subgroups, dialect="tint")
        for output in range(len(experiment.outputs))
        for kernel in encode(experiment.compile(device.lowering, limits, output)).kernels
    ]
