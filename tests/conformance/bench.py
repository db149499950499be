"""The devices that the table is run on, opened once, when the first test asks for them."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from glowworm.devices.base import Device
from glowworm.devices.reference import ReferenceDevice
from glowworm_tools.conformance.chromium import Chromium
from glowworm_tools.conformance.experiment import Result
from glowworm_tools.conformance.table import Case
from support import open_native

# The native device by whether subgroups are used, the page's by the options they are opened with. Those for
# WebAssembly choose one of four modules.
NATIVE = {"native-subgroups": True, "native-plain": False}
CHROMIUM: dict[str, dict[str, Any]] = {"chromium-subgroups": {}, "chromium-plain": {"features": []}}
WASM: dict[str, dict[str, Any]] = {
    "wasm-relaxed-threads": {"features": ["relaxed-simd"], "threads": 2},
    "wasm-plain": {"features": [], "threads": 1},
}
MIXED_WASM: dict[str, dict[str, Any]] = {
    "wasm-relaxed": {"features": ["relaxed-simd"], "threads": 1},
    "wasm-threads": {"features": [], "threads": 2},
}
EVERY_WASM = WASM | MIXED_WASM


class Bench:
    """Devices by kind and features, and what the reference makes of the latest case."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()
        self._chromium: Chromium | None = None
        self._devices: dict[str, Device] = {}
        self._expected: dict[bool, tuple[Case, list[Result]]] = {}

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Await in the one event loop that all devices belong to."""
        return self._runner.run(work)

    def device(self, kind: str) -> Device:
        """A device by its kind; the test fails where there is none (see `open_native`)."""
        if kind not in self._devices:
            self._devices[kind] = self.open(kind)
        return self._devices[kind]

    def open(self, kind: str) -> Device:
        """A device of its own, for a test that spoils it."""
        if kind in NATIVE:
            return open_native(subgroups=NATIVE[kind])
        chromium: Chromium = self._chromium or self.run(Chromium.launch())
        self._chromium = chromium
        if options := EVERY_WASM.get(kind):
            device = self.run(chromium.open("wasm", **options))
            assert device.details.items() >= options.items(), device.details
            return device
        options = CHROMIUM[kind]
        device = self.run(chromium.open("webgpu", **options))
        assert device.info.limits.subgroups == (options == {}), "Chromium's software adapter lacks subgroups."
        return device

    def expected(self, case: Case, rounded_activations: bool = False) -> list[Result]:
        """What the reference computes; kept for the case's other devices, which come next."""
        kept = self._expected.get(rounded_activations)
        if kept is None or kept[0] != case:
            device = ReferenceDevice(rounded_activations)
            kept = self._expected[rounded_activations] = case, self.run(case.build().run(device))
        return kept[1]

    def close(self) -> None:
        """Close what was opened."""
        for kind in NATIVE.keys() & self._devices.keys():
            self._devices[kind].close()
        if self._chromium is not None:
            self.run(self._chromium.close())
        self._runner.close()
