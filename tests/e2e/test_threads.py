"""The processor's threads when they fail: a sentence, or a lost device, but nobody waits for ever."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from faulty_server import FaultyServer, serve_with_faults
from playwright.sync_api import Page

FOLDER = "/worker/cpu/"
PLACED = "__stack_pointer).value = data.stack"
MISPLACED = (
    "__stack_pointer).value = -4096"  # beyond all memory: the first function with locals in memory traps
)

# Loads a model and asks it; gives what went wrong (kind, sentence), and whether the device was called lost.
FAIL = """async () => {
  const { Glowworm } = await import(new URL("glowworm.js", document.baseURI));
  let lost = false;
  try {
    const engine = await Glowworm.load("", { device: "wasm", threads: 2 });
    engine.addEventListener("devicelost", () => (lost = true));
    for await (const part of engine.generate("Once upon a time", { max_tokens: 4 }));
  } catch (error) {
    return [error.kind, error.message, lost];
  }
}"""


@pytest.fixture
def server(site: Path) -> Iterator[FaultyServer]:
    with serve_with_faults(site) as server:
        server.faults.overrides["/bare.html"] = b"<!doctype html><title>Bare</title>"
        yield server


def failure(page: Page, server: FaultyServer) -> list:
    """What the use of two threads fails with."""
    page.goto(server.url + "/bare.html")
    return page.evaluate(FAIL)


@pytest.mark.parametrize("name", ["leader.js", "helper.js"])
def test_script_that_cannot_be_fetched_is_a_sentence(page: Page, server: FaultyServer, name: str) -> None:
    server.faults.suffix = FOLDER + name
    server.faults.cuts = [0] * 8
    kind, message, lost = failure(page, server)
    assert kind == "DeviceError" and "could not be started" in message and not lost


def test_kernels_that_cannot_be_fetched_are_a_sentence(page: Page, server: FaultyServer) -> None:
    server.faults.suffix = ".wasm"
    server.faults.cuts = [0] * 8
    kind, message, lost = failure(page, server)
    assert kind == "DeviceError" and "could not be fetched; reload" in message and not lost


def test_thread_that_traps_loses_the_device(page: Page, server: FaultyServer, site: Path) -> None:
    script = (site / FOLDER.lstrip("/") / "helper.js").read_text()
    assert script.count(PLACED) == 1
    server.faults.overrides[FOLDER + "helper.js"] = script.replace(PLACED, MISPLACED).encode()
    kind, message, lost = failure(page, server)
    assert kind == "DeviceLostError" and "out of bounds" in message and lost
