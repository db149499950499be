"""Two devices side by side: what is found out of them, and within which bounds."""

import asyncio
from pathlib import Path

import numpy as np
import pytest
from glowworm.devices.reference import ReferenceDevice
from glowworm.generation import trial
from glowworm.generation.load import load
from glowworm.graph.plan import STATE_POSITION
from glowworm.weights.source import FileSource

MODEL = Path(__file__).parents[1] / "fixtures" / "gemma3" / "f32.gguf"


class WatchedDevice(ReferenceDevice):
    """Notes the furthest position that was ever to come next."""

    furthest = 0

    def run(self, phase: str, *, head: bool = True, times: int = 1) -> None:
        super().run(phase, head=head, times=times)
        self.furthest = max(self.furthest, int(self.buffers["state"].view(np.uint32)[STATE_POSITION]))


@pytest.mark.parametrize("context", [1, 4, 9, None])
def test_trial_stays_within_the_context(context: int | None) -> None:
    devices = WatchedDevice(), WatchedDevice()
    made = asyncio.run(trial.compare(FileSource(MODEL), devices, context))
    assert made.error == 0
    assert all(seconds > 0 for seconds in made.seconds)
    for device in devices:
        assert 0 < device.furthest <= (context or trial.PROMPT + trial.STEPS)


def test_fingerprint_fits_a_tiny_context() -> None:
    device = ReferenceDevice()
    loaded = asyncio.run(load(FileSource(MODEL), device, context=4))
    values = asyncio.run(trial.fingerprint(device, loaded.program, loaded.capacity))
    assert len(values) >= trial.FINGERPRINT
    assert trial.difference(values, values) == 0
    assert len(set(values)) > 1
