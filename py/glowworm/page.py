"""The engine as the page's worker sees it. Complex values cross the border as JSON text."""

import json
from collections.abc import Callable
from typing import Any

from .devices.page import PageDevice, PageSource
from .devices.wgsl.render import preload
from .errors import GlowwormError
from .generation.engine import AsyncEngine

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

    async def chat(self, messages: str, options: str, emit: Callable[[str, str], None]) -> str:
        """Answer a conversation; ``emit`` gets ("text" or "notice", text). Returns {"stats"} or {"error"}."""
        assert self._engine is not None
        try:
            async for part in self._engine.chat(json.loads(messages), **json.loads(options)):
                emit(*(("notice", part.notice) if part.notice else ("text", part.text)))
        except GlowwormError as error:
            return json.dumps({"error": _described(error)})
        return json.dumps({"stats": self._engine.stats})

    def stop(self) -> None:
        """Ask the running answer to end."""
        if self._engine:
            self._engine.stop()

    async def close(self) -> None:
        """Free the device."""
        if self._engine:
            self._engine.close()
            self._engine = None


async def open_engine(source: Any, gpu: Any, options: str, on_phase: Callable[[str, int, int], None]) -> PageEngine:
    """Load the model of a JavaScript source onto a JavaScript ``Gpu``; ``error`` says if it failed.

    Options: "context" in tokens.
    """
    opened = PageEngine()
    try:
        device = PageDevice(gpu)
        opened._details = device.details
        opened._engine = await AsyncEngine.open(
            PageSource(source), device, context=json.loads(options).get("context"), on_progress=on_phase
        )
    except GlowwormError as error:
        opened.error = json.dumps(_described(error))
    return opened


def _described(error: GlowwormError) -> dict[str, str]:
    return {"kind": type(error).__name__, "message": str(error)}
