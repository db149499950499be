"""The bench measures what it says, on the page's devices and on CPython's. (20 s.)"""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from glowworm_tools import bench

TIMEOUT_S = 300
WORK = ["--prompts", "20", "--tokens", "4", "--repeats", "2"]


def measured(tmp_path: Path, *options: str) -> tuple[list[dict], str]:
    """The figures, and the tables, of a run in a process of its own: Playwright is in use in this one."""
    written = tmp_path / "figures.json"
    command = [sys.executable, "-m", "glowworm_tools.bench", *WORK, "--json", str(written), *options]
    run = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S)
    assert run.returncode == 0, run.stdout + run.stderr
    return json.loads(written.read_text()), run.stdout


def test_in_the_page(site: Path, tmp_path: Path) -> None:
    runs, table = measured(tmp_path, "--site", str(site))
    assert [run["info"]["device"]["kind"] for run in runs] == ["webgpu", "wasm", "wasm"]
    assert [run["info"]["device"].get("threads") for run in runs[:2]] == [None, 1]
    for text in ("on webgpu", "on wasm: Processor, 1 thread\n"):
        assert text in table
    for name in ("prefill", "decode"):
        assert all(min(run["rows"][0][name]) > 0 for run in runs)
    figures = runs[0]
    for load in figures["load"].values():
        moments = [load[name] for name in ("python_at_ms", "first_pipeline_at_ms", "weights_at_ms")]
        assert 0 < min(moments) <= max(moments) <= load["ready_at_ms"]
    assert figures["load"]["first"]["downloaded_bytes"] > figures["load"]["again"]["downloaded_bytes"] == 0
    memory, info = figures["memory"], figures["info"]
    assert memory["peak_javascript_bytes"] > 4 << 20
    assert memory["python_bytes"] > 16 << 20
    assert memory["peak_device_bytes"] > info["weight_bytes"] + info["kv_bytes"] + info["arena_bytes"]
    (row,) = figures["rows"]
    assert row["prompt"] == 20
    for name in ("ttft_ms", "prefill", "decode"):
        assert len(row[name]) == 2
        assert min(row[name]) > 0
    for text in ("Python ready", "first pipeline", "weights on device", "peak JavaScript bytes"):
        assert text in table


def test_on_cpython(tmp_path: Path) -> None:
    (figures,), table = measured(tmp_path, "--device", "reference")
    assert figures["load"]["first"]["ready_at_ms"] > 0
    assert min(figures["rows"][0]["decode"]) > 0
    assert "on reference" in table


def test_threads_are_the_processors(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        bench.main(["--device", "webgpu", "--threads", "2"])
    assert "--device wasm" in capsys.readouterr().err
