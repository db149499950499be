"""From a weights file to a program on a device: define, trace, fuse, compile, load."""

from collections.abc import Mapping
from dataclasses import dataclass

from ..devices.base import Device, Progress
from ..errors import PromptError
from ..graph.compile import Lowering, compile_graphs
from ..graph.fuse import fuse
from ..graph.ops import Cache, Graph, Tensor, sample
from ..graph.plan import Program
from ..graph.storage import Limits
from ..models import Definition, define
from ..weights.gguf import GgufFile, read_gguf
from ..weights.source import ByteSource
from .caches import layouts
from .session import Capacity

CONTEXT = 4096  # tokens kept by default, if the model was trained for as many
CHUNK = 128  # rows of a prefill chunk
EVERY_ROW_ELEMENTS = 1 << 22  # logits computed at once when those of every row are asked for
ROLLBACK = 1024  # positions that edit and regenerate can go back without computing the prompt again


@dataclass(frozen=True)
class Loaded:
    """A model on a device."""

    file: GgufFile
    definition: Definition
    program: Program
    capacity: Capacity


def build_program(
    file: GgufFile,
    lowering: Lowering,
    limits: Limits,
    *,
    context: int | None = None,
    chunk: int = CHUNK,
    every_row: bool = False,
    fused: bool = True,
    layers: int | None = None,
) -> tuple[Definition, Program, Capacity]:
    """Trace and compile a file's model for a kind of device, without loading its weights.

    Phases: "prefill" (``chunk`` rows) and "decode" (one row), both ending in sampling; with ``every_row``
    also "logits", which ends in the logits of every row of a shorter chunk and samples nothing. With
    ``layers`` only so many of the first are computed; the definition is of the whole model all the same.
    """
    whole = define(file)
    config = whole.config
    definition = whole if layers is None else whole.shortened(layers)
    trained = config.context
    if context is not None and (not isinstance(context, int) or context < 1):
        raise PromptError(f"The context must be a whole number of tokens from 1 on, not {context!r:.40}.")
    context = min(context or CONTEXT, trained)
    chunk = min(chunk, context)
    graphs: dict[str, tuple[Graph, Tensor]] = {}
    phases = {"prefill": chunk, "decode": 1}
    if every_row:
        phases["logits"] = max(1, min(chunk, EVERY_ROW_ELEMENTS // config.vocabulary))
    for phase, rows in phases.items():
        graph, logits = definition.trace(rows, every_row=phase == "logits")
        if phase != "logits":
            sample(logits)
        graphs[phase] = fuse(graph, logits) if fused else (graph, logits)
    program = compile_graphs(
        graphs,
        lowering,
        file.tensors,
        context_length=context,
        chunk=chunk,
        rollback=ROLLBACK,
        limits=limits,
    )
    found: list[Cache] = [n.attributes["cache"] for n in graphs["decode"][0].nodes if "cache" in n.attributes]
    caches = {cache: cache.capacity(context, chunk, ROLLBACK) for cache in found}
    capacity = Capacity(context, chunk, config.vocabulary, _ring(caches, context), layouts(caches, program))
    return whole, program, capacity


def _ring(caches: Mapping[Cache, int], context: int) -> tuple[int, int] | None:
    """The windowed caches' window and capacity, if any of them is shorter than the context."""
    rings = [(cache.window, size) for cache, size in caches.items() if cache.window is not None]
    return min((ring for ring in rings if ring[1] < context), default=None)


async def load(
    source: ByteSource,
    device: Device,
    *,
    context: int | None = None,
    every_row: bool = False,
    on_progress: Progress | None = None,
) -> Loaded:
    """Read the header of ``source`` and bring its model onto the device.

    Raises:
        WeightsError, UnsupportedError: the file is damaged, or holds what this version cannot run.
        DeviceError: the device cannot hold or run it.
    """
    file = await read_gguf(source)
    if on_progress:
        on_progress("header", file.data_offset, file.size)
    definition, program, capacity = build_program(
        file, device.lowering, device.info.limits, context=context, every_row=every_row
    )
    if on_progress:
        on_progress("plan", 1, 1)
    await device.load(program, source, on_progress)
    return Loaded(file, definition, program, capacity)
