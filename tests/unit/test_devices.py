"""What devices share (streaming, rendering) and what the native one does beyond running kernels."""

import asyncio
from collections.abc import Iterator
from struct import pack
from typing import Any

import numpy as np
import pytest
from glowworm.devices import native
from glowworm.devices.reference import uniform
from glowworm.devices.streaming import Piece, pieces
from glowworm.devices.wgsl import WgslLowering
from glowworm.devices.wgsl.render import preload, render
from glowworm.errors import DeviceError, DeviceLostError, WeightsError
from glowworm.graph.compile import Context
from glowworm.graph.ops import Graph, rms_norm
from glowworm.graph.plan import STATE_OUTPUT, STATE_STEP, Kernel, Load, Program, Region
from glowworm.graph.storage import Limits, Storage
from glowworm.weights.gguf import GgmlType, TensorInfo
from glowworm_tools.conformance.experiment import PHASE, Experiment, MemorySource
from jinja2 import UndefinedError
from support import open_native

# -- streaming -----------------------------------------------------------------------------------------


def _load(blocks: int, block_bytes: int = 18, file_offset: int = 0) -> Load:
    nbytes = blocks * block_bytes
    return Load("w", file_offset, nbytes, "repack_q4_0", block_bytes, 32, 64, 10, ())


def _pieces(load: Load, data: bytes, piece_nbytes: int) -> list[Piece]:
    async def gather() -> list[Piece]:
        return [piece async for piece in pieces(load, MemorySource(data), piece_nbytes)]

    return asyncio.run(gather())


def test_pieces_are_pairs_of_blocks_and_lose_nothing() -> None:
    data = np.random.default_rng(0).bytes(7 + 11 * 18)
    cut = _pieces(_load(11, file_offset=7), data, 100)  # room for five blocks and a half
    assert [(piece.first_block, piece.blocks) for piece in cut] == [(10, 4), (14, 4), (18, 3)]
    assert b"".join(piece.data for piece in cut) == data[7:]


def test_a_source_that_ends_early_is_refused() -> None:
    with pytest.raises(WeightsError, match="in the middle of w"):
        _pieces(_load(11), bytes(11 * 18 - 1), 100)


# -- random numbers ------------------------------------------------------------------------------------


def test_seeds_have_sequences_of_their_own() -> None:
    drawn = [[uniform(seed, step) for step in range(64)] for seed in range(256)]
    shares = np.array(drawn)
    assert shares.min() >= 0 and shares.max() < 1
    # Each seed's numbers, and each step's over all seeds, are spread as random ones: within 5 deviations.
    for axis, count in ((0, 256), (1, 64)):
        assert np.abs(shares.mean(axis=axis) - 0.5).max() < 5 / (12 * count) ** 0.5
    assert np.abs(np.corrcoef(shares) - np.eye(256)).max() < 0.75
    runs = {tuple(row[start : start + 3]) for row in drawn for start in range(62)}
    assert len(runs) == 256 * 62


def test_no_seed_is_another_ones_sequence_shifted_by_a_constant() -> None:
    # Of a hash of seed * a + step * b, these would be: what a seed gives next is another's number now.
    ahead = [uniform(seed, 1) for seed in range(1, 5)]
    for number in (2891336453, 0x9E3779B9):
        distance = number * pow(747796405, -1, 1 << 32)
        for mask in (0, 0x9E3779B9):
            other = [uniform(((seed ^ mask) + distance ^ mask) & 0xFFFFFFFF, 0) for seed in range(1, 5)]
            assert other != ahead


# -- rendering -----------------------------------------------------------------------------------------


def _norm_kernel() -> Kernel:
    graph = Graph()
    x = graph.apply("input", (), (3, 8))
    out = rms_norm(x, graph.weight("norm", (8,)), 1e-6)
    norm = {"norm": TensorInfo("norm", GgmlType.F32, (8,), 0, 32)}
    lowering, program = WgslLowering(), Program("wgsl")
    storage = Storage(program, lowering, Limits(), norm, context_length=8, chunk=3, rollback=0)
    lowering.operations["rms_norm"](Context(storage), out.node)
    return program.kernels[0]


