"""The client API on the page's device: right numbers, whole answers, prompt stops, remembered programs."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Page
from support import SiteServer

FIXTURES = Path(__file__).parents[1] / "fixtures" / "gemma3"
MODELS = sorted(path.stem for path in FIXTURES.glob("*.gguf"))
TOLERANCE = 5e-3  # of the logits' range
WEBGPU = {"device": "webgpu"}
DEVICES = {
    "webgpu": WEBGPU,
    "wasm": {"device": "wasm"},
    "wasm-plain": {"device": "wasm", "threads": 1, "features": []},
}
every_device = pytest.mark.parametrize("options", DEVICES.values(), ids=DEVICES)

LOAD = """async ([model, options]) => {
  const { Glowworm } = await import(new URL("glowworm.js", document.baseURI));
  window.glowworm = await Glowworm.load(model, options);
  return window.glowworm.stats.load;
}"""
ASK = """async (tokens) => {
  let text = "";
  const options = { temperature: 0, max_tokens: tokens, ignore_eos: true };
  for await (const part of glowworm.generate("Once upon a time", options)) text += part.text ?? "";
  return text;
}"""


@pytest.fixture(scope="module")
def server(serve_site: Callable[..., SiteServer], tmp_path_factory: pytest.TempPathFactory) -> SiteServer:
    """A site with the tiny models of the goldens in its cache of weights."""
    weights = tmp_path_factory.mktemp("golden") / "weights"
    weights.mkdir()
    for name in MODELS:
        (weights / f"{name}.gguf").write_bytes((FIXTURES / f"{name}.gguf").read_bytes())
    return serve_site(cache=weights.parent)


@pytest.fixture
def bare(page: Page, server: SiteServer) -> Page:
    """A page of the site that loads nothing by itself."""
    page.goto(server.url + "build.json")
    return page


@every_device
@pytest.mark.parametrize("name", MODELS)
def test_logits_in_the_page_are_those_of_transformers(bare: Page, name: str, options: dict[str, Any]) -> None:
    cases = json.loads((FIXTURES / f"{name}.json").read_text())["cases"]
    arrays = np.load(FIXTURES / f"{name}.npz")
    bare.evaluate(LOAD, [f"weights/{name}.gguf", options | {"everyRow": True}])
    for case, golden in cases.items():
        rows = bare.evaluate(
            "async (ids) => (await glowworm.logits(ids)).map((row) => Array.from(row))", golden["input_ids"]
        )
        got = np.array(rows)[arrays[f"{case}.positions"]]
        expected = arrays[f"{case}.logits"]
        assert np.isfinite(got).all()
        error = np.abs(got - expected).max() / (expected.max() - expected.min())
        print(f"{name}, {case}: {error:.1e} of the logits' range")
        assert error < TOLERANCE, case


@every_device
def test_answers_are_whole_though_the_page_is_busy(bare: Page, options: dict[str, Any]) -> None:
    """Parts and the end of an answer reach the page by different ways, of which one must not overtake."""
    bare.evaluate(LOAD, ["", options])
    expected = bare.evaluate(ASK, 24)
    bare.evaluate("""() => {
      setInterval(() => { const end = performance.now() + 35; while (performance.now() < end); }, 40);
    }""")
    assert [bare.evaluate(ASK, 24) for _ in range(6)] == [expected] * 6


@every_device
def test_a_stop_in_the_same_moment_counts(bare: Page, options: dict[str, Any]) -> None:
    bare.evaluate(LOAD, ["", options])
    stats = bare.evaluate("""async () => {
      const controller = new AbortController();
      const { signal } = controller;
      const parts = glowworm.generate("Once", { max_tokens: 60, ignore_eos: true, signal });
      const first = parts.next();
      queueMicrotask(() => controller.abort());
      await first;
      for await (const _ of parts);
      return glowworm.stats;
    }""")
    assert stats["stop_reason"] == "abort"
    assert stats["generated_tokens"] < 60


def test_an_answer_that_nobody_reads_blocks_nobody(bare: Page) -> None:
    bare.evaluate(LOAD, ["", {}])
    bare.evaluate("""async () => {
      window.abandoned = glowworm.generate("Once", { max_tokens: 8, ignore_eos: true });
      await abandoned.next();
    }""")
    assert bare.evaluate(ASK, 8)


def test_a_second_visit_finds_the_program_and_a_wrong_memory_does_no_harm(
    context: BrowserContext, server: SiteServer
) -> None:
    def visit(tamper: str = "") -> tuple[bool, str]:
        page = context.new_page()
        page.goto(server.url + "build.json")
        if tamper:
            page.evaluate(
                """async (tamper) => {
                  const cache = await caches.open("glowworm-programs");
                  const [key] = await cache.keys();
                  const program = await (await cache.match(key)).json();
                  const changed = new Function("program", tamper)(program);
                  await cache.put(key, new Response(JSON.stringify(changed)));
                }""",
                tamper,
            )
        load = page.evaluate(LOAD, ["", WEBGPU])
        text = page.evaluate(ASK, 12)
        page.close()
        return load["anticipated"], text

    first, expected = visit()
    assert first is False
    assert visit() == (True, expected)
    other_kernels = "program.shaders[0] = program.shaders[0].replaceAll('*', '+'); return program;"
    assert visit(other_kernels) == (False, expected)
    assert visit("return {};") == (False, expected)
    assert visit() == (True, expected)
