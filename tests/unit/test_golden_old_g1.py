"""Whole models against Hugging Face transformers: the tiny, structurally complete Gemma 3 of the fixtures.

See ``tests/fixtures/gemma3/make.py`` for what the golden files hold and how they were made.
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
from glowworm.generation.session import Session
from glowworm.graph.plan import Program
from glowworm.weights.gguf import read_gguf
from glowworm.weights.source import FileSource

FIXTURES = Path(__file__).parents[1] / "fixtures" / "gemma3"
MODELS = sorted(path.stem for path in FIXTURES.glob("*.gguf"))
TOLERANCE = {"reference": 1e-3, "native": 5e-3, "native-plain": 5e-3}
CHUNK = 24  # shorter than the prompts, so that prefill crosses chunks and windows


@dataclass
class Subject:
    """A model on a device."""

    kind: str
    name: str
    session: Session
    program: Program
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
    from glowworm.devices.native import NativeDevice

    return NativeDevice.open(subgroups=None if kind == "native" else False)


@pytest.fixture(scope="module", params=[(kind, name) for kind in TOLERANCE for name in MODELS], ids="-".join)
def subject(request):
    kind, name = request.param
    device = open_device(kind)
    source = FileSource(FIXTURES / f"{name}.gguf")

    async def load():
        file = await read_gguf(source)
        _, program, capacity = build_program(
            file, device.lowering, device.info.limits, context=256, chunk=CHUNK, every_row=True
        )
        await device.load(program, source)
        return program, Session(device, capacity)

    program, session = asyncio.run(load())
    cases = json.loads((FIXTURES / f"{name}.json").read_text())["cases"]
    yield Subject(kind, name, session, program, cases, dict(np.load(FIXTURES / f"{name}.npz")))
    device.close()


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


def test_chunks_and_single_steps_equal_one_shot(subject):
    """The last row of a prompt, computed in one prefill chunk, in several, and token by token."""
    ids = subject.cases["long"]["input_ids"][:CHUNK]
    device, program = subject.session.device, subject.program

    def run(parts):
        start = 0
        for part in parts:
            subject.session.place(ids[start : start + part], start)
            phase = "decode" if part == 1 else "prefill"
            start += part
            device.run(phase, head=start == len(ids))
        data = asyncio.run(_read(device, program.plans[phase].outputs["logits"]))
        return np.frombuffer(data, np.float32)

    whole = run([CHUNK])
    for parts in ([7, 9, 8], [1] * CHUNK, [20, *[1] * (CHUNK - 20)]):
        assert subject.error(run(parts), whole) < 1e-5, parts


async def _read(device, region):
    return await device.read(region)
