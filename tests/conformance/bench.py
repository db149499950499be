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


class Bench:
    """Devices by kind and features, and what the reference makes of the latest case."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()
        self._chromium: Chromium | None = None
        self._devices: dict[tuple[str, bool], Device] = {}
        self._reference = ReferenceDevice()
        self._expected: tuple[Case, list[Result]] | None = None

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Await in the one event loop that all devices belong to."""
        return self._runner.run(work)

    def device(self, kind: str, subgroups: bool) -> Device:
        """A device with or without subgroups; the test fails where there is none (see `open_native`)."""
        if (kind, subgroups) not in self._devices:
            self._devices[kind, subgroups] = self._open(kind, subgroups)
        return self._devices[kind, subgroups]

    def _open(self, kind: str, subgroups: bool) -> Device:
        if kind == "native":
            return open_native(subgroups=subgroups)
        chromium: Chromium = self._chromium or self.run(Chromium.launch())
        self._chromium = chromium
        device = self.run(chromium.open(subgroups=subgroups))
        assert device.info.limits.subgroups == subgroups, "Chromium's software adapter lacks subgroups."
        return device

    def expected(self, case: Case) -> list[Result]:
        """What the reference computes; kept for the case's other devices, which come next."""
        if self._expected is None or self._expected[0] != case:
            self._expected = case, self.run(case.build().run(self._reference))
        return self._expected[1]

    def close(self) -> None:
        """Close what was opened."""
        for device in self._devices.values():
            if device.info.kind == "native":
                device.close()
        if self._chromium is not None:
            self.run(self._chromium.close())
        self._runner.close()
