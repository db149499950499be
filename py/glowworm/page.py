"""The engine as the page's worker sees it. Complex values cross the border as JSON text."""

import json
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing
from typing import Any

from pyodide.ffi import to_js  # type: ignore[import-not-found]  (exists in the page only)

from .devices.page import PageDevice, PageSource
from .devices.wgsl.render import preload
from .errors import GlowwormError
from .generation.engine import AsyncEngine, Part

preload()


class PageEngine:
    """One engine, or why there is none."""

    def __init__(self) -> None:
        self._engine: AsyncEngine | None = None
        self._details: dict[str, Any] = {}
        self.error: str | None = None

    def info(self) -> str:
        """What was loaded: `AsyncEngine.info` with the adapter's details."""
        assert self._engine is not None
        info = self._engine.info
        return json.dumps(info | {"device": self._details | info["device"]})

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
    source: Any, gpu: Any, options: str, on_phase: Callable[[str, int, int], None]
) -> PageEngine:
    """Load the model of a JavaScript source onto a JavaScript ``Gpu``; ``error`` says if it failed.

    Options: "context" in tokens, "everyRow" to prepare for `PageEngine.logits`.
    """
    opened = PageEngine()
    try:
        device = PageDevice(gpu)
        opened._details = device.details
        wanted = json.loads(options)
        opened._engine = await AsyncEngine.open(
            PageSource(source),
            device,
            context=wanted.get("context"),
            every_row=wanted.get("everyRow", False),
            on_progress=on_phase,
        )
    except GlowwormError as error:
        opened.error = json.dumps(_described(error))
    return opened


async def _failed(error: GlowwormError) -> str:
    return json.dumps({"error": _described(error)})


def _described(error: GlowwormError) -> dict[str, str]:
    return {"kind": type(error).__name__, "message": str(error)}
