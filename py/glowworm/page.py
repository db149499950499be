"""The engine as the page's worker sees it. Complex values cross the border as JSON text."""

import json
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing
from dataclasses import asdict
from math import isfinite
from typing import Any

from pyodide.ffi import to_js  # type: ignore[import-not-found]  (exists in the page only)

from .devices.page import PageDevice, PageSource
from .devices.wgsl.render import preload
from .errors import GlowwormError
from .generation import trial
from .generation.engine import AsyncEngine, Part

LARGEST_DIFFERENCE = 0.01  # of two devices' logits; rounding accounts for some ten-thousandths

preload()


class PageEngine:
    """One engine, or why there is none."""

    def __init__(self) -> None:
        self._engine: AsyncEngine | None = None
        self.error: str | None = None

    def info(self) -> str:
        """What was loaded: `AsyncEngine.info` with the device's details."""
        assert self._engine is not None
        info = self._engine.info
        device = self._engine.device
        assert isinstance(device, PageDevice)
        return json.dumps(info | {"device": device.details | info["device"]})

    def answer(
        self, method: str, what: str, options: str, emit: Callable[[str, str], None]
    ) -> Coroutine[Any, Any, str]:
        """Run the engine's "chat" (messages) or "generate" (prompt); resolves to {"stats"} or {"error"}.

        ``emit`` gets ("text" or "notice", text) for every part. From this call on ``stop`` means this answer.
        """
        assert self._engine is not None
        run = {"chat": self._engine.chat, "generate": self._engine.generate}[method]
        try:
            return self._drain(run(json.loads(what), **json.loads(options)), emit)
        except GlowwormError as error:
            return _failed(error)

    async def _drain(self, answer: AsyncGenerator[Part, None], emit: Callable[[str, str], None]) -> str:
        assert self._engine is not None
        try:
            async with aclosing(answer) as parts:
                async for part in parts:
                    emit(*(("notice", part.notice) if part.notice else ("text", part.text)))
        except GlowwormError as error:
            return await _failed(error)
        return json.dumps({"stats": self._engine.stats})

    async def logits(self, ids: str) -> Any:
        """Logits of every token as the bytes of f32, row by row (a Uint8Array), or {"error"}."""
        assert self._engine is not None
        try:
            rows = await self._engine.logits(json.loads(ids))
        except GlowwormError as error:
            return json.dumps({"error": _described(error)})
        return to_js(b"".join(row.tobytes() for row in rows))

    async def fingerprint(self) -> str:
        """`trial.fingerprint` of the model that was just loaded: {"values"}, or {"error"}.

        "values" is null where not all are numbers.
        """
        assert self._engine is not None
        loaded = self._engine.loaded
        try:
            values = await trial.fingerprint(self._engine.device, loaded.program, loaded.capacity)
        except GlowwormError as error:
            return await _failed(error)
        return json.dumps({"values": values if all(map(isfinite, values)) else None})

    def snapshot(self) -> str:
        """`Session.snapshot`: {"tokens", "written", "ranges", "sizes" of buffers}; "" if nothing is new."""
        assert self._engine is not None
        made = self._engine.session.snapshot()
        if not made.ranges:
            return ""
        buffers = self._engine.loaded.program.buffers
        sizes = {cache.buffer: buffers[cache.buffer].nbytes for cache in self._engine.loaded.capacity.caches}
        return json.dumps(asdict(made) | {"sizes": sizes})

    def saved(self, count: int) -> None:
        """See `Session.saved`."""
        assert self._engine is not None
        self._engine.session.saved(count)

    def restore(self, tokens: str, written: int) -> str:
        """See `Session.restore`: the ranges to be filled; none when the tokens do not fit."""
        assert self._engine is not None
        try:
            return json.dumps(self._engine.session.restore(json.loads(tokens), written))
        except GlowwormError:
            return "[]"

    def forget(self) -> None:
        """Begin the conversation anew."""
        assert self._engine is not None
        self._engine.session.forget()

    def stop(self) -> None:
        """Ask the running answer to end."""
        if self._engine:
            self._engine.stop()

    async def close(self) -> None:
        """Free the device."""
        if self._engine:
            await self._engine.close()
            self._engine = None


async def open_engine(
    source: Any, device: Any, options: str, on_phase: Callable[[str, int, int], None]
) -> PageEngine:
    """Load the model of a JavaScript source onto a JavaScript ``Gpu`` or ``Cpu``; ``error`` says why not.

    Options: "context" in tokens, "everyRow" to prepare for `PageEngine.logits`.
    """
    opened = PageEngine()
    try:
        wanted = json.loads(options)
        opened._engine = await AsyncEngine.open(
            PageSource(source),
            PageDevice(device),
            context=wanted.get("context"),
            every_row=wanted.get("everyRow", False),
            on_progress=on_phase,
        )
    except GlowwormError as error:
        opened.error = json.dumps(_described(error))
    return opened


async def compare_devices(source: Any, gpu: Any, cpu: Any, options: str) -> str:
    """`trial.compare` of a ``Gpu`` with a ``Cpu``: {"agree", "difference", "seconds"}, or {"error"}."""
    try:
        context = json.loads(options).get("context")
        made = await trial.compare(PageSource(source), (PageDevice(gpu), PageDevice(cpu)), context)
    except GlowwormError as error:
        return await _failed(error)
    difference = made.error if isfinite(made.error) else None  # which JSON does not know
    agree = made.error < LARGEST_DIFFERENCE
    return json.dumps({"agree": agree, "difference": difference, "seconds": made.seconds})


async def _failed(error: GlowwormError) -> str:
    return json.dumps({"error": _described(error)})


def _described(error: GlowwormError) -> dict[str, str]:
    return {"kind": type(error).__name__, "message": str(error)}
