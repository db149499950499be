"""Tracing, fusing, memory and encoding, on the tiny Gemma 3 of the fixtures and in the published sizes."""

import asyncio
from dataclasses import replace
from math import prod
from pathlib import Path

import pytest
from glowworm.devices.reference import ReferenceDevice
from glowworm.devices.wgsl import WgslLowering
from glowworm.errors import UnsupportedError, WeightsError
from glowworm.generation.load import build_program
from glowworm.generation.sampling import Sampling
from glowworm.graph.dump import dump
from glowworm.graph.encode import encode
from glowworm.graph.fuse import fuse
from glowworm.graph.memory import Slot, place
from glowworm.graph.ops import sample
from glowworm.graph.plan import STATE_TEMPERATURE
from glowworm.graph.storage import Limits
from glowworm.models import define
from glowworm.weights.gguf import BLOCKS, GgmlType, GgufFile, TensorInfo, read_gguf
from glowworm.weights.source import FileSource
from glowworm_tools import shapes
from glowworm_tools.conformance.experiment import check_program

FIXTURES = Path(__file__).parents[1] / "fixtures" / "gemma3"
DISPATCHES_PER_TOKEN = 150  # of the 270M shape, at most


@pytest.fixture(scope="module")
def file() -> GgufFile:
    return asyncio.run(read_gguf(FileSource(FIXTURES / "q4_0.gguf")))


def operations(graph):
    return [n.op for n in graph.nodes if n.op not in ("weight", "tokens", "reshape", "columns")]


def test_a_fused_layer_is_six_operations(file):
    definition = define(file)
    graph, logits = definition.trace(1)
    sample(logits)
    fused, result = fuse(graph, logits)
    layer = ["attention_block", "linear", "residual_norm", "gated", "linear", "residual_norm", "linear"]
    expected = ["embed", "rms_norm", "linear", *layer * definition.config.layers]
    assert operations(fused) == [*expected[:-1], "last", "linear", "sample"]
    assert result.shape == (1, definition.config.vocabulary)


def test_fusing_reads_every_weight_once(file):
    definition = define(file)
    fused, _ = fuse(*definition.trace(4))
    names = [name for n in fused.nodes if n.op == "weight" for name in n.attributes["names"]]
    assert sorted(names) == sorted(name for name in file.tensors)


@pytest.mark.parametrize("name", ["f32", "mixed"])
def test_fused_and_unfused_plans_agree(name):
    """Every rewrite rule at once, prefill across the window and then decode, on the NumPy device."""

    async def tokens_and_logits(fused):
        source = FileSource(FIXTURES / f"{name}.gguf")
        device = ReferenceDevice()
        header = await read_gguf(source)
        _, program, _ = build_program(header, device.lowering, device.info.limits, chunk=32, fused=fused)
        await device.load(program, source)
        device.write("state", STATE_TEMPERATURE * 4, Sampling(temperature=0).words())
        ids = [(7 * i * i + 3) % 500 for i in range(45)]
        results = []
        for start, phase in ((0, "prefill"), (32, "prefill"), (45, "decode")):
            chunk = ids[start : start + 32] or [11]
            device.write("tokens", 0, b"".join(i.to_bytes(4, "little") for i in chunk))
            device.write("state", 0, b"".join(i.to_bytes(4, "little") for i in (start, len(chunk), 0)))
            device.run(phase)
            results.append(
                memoryview(await device.read(program.plans[phase].outputs["logits"])).cast("f").tolist()
            )
        return results

    plain = asyncio.run(tokens_and_logits(False))
    fused = asyncio.run(tokens_and_logits(True))
    for a, b in zip(plain, fused, strict=True):
        assert a == pytest.approx(b, abs=2e-5 * (max(a) - min(a)))


