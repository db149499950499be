"""The engine for programs without an event loop."""

import asyncio
import os
from array import array
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import ExitStack
from typing import Any, Self

from ..devices.base import Device
from ..errors import PromptError
from ..text.tokenizer import Tokenizer
from ..weights.source import FileSource
from .conversation import Message
from .engine import AsyncEngine, Part


class Engine:
    """`AsyncEngine` with an event loop of its own. Close it, or use it in a ``with`` block."""

    def __init__(self, engine: AsyncEngine, runner: asyncio.Runner, resources: ExitStack):
        self._engine, self._runner, self._resources = engine, runner, resources
        self._closed = False

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

        ``options`` go to the device.

        Raises:
            GlowwormError: what is wrong with the file or the device, in one sentence.
        """
        with ExitStack() as resources:
            source = resources.enter_context(FileSource(path))
            opened = _open_device(device, **options)
            resources.callback(opened.close)
            runner = resources.enter_context(asyncio.Runner())
            engine = runner.run(AsyncEngine.open(source, opened, context=context, every_row=True))
            return cls(engine, runner, resources.pop_all())

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

    def generate(self, prompt: str | Sequence[int], **options: Any) -> Generator[Part, None, None]:
        """See `AsyncEngine.generate`."""
        return self._drive(self._engine.generate(prompt, **options))

    def chat(self, messages: Sequence[Message], **options: Any) -> Generator[Part, None, None]:
        """See `AsyncEngine.chat`."""
        return self._drive(self._engine.chat(messages, **options))

    def close(self) -> None:
        """End the running answer; free the device and the file."""
        if not self._closed:
            self._closed = True
            self._runner.run(self._engine.end())
            self._resources.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _drive(self, parts: AsyncGenerator[Part, None]) -> Generator[Part, None, None]:
        async def following() -> Part | None:
            return await anext(parts, None)

        try:
            while (part := self._runner.run(following())) is not None:
                yield part
        finally:
            if not self._closed:
                self._runner.run(parts.aclose())


def _open_device(kind: str, **options: Any) -> Device:
    if kind == "native":
        from ..devices.native import NativeDevice

        return NativeDevice.open(**options)
    if kind == "reference":
        from ..devices.reference import ReferenceDevice

        return ReferenceDevice()
    raise PromptError(f"There is no device {kind!r}; choose native or reference.")
