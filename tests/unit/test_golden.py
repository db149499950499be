"""Whole models against Hugging Face transformers: the tiny, structurally complete Gemma 3 of the fixtures.

See ``tests/fixtures/gemma3/make.py`` for what the golden files hold and how they were made. Windowed caches
are short rings here, which the longest case goes around three times in prefill and decode.
"""

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from glowworm.devices.reference import ReferenceDevice
from glowworm.generation import measure
from glowworm.generation.load import build_program
from glowworm.generation.sampling import Sampling
from glowworm.generation.session import Capacity, Session
from glowworm.graph.plan import STATE_TEMPERATURE, Program
from glowworm.weights.gguf import read_gguf
from glowworm.weights.source import FileSource
from support import open_native

FIXTURES = Path(__file__).parents[1] / "fixtures" / "gemma3"
MODELS = sorted(path.stem for path in FIXTURES.glob("*.gguf"))
TOLERANCE = {"reference": 1e-3, "native": 5e-3, "native-plain": 5e-3}
CONTEXT = 256
CHUNK = 16  # no longer than any window and shorter than most prompts, which so cross chunks and windows
ROLLBACK = 2
ONE_SHOT = 61  # tokens of a prompt computed at once: longer than any window and any ring


@dataclass
class Subject:
    """A model on a device."""

    kind: str
    name: str
    session: Session
    program: Program
    capacity: Capacity
    one_shot: np.ndarray
    """Logits after the first ONE_SHOT tokens of the longest case, by a program that takes them at once."""
    cases: dict
    arrays: dict

    def logits(self, ids):
        return np.array(asyncio.run(measure.logits(self.session.device, self.program, self.session, ids)))

    def error(self, got, expected):
        assert np.isfinite(got).all()
        return np.abs(got - expected).max() / (expected.max() - expected.min())


def open_device(kind):
    if kind == "reference":
        return ReferenceDevice()
    return open_native(subgroups=kind == "native")


@pytest.fixture(scope="module", params=[(kind, name) for kind in TOLERANCE for name in MODELS], ids="-".join)
def subject(request):
    kind, name = request.param
    cases = json.loads((FIXTURES / f"{name}.json").read_text())["cases"]
    device = open_device(kind)

    async def prepare(source):
        file = await read_gguf(source)
        limits = device.info.limits
        _, program, capacity = build_program(file, device.lowering, limits, context=CONTEXT, chunk=ONE_SHOT)
        await device.load(program, source)
        one_shot = await last_logits(
            device, program, Session(device, capacity), cases["long"]["input_ids"], [ONE_SHOT]
        )
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("glowworm.generation.load.ROLLBACK", ROLLBACK)
            _, program, capacity = build_program(
                file, device.lowering, limits, context=CONTEXT, chunk=CHUNK, every_row=True
            )
        await device.load(program, source)
        return program, capacity, one_shot

    with FileSource(FIXTURES / f"{name}.gguf") as source:
        program, capacity, one_shot = asyncio.run(prepare(source))
    arrays = dict(np.load(FIXTURES / f"{name}.npz"))
    yield Subject(kind, name, Session(device, capacity), program, capacity, one_shot, cases, arrays)
    device.close()


async def last_logits(device, program, session, ids, parts):
    """Logits after the first sum(parts) tokens, computed in chunks of these lengths in caches full of NaN."""
    for buffer in program.buffers.values():
        if buffer.role == "cache":
            device.write(buffer.name, 0, np.full(buffer.nbytes // 4, np.nan, np.float32).tobytes())
    device.write("state", STATE_TEMPERATURE * 4, Sampling(temperature=0).words())
    start = 0
    for i, part in enumerate(parts):
        session.place(ids[start : start + part], start)
        phase = "decode" if part == 1 else "prefill"
        device.run(phase, head=i == len(parts) - 1)
        start += part
    return np.frombuffer(await device.read(program.plans[phase].outputs["logits"]), np.float32)


def test_rings_are_short(subject):
    """What the other tests of this file rest on: the longest case goes around every windowed cache."""
    window, ring = subject.capacity.ring
    longest = subject.cases["long"]
    assert CHUNK <= window < ONE_SHOT < CONTEXT
    assert ring * 3 < len(longest["input_ids"]) + len(longest["greedy"])


def test_logits(subject):
    for case, golden in subject.cases.items():
        got = subject.logits(golden["input_ids"])[subject.arrays[f"{case}.positions"]]
        assert subject.error(got, subject.arrays[f"{case}.logits"]) < TOLERANCE[subject.kind], case


def test_greedy_continuations(subject):
    for case, golden in subject.cases.items():
        expected = subject.arrays[f"{case}.logits"]
        allowed = TOLERANCE[subject.kind] * (expected.max() - expected.min())
        subject.session.forget()
        made = []

        async def run(ids=golden["input_ids"], made=made):
            async for tokens in subject.session.generate(ids, Sampling(temperature=0), max_tokens=32):
                made.extend(tokens)

        asyncio.run(run())
        for step, (token, wanted, margin) in enumerate(
            zip(made, golden["greedy"], golden["margins"], strict=True)
        ):
            if token != wanted:
                assert margin <= allowed, f"{case}: step {step} chose {token}, not {wanted} (margin {margin})"
                break  # from here on the texts differ for a reason


CHUNKINGS = {
    "whole": [16, 16, 16, 13],
    "odd": [7, 16, 2, 9, 16, 11],
    "mixed": [13, 1, 16, 1, 1, 15, 10, *[1] * 4],
    "single": [1] * ONE_SHOT,
}


@pytest.mark.parametrize("chunking", CHUNKINGS)
def test_chunks_and_single_steps_equal_one_shot(subject, chunking):
    """A prompt computed in several chunks and token by token, in rings, against one chunk without rings."""
    parts = CHUNKINGS[chunking]
    assert sum(parts) == ONE_SHOT and max(parts) <= CHUNK
    ids = subject.cases["long"]["input_ids"]
    run = last_logits(subject.session.device, subject.program, subject.session, ids, parts)
    assert subject.error(asyncio.run(run), subject.one_shot) < 1e-5
