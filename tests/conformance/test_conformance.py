"""Every row of the table, on every device, with and without its optional features, against the NumPy device.

Chromium runs the page's own replayers, on SwiftShader and on WebAssembly. The native device runs the WGSL
kernels through naga, the shader compiler of Firefox, on whatever Vulkan the machine has (a software one will
do).
"""

from dataclasses import replace

import pytest
from conformance.bench import CHROMIUM, NATIVE, WASM, Bench
from glowworm.devices.base import Device
from glowworm.devices.wgsl.render import render
from glowworm.graph.encode import encode
from glowworm_tools.conformance.experiment import Experiment, compare
from glowworm_tools.conformance.table import CASES, TOLERANCE, Case


@pytest.mark.parametrize("kind", [*NATIVE, *CHROMIUM, *WASM])
@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_operation(case: Case, kind: str, bench: Bench) -> None:
    device = bench.device(kind)
    experiment = case.build()
    subgroups = device.info.limits.subgroups
    if subgroups and _sources(experiment, device, True) == _sources(experiment, device, False):
        return  # the feature makes no difference here: the test without it runs the same source
    expected = bench.expected(case, rounded_activations=kind in WASM)
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
