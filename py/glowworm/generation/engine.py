"""The public interface: text in, text out.

Puts tokenizer, chat template, session and device together. ``AsyncEngine`` is the engine; ``Engine`` is the
same for programs without an event loop. ``web/glowworm.js`` offers the same names in JavaScript.
"""

import os
from array import array
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import asdict, dataclass, replace
from math import prod
from threading import Event
from typing import Any, Self

from ..devices.base import Device, Progress
from ..errors import PromptError
from ..text.chat import ChatTemplate
from ..text.detokenizer import StreamDecoder
from ..text.tokenizer import Tokenizer
from ..weights.source import ByteSource
from . import measure
from .conversation import Message, Window, checked
from .load import Loaded, load
from .options import Options
from .sampling import Sampling
from .session import Figures, Session
from .stopping import StopMatcher

ANSWER_RESERVE = 4  # a quarter of the context is kept for the answer when old turns have to go
_SAMPLING_KEYS = {
    "temp": "temperature",
    "top_k": "top_k",
    "top_p": "top_p",
    "min_p": "min_p",
    "penalty_repeat": "repetition_penalty",
}

_DROPPED = "The conversation has outgrown the model's memory; its first {} messages were left out."
_TAKEN_OVER = ("tokens", "scores", "token_type", "merges")


@dataclass(frozen=True)
class Part:
    """A piece of an answer, or a sentence for the user about it."""

    text: str = ""
    notice: str = ""

    def __str__(self) -> str:
        return self.text


