"""What the CPU device makes of a trap: it is lost, on whichever of its threads it happens."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from conformance.bench import WASM, Bench
from glowworm.devices.wasm.calls import Call
from glowworm.errors import DeviceError
from glowworm_tools.conformance.table import CASES

OUTSIDE = 0xFFFF0000  # an address beyond the memory

encode = Call.encode


def _astray(call: Call, constants: Mapping[str, Any], addresses: Sequence[int]) -> bytes:
    return encode(call, constants, [OUTSIDE] * len(addresses))


@pytest.mark.parametrize("kind", WASM)
def test_trap_loses_the_device(kind: str, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    device = bench.open(kind)
    experiment = CASES[0].build()
    monkeypatch.setattr(Call, "encode", _astray)
    with pytest.raises(DeviceError, match=r"model stopped .*out of bounds.* has to be loaded again"):
        bench.run(experiment.run(device))
    with pytest.raises(DeviceError, match="has to be loaded again"):
        bench.run(device.synchronise())
