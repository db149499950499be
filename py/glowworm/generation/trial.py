"""Two devices side by side: whether they agree on the first layers of a model, and which would be faster.

Graphics drivers can compute wrong results without a word, so nothing is believed of a device that has not
agreed with another one. What is loaded is a few layers and the head, where every kernel occurs.
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from math import dist, hypot, inf, isfinite
from struct import pack
from time import perf_counter

from ..devices.base import Device
from ..graph import plan as p
from ..graph.plan import Program
from ..weights.gguf import GgufFile, read_gguf
from ..weights.source import ByteSource
from .load import build_program
from .session import Capacity

LAYERS = 2
PROMPT = 7  # tokens, or as many as fit into a chunk
FINGERPRINT = 64  # logits, about
STEPS = 6  # timed at once
WARM_UP = 3  # steps beforehand: compilers optimise what runs
MOST_SECONDS = 0.25  # of timing; a slow device is timed by fewer steps


@dataclass(frozen=True)
class Trial:
    """What came of it."""

    error: float  # ‖a - b‖ / ‖b‖ of the logits of both devices; infinite where one is not finite
    seconds: tuple[float, ...]  # of a decoded token of the whole model, by device, as far as can be told


async def compare(source: ByteSource, devices: tuple[Device, Device], context: int | None = None) -> Trial:
    """Run the same few tokens through the first layers and the head of a model on both devices.

    Each device is left with that part of the model loaded.

    Raises:
        WeightsError, UnsupportedError, DeviceError: see ``load``.
    """
    file = await read_gguf(source)
    results = [await _run(file, source, device, context) for device in devices]
    (a, _), (b, _) = results
    return Trial(difference(a, b), tuple(seconds for _, seconds in results))


async def fingerprint(device: Device, program: Program, capacity: Capacity) -> list[float]:
    """Some of the prompt's logits, of a whole model that was loaded on a device and not asked anything yet.

    The same model on the same device gives almost the same numbers; they tell when a driver has changed.
    """
    logits = await _logits(device, program, capacity)
    return list(logits[:: max(1, len(logits) // FINGERPRINT)])


def difference(a: Sequence[float], b: Sequence[float]) -> float:
    """‖a - b‖ / ‖b‖, infinite where a number is not finite."""
    if not all(map(isfinite, a)) or not all(map(isfinite, b)):
        return inf
    norm, distance = hypot(*b), dist(a, b)
    return distance / norm if norm else (inf if distance else 0.0)


async def _run(
    file: GgufFile, source: ByteSource, device: Device, context: int | None
) -> tuple[array, float]:
    definition, program, capacity = build_program(
        file, device.lowering, device.info.limits, context=context, layers=LAYERS
    )
    await device.load(program, source)
    logits = await _logits(device, program, capacity)
    layers = definition.config.layers
    body = await _seconds(device, capacity.context, head=False)
    head = await _seconds(device, capacity.context, head=True)
    return logits, max(head - body, 0.0) + body * layers / min(LAYERS, layers)


async def _logits(device: Device, program: Program, capacity: Capacity) -> array:
    count, vocabulary = min(PROMPT, capacity.chunk), capacity.vocabulary
    # Tokens from all over the vocabulary, but for its beginning, where the special ones usually are.
    ids = [(index + 1) * vocabulary // (count + 2) for index in range(count)]
    device.write("tokens", 0, pack(f"<{count}I", *ids))
    device.write("state", 0, bytes(p.STATE_WORDS * 4))
    device.write("state", p.STATE_ROWS * 4, pack("<I", count))
    for word in (p.STATE_TOP_P, p.STATE_REPETITION):
        device.write("state", word * 4, pack("<f", 1.0))  # off
    device.run("prefill")
    logits = array("f")
    logits.frombytes(await device.read(program.plans["prefill"].outputs["logits"]))
    return logits


async def _seconds(device: Device, context: int, head: bool) -> float:
    """How long a decoded token takes, behind a short prompt as far as the context has room for both."""
    steps, warm_up = min(STEPS, context), min(WARM_UP, context)
    start = min(PROMPT, context - steps)
    await _decode(device, start, warm_up, head)
    total, done, count = 0.0, 0, 1
    while total < MOST_SECONDS and done < STEPS * 4:
        total += await _decode(device, start, count, head)
        done += count
        count = steps
    return total / done


async def _decode(device: Device, start: int, steps: int, head: bool) -> float:
    """The seconds that so many steps take, the first of them at position ``start``."""
    device.write("state", p.STATE_POSITION * 4, pack("<II", start, 1))
    begun = perf_counter()
    device.run("decode", head=head, times=steps)
    await device.synchronise()
    return perf_counter() - begun