NORM = _norm_kernel()
FEATURES: dict[str, Any] = {"subgroups": True, "dialect": "tint"}


def test_bindings_carry_the_access_of_the_kernel() -> None:
    source = render(NORM, **FEATURES)
    assert "@group(0) @binding(0) var<storage, read> state: array<u32>;" in source
    assert "@group(0) @binding(1) var<storage, read_write> x: array<vec4<f32>>;" in source


def test_dialects_differ_in_the_directive_alone() -> None:
    tint, naga = (render(NORM, **{**FEATURES, "dialect": dialect}) for dialect in ("tint", "naga"))
    assert "enable subgroups;" in tint
    assert tint.replace("enable subgroups;", "").split() == naga.split()


def test_sources_are_the_same_every_time_and_tidy() -> None:
    preload()
    source = render(NORM, **FEATURES)
    assert source == render(NORM, **FEATURES)
    assert "\n\n\n" not in source and " \n" not in source and source.endswith("}\n")


def test_a_missing_constant_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        render(Kernel("rms_norm", NORM.constants[1:], NORM.access), **FEATURES)


# -- the native device ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def device() -> Iterator[Any]:
    device = open_native()
    yield device
    device.close()


def _doubling() -> Experiment:
    experiment = Experiment(0)
    x = experiment.input(1, 5)
    experiment.output("sum", x * x)
    return experiment


def test_reads_see_what_was_asked_before_them_and_nothing_later(device: Any) -> None:
    async def run() -> list[list[float]]:
        program = await _doubling().prepare(device)
        result = program.plans[PHASE].outputs["logits"]
        answers = []
        for value in (3.0, 5.0):
            device.write("input.0", 0, pack("<5f", *[value] * 5))
            device.run(PHASE)
            answers.append(device.read(result))
        return [np.frombuffer(await answer, np.float32).tolist() for answer in reversed(answers)]

    assert asyncio.run(run()) == [[25.0] * 5, [9.0] * 5]


def test_sampled_reads_the_ring_around_its_end(device: Any) -> None:
    async def run() -> list[int]:
        await _doubling().prepare(device)
        device.write("state", 4 * STATE_STEP, pack("<I", 66))
        device.write("state", 4 * STATE_OUTPUT, pack("<64I", 64, 65, *range(2, 64)))
        return await device.sampled(4)

    assert asyncio.run(run()) == [62, 63, 64, 65]


def test_memory_is_zero_after_loading(device: Any) -> None:
    async def run() -> bytes:
        program = await _doubling().prepare(device)
        device.write("input.0", 0, pack("<5f", *range(1, 6)))
        await device.load(program, MemorySource(b""))
        return await device.read(Region("input.0", 0, 20, "r"))

    assert asyncio.run(run()) == bytes(20)


def test_a_refused_kernel_is_a_sentence(device: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "render", lambda kernel, **features: "no WGSL at all")
    with pytest.raises(
        DeviceError, match=r"The device refused the kernel elementwise\(.*report this as a bug"
    ):
        asyncio.run(_doubling().prepare(device))


def test_no_adapter_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**options: Any) -> None:
        raise RuntimeError("Request adapter failed (2): No suitable adapter found")

    monkeypatch.setattr(native.wgpu.gpu, "request_adapter_sync", refuse)
    with pytest.raises(DeviceError, match="No GPU was found"):
        native.NativeDevice.open()


def test_a_destroyed_device_is_lost() -> None:
    device = open_native()

    async def run() -> None:
        program = await _doubling().prepare(device)
        device._device.destroy()
        device.run(PHASE)
        await device.read(program.plans[PHASE].outputs["logits"])

    with pytest.raises(DeviceLostError, match="open the model again"):
        asyncio.run(run())
