"""A remembered program whose kernels never finish compiling keeps nobody waiting for ever."""

from playwright.sync_api import Page
from support import SiteServer

# One buffer of 256 bytes, one kernel that writes to it, no weights, one phase: see web/worker/plan.js.
WORDS = [1, *(1, 1, 0, 1), 256, *(1, 1), *(1, 1, 0), *(0, 0, 256), 0, *(1, 1, 1), 1, *(0, 0, 256)]
STRINGS = ["out", "seven", "decode"]
SHADER = """
@group(0) @binding(0) var<storage, read_write> out: array<u32>;
@compute @workgroup_size(1) fn main() { out[0] = 7u; }
"""
BEGIN = """async ([words, strings, shader]) => {
  const { openGpu } = await import(new URL("worker/gpu.js", document.baseURI));
  const gpu = (window.gpu = await openGpu());
  const compile = gpu.device.createComputePipelineAsync.bind(gpu.device);
  let asked = 0;
  gpu.device.createComputePipelineAsync = (what) => (asked++ ? compile(what) : new Promise(() => {}));
  const source = { size: 0, read: async () => new Uint8Array(0) };
  gpu.anticipate({ words, strings, shaders: [shader] }, source);
  window.loading = gpu.load(Uint32Array.from(words), strings, [shader], source);
}"""
END = """async () => {
  await loading;
  gpu.run("decode", false, 1);
  const [value] = new Uint32Array((await gpu.read("out", 0, 4)).buffer);
  gpu.close();
  return [gpu.anticipated, value];
}"""


def test_kernels_that_do_not_get_on_are_built_anew(page: Page, site_server: SiteServer) -> None:
    page.clock.install()
    page.goto(site_server.url + "build.json")
    warnings: list[str] = []
    page.on("console", lambda message: warnings.append(message.text))
    page.evaluate(BEGIN, [WORDS, STRINGS, SHADER])
    page.clock.fast_forward(61_000)
    assert page.evaluate(END) == [False, 7]
    assert any("built anew" in warning for warning in warnings)
