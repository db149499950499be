"""A conversation with a device in tokens: what its caches hold, what of that can be reused, what comes next.

A session gets whole prompts and computes only what is new in them. It knows positions, chunks and caches;
it knows nothing of text, turns or templates.
"""

import time
from array import array
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass

from ..devices.base import Device
from ..errors import DeviceError, PromptError
from ..graph.plan import COUNT_PROMPT, STATE_POSITION, STATE_TEMPERATURE
from .caches import CacheLayout, Range, ranges
from .sampling import Sampling

CHUNK_SECONDS = 0.15  # a prefill chunk should take no longer, so that an abort is soon noticed
BATCH_SECONDS = 0.05  # decode steps are submitted in batches of about this length
LARGEST_BATCH = 16  # two batches in flight must fit into the device's ring of sampled tokens
IN_FLIGHT = 2
FIRST_ROWS = 32  # of a chunk on a device of unknown speed
ROW_STEP = 8  # chunks hold a multiple of this


@dataclass
class Figures:
    """What one generation did, and how long it took."""

    prompt_tokens: int = 0
    reused_tokens: int = 0
    generated_tokens: int = 0
    prefill_ms: float = 0.0
    ttft_ms: float = 0.0
    decode_ms: float = 0.0
    stop_reason: str = ""  # "stop", "length", "context" or "abort"


@dataclass(frozen=True)
class Snapshot:
    """The tokens in the caches, how many positions were ever written, and memory that has to be kept."""

    tokens: list[int]
    written: int
    ranges: list[Range]


@dataclass(frozen=True)
class Capacity:
    """What the program's caches can hold. ``ring`` is the smallest (window, capacity) of a windowed cache."""

    context: int
    chunk: int
    vocabulary: int
    ring: tuple[int, int] | None
    caches: tuple[CacheLayout, ...] = ()

    def can_resume(self, position: int, written: int) -> bool:
        """Whether the caches hold all that a query at ``position`` sees, after ``written`` positions."""
        if position == 0 or self.ring is None:
            return True
        window, capacity = self.ring
        return written - position <= capacity - window + 1