class AsyncEngine:
    """One model on one device, with one conversation's keys and values in its caches."""

    def __init__(self, loaded: Loaded, device: Device):
        self.loaded, self.device = loaded, device
        metadata = loaded.file.metadata
        self.tokenizer = Tokenizer.from_gguf(metadata)
        self.template = ChatTemplate.from_gguf(metadata, loaded.definition.family.name)
        for name in _TAKEN_OVER:  # megabytes, which the tokenizer now holds its own way
            metadata.pop(f"tokenizer.ggml.{name}", None)
        self.session = Session(device, loaded.capacity)
        self.sampling = _recommended(metadata)
        self.stats: dict[str, Any] = {}
        self._window = Window(loaded.capacity.context)
        self._abort = Event()
        self._taken = False
        self._running: AsyncGenerator[Part, None] | None = None

    @classmethod
    async def open(
        cls,
        source: ByteSource,
        device: Device,
        *,
        context: int | None = None,
        every_row: bool = False,
        on_progress: Progress | None = None,
    ) -> Self:
        """Load the model in ``source``; ``every_row`` makes ``logits`` possible.

        Raises:
            WeightsError, UnsupportedError, TokenizerError, DeviceError: see ``load``.
        """
        loaded = await load(source, device, context=context, every_row=every_row, on_progress=on_progress)
        return cls(loaded, device)

    @property
    def info(self) -> dict[str, Any]:
        """What was loaded, as plain data. Sizes in bytes, context in tokens."""
        metadata, program = self.loaded.file.metadata, self.loaded.program
        size: dict[str, int] = {}
        for buffer in program.buffers.values():
            size[buffer.role] = size.get(buffer.role, 0) + buffer.nbytes
        decode = program.plans["decode"]
        read = {
            (r.buffer, r.offset): r.nbytes for d in decode.dispatches for r in d.bindings if r.access == "r"
        }
        weights = {name for name, buffer in program.buffers.items() if buffer.role == "weight"}
        return {
            "name": str(metadata.get("general.name") or metadata["general.architecture"]),
            "family": self.loaded.definition.family.name,
            "license": str(metadata.get("general.license", "")),
            "parameters": sum(prod(tensor.shape) for tensor in self.loaded.file.tensors.values()),
            "context": self.loaded.capacity.context,
            "vocabulary": self.loaded.capacity.vocabulary,
            "layers": self.loaded.definition.config.layers,
            "weight_bytes": size["weight"],
            "kv_bytes": size["cache"],
            "arena_bytes": size["arena"],
            "dispatches_per_token": len(decode.body) + len(decode.head),
            "weight_bytes_per_token": sum(nbytes for (name, _), nbytes in read.items() if name in weights),
            "device": {"kind": self.device.info.kind, "name": self.device.info.name},
            "sampling": asdict(self.sampling),
        }

    async def logits(self, ids: Sequence[int]) -> list[array]:
        """Logits after every token of ``ids``: one ``array('f')`` of vocabulary length each.

        Raises:
            PromptError: the model was opened without ``every_row``, or the ids do not fit.
        """
        if "logits" not in self.loaded.program.plans:
            raise PromptError(
                "This model was loaded for answers only; load it for logits of every row as well."
            )
        self.session.check(ids)
        async with self._alone():
            return await measure.logits(self.device, self.loaded.program, self.session, ids)

    def generate(self, prompt: str | Sequence[int], **options: Any) -> AsyncGenerator[Part, None]:
        """Continue a plain text (special tokens in it count as such) or token ids.

        Options: temperature, top_k, top_p, min_p, repetition_penalty, presence_penalty, frequency_penalty,
        seed (drawn when missing), max_tokens, stop (a text or several), ignore_eos (for measuring).

        An answer that is not read to its end should be closed (``contextlib.aclosing``); the next one closes
        it otherwise.

        Raises:
            PromptError: now for the options and for what is no conversation, while iterating for its length.
        """

        def prepare() -> tuple[list[int], str]:
            ids = self.tokenizer.encode(prompt, special=True) if isinstance(prompt, str) else list(prompt)
            return ids, ""

        return self._answer(prepare, StreamDecoder(self.tokenizer, continues=True), self._parsed(options))

    def chat(self, messages: Sequence[Message], **options: Any) -> AsyncGenerator[Part, None]:
        """Answer a conversation: dicts with "role" (system, user, assistant) and "content". Else as above.

        Where the last message is the assistant's, that answer is continued: only what follows it is given.
        When the conversation outgrows the context its oldest turns are left out, and a notice says so.
        """
        parsed = self._parsed(options)
        turns, begun = checked(messages)

        def prepare() -> tuple[list[int], str]:
            answer = self.tokenizer.encode(begun, bos=False) if begun else []

            def encode(some: list[Message]) -> list[int]:
                return self.template.encode(some, self.tokenizer) + answer

            quarter = self.loaded.capacity.context // ANSWER_RESERVE
            ids, dropped = self._window.fit(turns, encode, min(parsed.max_tokens or quarter, quarter))
            return ids, _DROPPED.format(dropped) if dropped else ""

        return self._answer(prepare, StreamDecoder(self.tokenizer, continues=bool(begun)), parsed)

    def stop(self) -> None:
        """Ask the answer asked for last to end: it does after the device's current chunk or batch."""
        self._abort.set()

    async def end(self) -> None:
        """End the running answer now, whoever reads it."""
        if self._running is not None:
            with suppress(RuntimeError):  # it is being read at this moment, and will see the abort
                self._abort.set()
                await self._running.aclose()

    async def close(self) -> None:
        """End the running answer and free the device."""
        await self.end()
        self.device.close()

    def _parsed(self, options: dict[str, Any]) -> Options:
        drawn = replace(self.sampling, seed=int.from_bytes(os.urandom(4), "little"))
        return Options.parse(options, drawn)

    def _answer(
        self, prepare: Callable[[], tuple[list[int], str]], decoder: StreamDecoder, options: Options
    ) -> AsyncGenerator[Part, None]:
        abort = self._abort = Event()  # from now on ``stop`` means this answer, begun or not

        async def answer() -> AsyncGenerator[Part, None]:
            async with (
                self._alone(running),
                aclosing(self._generate(prepare, decoder, options, abort)) as parts,
            ):
                async for part in parts:
                    yield part

        running = answer()
        return running

    async def _generate(
        self,
        prepare: Callable[[], tuple[list[int], str]],
        decoder: StreamDecoder,
        options: Options,
        abort: Event,
    ) -> AsyncGenerator[Part, None]:
        ids, notice = prepare()
        if notice:
            yield Part(notice=notice)
        matcher, figures = StopMatcher(options.stop), Figures()
        answer = self.session.generate(
            ids,
            options.sampling,
            max_tokens=options.max_tokens or self.loaded.capacity.context,
            stop_ids=() if options.ignore_eos else self.tokenizer.eos_ids,
            aborted=abort.is_set,
            figures=figures,
        )
        try:
            async with aclosing(answer) as batches:
                async for tokens in batches:
                    text = matcher.push("".join(map(decoder.push, tokens)))
                    if text:
                        yield Part(text)
                    if matcher.stopped:
                        break
            rest = "" if matcher.stopped else matcher.push(decoder.flush()) + matcher.flush()
            if rest:
                yield Part(rest)
        finally:
            if matcher.stopped:
                figures.stop_reason = "stop"
            self.stats = _stats(figures, options.sampling.seed)

    @asynccontextmanager
    async def _alone(self, running: AsyncGenerator[Part, None] | None = None) -> AsyncGenerator[None, None]:
        """The device for one caller: closes an answer that was abandoned, refuses while one is under way."""
        if self._running is not None:
            with suppress(RuntimeError):  # it is being read at this moment
                await self._running.aclose()
        if self._taken:
            raise PromptError("The model is still answering; stop it or wait before asking again.")
        self._taken, self._running = True, running
        try:
            yield
        finally:
            self._taken, self._running = False, None


def _recommended(metadata: Mapping[str, Any]) -> Sampling:
    """The sampling that the file asks for; a hint that makes no sense is no reason to refuse the file."""
    sampling = Sampling()
    for key, name in _SAMPLING_KEYS.items():
        value = metadata.get(f"general.sampling.{key}")
        if isinstance(value, float):
            value = round(value, 6)  # stored as f32, of which only the first digits mean anything
        with suppress(PromptError):
            sampling = sampling.updated({name: value})
    return sampling


def _stats(figures: Figures, seed: int) -> dict[str, Any]:
    computed = figures.prompt_tokens - figures.reused_tokens
    decoded = figures.generated_tokens - 1
    return asdict(figures) | {
        "prefill_tokens_per_second": computed / figures.prefill_ms * 1e3 if figures.prefill_ms else 0.0,
        "decode_tokens_per_second": decoded / figures.decode_ms * 1e3
        if figures.decode_ms and decoded > 0
        else 0.0,
        "seed": seed,
    }