def published(name: str) -> GgufFile:
    """The header of a 4-bit Gemma 3 of a published size; there are no weights behind it."""
    shape = shapes.SHAPES[name]
    metadata = {
        "general.architecture": "gemma3",
        "gemma3.context_length": shape.context,
        "gemma3.embedding_length": shape.hidden,
        "gemma3.block_count": shape.layers,
        "gemma3.feed_forward_length": shape.ffn,
        "gemma3.attention.head_count": shape.heads,
        "gemma3.attention.head_count_kv": shape.kv_heads,
        "gemma3.attention.key_length": shape.head_dim,
        "gemma3.attention.sliding_window": shape.window,
        "gemma3.rope.scaling.factor": shape.rope_factor or 1.0,
    }
    tensors, offset = {}, 0
    for tensor, dimensions in shapes._tensor_shapes(shape):
        kind = GgmlType.Q4_0 if len(dimensions) == 2 else GgmlType.F32
        elements, block_nbytes = BLOCKS[kind]
        nbytes = prod(dimensions) // elements * block_nbytes
        tensors[tensor] = TensorInfo(tensor, kind, dimensions, offset, nbytes)
        offset += -(-nbytes // 32) * 32
    return GgufFile(3, metadata, tensors, 32, 0, offset)


@pytest.mark.parametrize("subgroups", [True, False], ids=["subgroups", "plain"])
@pytest.mark.parametrize("name", shapes.SHAPES)
def test_published_sizes_fit_the_default_limits(name, subgroups):
    """Bindings, buffers and grids of every dispatch; and the 270M's step is short."""
    limits = Limits(subgroups=subgroups)
    file = published(name)
    definition, program, capacity = build_program(file, WgslLowering(), limits, every_row=True)
    assert definition.config.layers == shapes.SHAPES[name].layers and capacity.context == 4096
    assert limits.max_binding == 128 << 20 and limits.max_buffer == 256 << 20
    assert set(program.plans) == {"prefill", "decode", "logits"}
    check_program(program, limits)
    assert max(buffer.nbytes for buffer in program.buffers.values()) <= limits.max_buffer
    for tensor in file.tensors.values():
        assert sum(load.nbytes for load in program.loads if load.tensor == tensor.name) == tensor.nbytes
    if name == "gemma-3-270m":
        assert len(list(program.plans["decode"].dispatches)) <= DISPATCHES_PER_TOKEN


def test_the_same_file_gives_the_same_program(file):
    lowering = WgslLowering()
    programs = [build_program(file, lowering, Limits(subgroups=True))[1] for _ in range(2)]
    a, b = (encode(program) for program in programs)
    assert (a.words, a.strings) == (b.words, b.strings)
    assert list(dump(programs[0])) == list(dump(programs[1]))


def test_a_large_matrix_is_split_into_bindable_parts(file):
    """With tiny limits every weight is cut by rows, and its loads still cover the whole tensor once."""
    whole = build_program(file, WgslLowering(), Limits())[1]
    limits = replace(
        Limits(), max_binding=max(b.nbytes for b in whole.buffers.values() if b.role != "weight")
    )
    cut = build_program(file, WgslLowering(), replace(limits, max_buffer=limits.max_binding))[1]
    for name, tensor in file.tensors.items():
        loads = [load for load in cut.loads if load.tensor == name]
        assert sum(load.nbytes for load in loads) == tensor.nbytes
        assert sorted(load.file_offset for load in loads)[0] == tensor.offset


def test_too_small_a_device_is_refused(file):
    with pytest.raises(UnsupportedError, match="choose a smaller model"):
        build_program(file, WgslLowering(), Limits(max_binding=1 << 12, max_buffer=1 << 12))


def test_a_missing_tensor_is_named(file):
    tensors = {name: t for name, t in file.tensors.items() if name != "blk.2.ffn_up.weight"}
    with pytest.raises(WeightsError, match=r"blk\.2\.ffn_up\.weight"):
        build_program(replace(file, tensors=tensors), WgslLowering(), Limits())


def test_a_tensor_of_the_wrong_shape_is_named(file):
    name = "blk.1.attn_output.weight"
    shape = file.tensors[name].shape
    tensors = file.tensors | {name: replace(file.tensors[name], shape=(shape[0] + 2, shape[1]))}
    with pytest.raises(WeightsError, match=r"blk\.1\.attn_output\.weight"):
        build_program(replace(file, tensors=tensors), WgslLowering(), Limits())


def test_an_unknown_architecture_is_named(file):
    with pytest.raises(UnsupportedError, match="'mamba'"):
        define(replace(file, metadata=file.metadata | {"general.architecture": "mamba"}))


@pytest.mark.parametrize("value", [None, 0, -1, "8", True, 1 << 40])
def test_absurd_metadata_are_refused(file, value):
    with pytest.raises(WeightsError, match=r"gemma3\.embedding_length"):
        define(replace(file, metadata=file.metadata | {"gemma3.embedding_length": value}))


def test_slots_that_live_together_never_overlap():
    slots = [Slot(nbytes) for nbytes in (1000, 40, 3000, 256, 1000, 8)]
    calls = [
        [slots[0], slots[1]],
        [slots[1], slots[2]],
        [slots[2], slots[3], slots[0]],
        [slots[3], slots[4]],
        [slots[5]],
    ]
    offsets, size = place(calls, {slots[4]})
    spans = {
        slot: (
            min(i for i, c in enumerate(calls) if slot in c),
            max(i for i, c in enumerate(calls) if slot in c),
        )
        for slot in slots
    }
    spans[slots[4]] = (spans[slots[4]][0], len(calls))
    for a in slots:
        for b in slots:
            together = spans[a][0] <= spans[b][1] and spans[b][0] <= spans[a][1]
            apart = offsets[a] + a.nbytes <= offsets[b] or offsets[b] + b.nbytes <= offsets[a]
            assert a is b or not together or apart
    assert size < sum(slot.nbytes for slot in slots)
    assert all(offset % 256 == 0 for offset in offsets.values())


@pytest.mark.parametrize(("key", "value"), [("block_count", 1 << 20), ("attention.head_count_kv", 7)])
def test_sizes_that_cannot_be_are_refused(file, key, value):
    with pytest.raises(WeightsError, match=rf"gemma3\.{key}.*{value}"):
        define(replace(file, metadata=file.metadata | {f"gemma3.{key}": value}))
