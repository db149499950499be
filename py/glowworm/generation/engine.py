"""The public interface: text in, text out.

Puts tokenizer, chat template, session and device together. ``AsyncEngine`` is the engine; ``Engine`` is the
same for programs without an event loop. ``web/glowworm.js`` offers the same names in JavaScript.
"""

import asyncio
import os
from array import array
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass
from math import prod
from typing import Any, Self

from ..devices.base import Device, Progress
from ..errors import PromptError
from ..text.chat import ChatTemplate
from ..text.detokenizer import StreamDecoder
from ..text.tokenizer import Tokenizer
from ..weights.source import ByteSource, FileSource
from . import measure
from .conversation import Message, fit
from .load import Loaded, load
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
        for name in _TAKEN_OVER:
            metadata.pop(
                f"tokenizer.ggml.{name}", None
            )  # megabytes, which the tokenizer now holds its own way
        self.session = Session(device, loaded.capacity)
        self.sampling = _recommended(metadata)
        self.stats: dict[str, Any] = {}
        self._aborted = False
        self._busy = False

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
            "name": metadata.get("general.name") or metadata["general.architecture"],
            "family": self.loaded.definition.family.name,
            "license": metadata.get("general.license", ""),
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
        return await measure.logits(self.device, self.loaded.program, self.session, ids)

    async def generate(self, prompt: str | Sequence[int], **options: Any) -> AsyncGenerator[Part, None]:
        """Continue a plain text (special tokens in it count as such) or token ids.

        Options: temperature, top_k, top_p, min_p, repetition_penalty, presence_penalty, frequency_penalty,
        seed (drawn when missing), max_tokens, stop (a list of strings), ignore_eos (for measuring).
        """
        ids = self.tokenizer.encode(prompt, special=True) if isinstance(prompt, str) else list(prompt)
        decoder = StreamDecoder(self.tokenizer, continues=True)
        async with aclosing(self._answer(ids, decoder, options)) as parts:
            async for part in parts:
                yield part

    async def chat(self, messages: Sequence[Message], **options: Any) -> AsyncGenerator[Part, None]:
        """Answer a conversation: dicts with "role" (system, user, assistant) and "content". Options as above.

        When the conversation outgrows the context its oldest turns are left out, and a notice says so.
        """
        capacity = self.loaded.capacity

        def encode(some: list[Message]) -> list[int]:
            return self.template.encode(some, self.tokenizer)

        reserve = min(options.get("max_tokens") or capacity.context, capacity.context // ANSWER_RESERVE)
        ids, dropped = fit(list(messages), encode, capacity.context, reserve)
        if dropped:
            yield Part(
                notice=f"The conversation has outgrown the model's memory; "
                f"its first {dropped} messages were left out."
            )
        async with aclosing(self._answer(ids, StreamDecoder(self.tokenizer), options)) as parts:
            async for part in parts:
                yield part

    def stop(self) -> None:
        """Ask the running answer to end: it does after the device's current chunk or batch."""
        self._aborted = True

    def close(self) -> None:
        """Free the device."""
        self.device.close()

    async def _answer(
        self, ids: list[int], decoder: StreamDecoder, options: dict[str, Any]
    ) -> AsyncGenerator[Part, None]:
        if self._busy:
            raise PromptError("The model is still answering; stop it or wait before asking again.")
        sampling = self.sampling.updated({"seed": int.from_bytes(os.urandom(4), "little")} | _given(options))
        max_tokens = options.get("max_tokens") or self.loaded.capacity.context
        matcher = StopMatcher(options.get("stop") or ())
        figures = Figures()
        self._busy, self._aborted = True, False
        answer = self.session.generate(
            ids,
            sampling,
            max_tokens=max_tokens,
            stop_ids=() if options.get("ignore_eos") else self.tokenizer.eos_ids,
            aborted=lambda: self._aborted,
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
            self.stats = _stats(figures, sampling.seed)
            self._busy = False


class Engine:
    """``AsyncEngine`` for programs without an event loop."""

    def __init__(self, engine: AsyncEngine, runner: asyncio.Runner, source: FileSource):
        self._engine, self._runner, self._source = engine, runner, source

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        device: str = "native",
        *,
        context: int | None = None,
        **options: Any,
    ) -> Self:
        """Load a GGUF file on the device "native" (WebGPU through wgpu-py) or "reference" (NumPy).

        Raises:
            GlowwormError: what is wrong with the file or the device, in one sentence.
        """
        runner, source = asyncio.Runner(), FileSource(path)
        opened = _open_device(device, **options)
        return cls(
            runner.run(AsyncEngine.open(source, opened, context=context, every_row=True)), runner, source
        )

    @property
    def info(self) -> dict[str, Any]:
        """What was loaded, as plain data."""
        return self._engine.info

    @property
    def stats(self) -> dict[str, Any]:
        """Figures of the last answer."""
        return self._engine.stats

    @property
    def tokenizer(self) -> Tokenizer:
        """The model's tokenizer."""
        return self._engine.tokenizer

    def logits(self, ids: Sequence[int]) -> list[array]:
        """See `AsyncEngine.logits`."""
        return self._runner.run(self._engine.logits(ids))

    def generate(self, prompt: str | Sequence[int], **options: Any) -> Iterator[Part]:
        """See `AsyncEngine.generate`."""
        return self._drive(self._engine.generate(prompt, **options))

    def chat(self, messages: Sequence[Message], **options: Any) -> Iterator[Part]:
        """See `AsyncEngine.chat`."""
        return self._drive(self._engine.chat(messages, **options))

    def close(self) -> None:
        """Free the device and the file."""
        self._engine.close()
        self._source.close()
        self._runner.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _drive(self, parts: AsyncGenerator[Part, None]) -> Iterator[Part]:
        async def following() -> Part | None:
            return await anext(parts, None)

        try:
            while (part := self._runner.run(following())) is not None:
                yield part
        finally:
            self._runner.run(parts.aclose())


def _open_device(kind: str, **options: Any) -> Device:
    if kind == "native":
        from ..devices.native import NativeDevice

        return NativeDevice.open(**options)
    if kind == "reference":
        from ..devices.reference import ReferenceDevice

        return ReferenceDevice()
    raise PromptError(f"There is no device {kind!r}; choose native or reference.")


def _recommended(metadata: Mapping[str, Any]) -> Sampling:
    """The sampling that the file asks for; its numbers are f32, so only their first digits mean anything."""
    found = {name: metadata.get(f"general.sampling.{key}") for key, name in _SAMPLING_KEYS.items()}
    return Sampling().updated({k: round(v, 6) if isinstance(v, float) else v for k, v in found.items()})


def _given(options: dict[str, Any]) -> dict[str, Any]:
    unknown = options.keys() - Sampling.__dataclass_fields__.keys() - {"max_tokens", "stop", "ignore_eos"}
    if unknown:
        raise PromptError(f"Unknown option {sorted(unknown)[0]!r}.")
    return {name: value for name, value in options.items() if value is not None}


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