class Session:
    """One conversation's caches on one device."""

    def __init__(self, device: Device, capacity: Capacity):
        self.device, self.capacity = device, capacity
        self.tokens: list[int] = []  # whose keys and values the caches hold
        self._written = 0  # positions ever written since the caches were last begun anew
        self._unsaved = 0  # the first position that was computed after the last `saved`
        self._rows = min(FIRST_ROWS, capacity.chunk)  # of the next chunk, adapted to the device's speed

    async def generate(
        self,
        prompt: Sequence[int],
        sampling: Sampling,
        *,
        max_tokens: int,
        stop_ids: Collection[int] = (),
        aborted: Callable[[], bool] = lambda: False,
        figures: Figures | None = None,
    ) -> AsyncGenerator[list[int], None]:
        """Yield new tokens, a few at a time, until a stop id (not yielded), ``max_tokens``, the end of the
        context or an abort; closing the iterator early is an abort too. Counts and times go to ``figures``.

        Raises:
            PromptError: an empty prompt, one that leaves no room in the context, or ids out of range.
        """
        figures = figures or Figures()
        self.check(prompt)
        begun = time.perf_counter()
        start = self._resume(prompt)
        self._unsaved = min(self._unsaved, start)
        figures.prompt_tokens, figures.reused_tokens = len(prompt), start
        self._begin(prompt, sampling)
        complete = await self._prefill(prompt, start, aborted)
        figures.prefill_ms = (time.perf_counter() - begun) * 1e3
        if not complete:
            figures.stop_reason = "abort"
            return
        room = self.capacity.context - len(prompt)
        limit = min(max_tokens, room + 1)
        pending: deque[tuple[int, Awaitable[list[int]]]] = deque([(1, self.device.sampled(1))])
        made: list[int] = []  # sampled and accepted
        steps = 0  # decode steps asked for; the keys of made[:steps] are in the caches
        batch = 1
        try:
            while pending and not figures.stop_reason:
                asked = sum(count for count, _ in pending) + len(made)
                ahead = min(batch, limit - asked, room - steps)
                if ahead > 0 and len(pending) < IN_FLIGHT and not aborted():
                    self.device.run("decode", times=ahead)
                    pending.append((ahead, self.device.sampled(ahead)))
                    steps += ahead
                    self._written = max(self._written, len(prompt) + steps)
                    continue
                _, answer = pending.popleft()
                tokens = await answer
                now = time.perf_counter()
                if not made:
                    figures.ttft_ms = (now - begun) * 1e3
                    decode_begun = now
                else:
                    figures.decode_ms = (now - decode_begun) * 1e3
                    batch = _next_batch(batch, (now - decode_begun) / (len(made) - 1 + len(tokens)))
                kept = _before_stop(tokens, stop_ids)
                made += kept
                figures.generated_tokens = len(made)
                if len(kept) < len(tokens):
                    figures.stop_reason = "stop"
                elif aborted():
                    figures.stop_reason = "abort"
                elif len(made) >= limit:
                    figures.stop_reason = "length" if max_tokens <= room + 1 else "context"
                if kept:
                    yield kept
        except GeneratorExit:
            figures.stop_reason = "abort"
            raise
        finally:
            self.tokens = [*prompt, *made[:steps]]
            for _, answer in pending:
                with suppress(DeviceError):  # it has been reported, or the answer is over
                    await answer

    def forget(self) -> None:
        """Begin anew: nothing in the caches is worth keeping."""
        self.tokens, self._written, self._unsaved = [], 0, 0

    def snapshot(self) -> Snapshot:
        """What has to be kept, beside what was kept before the last `saved`, to `restore` the caches."""
        first, end = min(self._unsaved, len(self.tokens)), len(self.tokens)
        return Snapshot(list(self.tokens), self._written, ranges(self.capacity.caches, first, end))

    def saved(self, count: int) -> None:
        """The caches of the first ``count`` tokens have been kept."""
        self._unsaved = count

    def restore(self, tokens: Sequence[int], written: int) -> list[Range]:
        """Rely on the caches to hold these tokens, once the caller has filled the memory that is returned.

        Raises:
            PromptError: they do not fit this model or its context.
        """
        self.check(tokens)
        self.tokens, self._written, self._unsaved = list(tokens), max(written, len(tokens)), len(tokens)
        return ranges(self.capacity.caches, 0, len(tokens))

    def check(self, prompt: Sequence[int]) -> None:
        """PromptError unless ``prompt`` can be computed."""
        if not prompt:
            raise PromptError("There is nothing to continue: the prompt is empty.")
        if len(prompt) > self.capacity.context:
            raise PromptError(
                f"The prompt has {len(prompt)} tokens, but this model was loaded for "
                f"{self.capacity.context}; shorten it, or load the model with a longer context."
            )
        if not all(isinstance(token, int) for token in prompt):
            raise PromptError("Token ids are whole numbers.")
        if min(prompt) < 0 or max(prompt) >= self.capacity.vocabulary:
            raise PromptError("The prompt holds token ids that the model's vocabulary does not have.")

    def _resume(self, prompt: Sequence[int]) -> int:
        """Roll back to the longest common prefix; the last token is always computed again, for its logits."""
        common = 0
        most = min(len(self.tokens), len(prompt) - 1)
        while common < most and self.tokens[common] == prompt[common]:
            common += 1
        if not self.capacity.can_resume(common, self._written):
            common = 0
        if common == 0:
            self._written = 0
        self.tokens = self.tokens[:common]
        return common

    def _begin(self, prompt: Sequence[int], sampling: Sampling) -> None:
        self.device.write("state", STATE_TEMPERATURE * 4, sampling.words())
        if sampling.penalises:
            counts = array("I", bytes(4 * self.capacity.vocabulary))
            for token in prompt:
                counts[token] = COUNT_PROMPT
            self.device.write("counts", 0, counts.tobytes())

    async def _prefill(self, prompt: Sequence[int], start: int, aborted: Callable[[], bool]) -> bool:
        """Run the prompt from ``start`` in chunks; False if it was aborted in between."""
        while start < len(prompt):
            if aborted():
                return False
            rows = min(self._rows, len(prompt) - start)
            end = start + rows
            begun = time.perf_counter()
            self.place(prompt[start:end], start)
            self.device.run("decode" if rows == 1 else "prefill", head=end == len(prompt))
            self._written = max(self._written, end)
            await self.device.synchronise()
            if rows == self._rows:
                self._rows = _next_rows(rows, time.perf_counter() - begun, self.capacity.chunk)
            self.tokens = list(prompt[:end])
            start = end
        return True

    def place(self, tokens: Sequence[int], position: int) -> None:
        """Make ``tokens`` the next chunk, its first at ``position``; sampling starts at step 0."""
        self.device.write("tokens", 0, array("I", tokens).tobytes())
        self.device.write("state", STATE_POSITION * 4, array("I", [position, len(tokens), 0]).tobytes())


def _before_stop(tokens: list[int], stop_ids: Collection[int]) -> list[int]:
    for i, token in enumerate(tokens):
        if token in stop_ids:
            return tokens[:i]
    return tokens


def _next_rows(rows: int, seconds: float, most: int) -> int:
    """Longer chunks while they stay short in time; shorter ones, in proportion, when they took too long."""
    if seconds > CHUNK_SECONDS:
        rows = max(ROW_STEP, int(rows * CHUNK_SECONDS / seconds) // ROW_STEP * ROW_STEP)
    elif seconds < CHUNK_SECONDS / 2:
        rows *= 2
    return min(rows, most)


def _next_batch(batch: int, seconds_per_token: float) -> int:
    """Longer batches while they stay short in time; shorter ones when the device turns out to be slow."""
    return max(1, min(LARGEST_BATCH, 2 * batch, int(BATCH_SECONDS / max(seconds_per_token, 1e-6))))
