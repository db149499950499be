"""The devices that the table is run on, opened once, when the first test asks for them."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from glowworm.devices.base import Device
from glowworm.devices.reference import ReferenceDevice
from glowworm.errors import DeviceError
from glowworm_tools.conformance.chromium import Chromium
from glowworm_tools.conformance.experiment import Result
from glowworm_tools.conformance.table import Case


class Bench:
    """Devices by kind and features, and what the reference makes of the latest case."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()
        self._chromium: Chromium | None = None
        self._devices: dict[tuple[str, bool], Device | DeviceError] = {}
        self._reference = ReferenceDevice()
        self._expected: tuple[Case, list[Result]] | None = None

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Await in the one event loop that all devices belong to."""
        return self._runner.run(work)

    def device(self, kind: str, subgroups: bool) -> Device:
        """A device with or without subgroups; skips the test where this machine has none."""
        if (kind, subgroups) not in self._devices:
            try:
                self._devices[kind, subgroups] = self._open(kind, subgroups)
            except DeviceError as error:
                self._devices[kind, subgroups] = error
        device = self._devices[kind, subgroups]
        if isinstance(device, DeviceError):
            pytest.skip(str(device))
        return device

    def _open(self, kind: str, subgroups: bool) -> Device:
        if kind == "native":
            from glowworm.devices.native import NativeDevice

            return NativeDevice.open(subgroups=subgroups)
        chromium: Chromium = self._chromium or self.run(Chromium.launch())
        self._chromium = chromium
        device = self.run(chromium.open(subgroups=subgroups))
        if device.info.limits.subgroups != subgroups:
            raise DeviceError("This Chromium's adapter has no subgroups.")
        return device

    def expected(self, case: Case) -> list[Result]:
        """What the reference computes; kept for the case's other devices, which come next."""
        if self._expected is None or self._expected[0] != case:
            self._expected = case, self.run(case.build().run(self._reference))
        return self._expected[1]

    def close(self) -> None:
        """Close what was opened."""
        for device in self._devices.values():
            if not isinstance(device, DeviceError) and device.info.kind == "native":
                device.close()
        if self._chromium is not None:
            self.run(self._chromium.close())
        self._runner.close()
