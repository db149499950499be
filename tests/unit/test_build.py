"""The build: its command line, its steps, and what it puts into the page's wheels and lists."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from glowworm_tools.site.assemble import check_replaceable
from glowworm_tools.site.layout import HASHED_NAME, Layout
from glowworm_tools.site.models import complete_models
from glowworm_tools.site.pages import stamp_pages
from glowworm_tools.site.runtime import lock_packages
from glowworm_tools.site.vendored import vendor_packages
from glowworm_tools.site.wheels import build_own_wheel, pinned_version, repack_pure_wheel
from glowworm_tools.steps import StepError, digest, run, step

ROOT = Path(__file__).parents[2]


def build_py(*words: str, cwd: Path = ROOT, **env: str) -> subprocess.CompletedProcess[str]:
    """Runs build.py with the standard library alone."""
    command = [sys.executable, "-I", "-S", "build.py", *words]
    return subprocess.run(command, cwd=cwd, env={**os.environ, **env}, capture_output=True, text=True)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The few files that build.py itself needs, for runs that must not touch this checkout."""
    (tmp_path / "py" / "glowworm_tools").mkdir(parents=True)
    (tmp_path / "web").mkdir()
    names = ["build.py", "pyproject.toml", "py/constraints.txt", "web/package.json", "web/package-lock.json"]
    modules = [f"py/glowworm_tools/{name}.py" for name in ("__init__", "arguments", "browser", "steps")]
    for name in names + modules:
        shutil.copyfile(ROOT / name, tmp_path / name)
    return tmp_path


def test_help_needs_only_the_standard_library() -> None:
    shown = build_py("--help")
    assert shown.returncode == 0
    for command in ("serve", "build", "test", "bench", "convert", "fetch"):
        assert command in shown.stdout
    assert "--base" in build_py("build", "--help").stdout
    assert "--port" in build_py("serve", "--help").stdout


@pytest.mark.parametrize("base", ["relative/", "/open", "/a//b/", "/a b/", "http://elsewhere/"])
def test_base_must_be_a_path_between_slashes(base: str) -> None:
    refused = build_py("build", "--base", base)
    assert refused.returncode == 2
    assert "begin and end with a slash" in refused.stderr


@pytest.mark.parametrize("port", ["99999", "65536", "-1", "80a", "٣", "9" * 5000])
def test_port_must_exist(port: str) -> None:
    refused = build_py("serve", f"--port={port}")
    assert refused.returncode == 2
    assert "a number from 0 (any free port) to 65535" in refused.stderr


def test_missing_node_is_said_in_one_sentence(checkout: Path) -> None:
    failed = build_py("build", cwd=checkout, PATH=str(checkout))
    assert failed.returncode == 1
    assert failed.stderr.strip() == (
        "node could not be started (No such file or directory); install Node 20 or newer."
    )
    assert not (checkout / ".venv").exists()


def test_old_node_is_said_in_one_sentence(checkout: Path) -> None:
    node = checkout / "node"
    node.write_text("#!/bin/sh\necho v18.20.4\n")
    node.chmod(0o755)
    failed = build_py("test", cwd=checkout, PATH=str(checkout))
    assert failed.returncode == 1
    assert failed.stderr.strip() == "Node v18.20.4 is too old; install Node 20 or newer."


def test_step_runs_again_only_when_something_changed(tmp_path: Path) -> None:
    source, result, stamp = tmp_path / "source", tmp_path / "result", tmp_path / "stamps" / "copy"
    source.write_text("one")

    def copy() -> bool:
        return step("Copy", result, stamp, digest([source]), lambda: shutil.copyfile(source, result) and None)

    assert [copy(), copy()] == [True, False]
    source.write_text("two")
    assert [copy(), copy()] == [True, False]
    assert result.read_text() == "two"
    result.unlink()
    assert [copy(), copy()] == [True, False]


def test_failed_step_runs_again(tmp_path: Path) -> None:
    def fail() -> None:
        run([sys.executable, "-c", "print('detail'); raise SystemExit(3)"], "do something about it.")

    for _ in range(2):
        with pytest.raises(StepError, match=r"failed; do something about it\.\n    \| detail"):
            step("Fail", tmp_path, tmp_path / "stamp", "key", fail)


def test_digest_sees_names_and_contents_in_folders(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "__pycache__").mkdir(parents=True)
    (folder / "a.txt").write_text("a")
    first = digest([folder], "fact")
    (folder / "__pycache__" / "a.pyc").write_text("compiled")
    assert digest([folder], "fact") == first
    assert digest([folder], "other fact") != first
    (folder / "a.txt").rename(folder / "b.txt")
    renamed = digest([folder], "fact")
    (folder / "b.txt").write_text("b")
    assert len({first, renamed, digest([folder], "fact")}) == 3


def test_own_wheel_has_the_kernels_and_nothing_that_the_page_has_no_use_for(tmp_path: Path) -> None:
    wheel = build_own_wheel(ROOT, tmp_path)
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert "glowworm/models/gemma3.py" in names
    kernels = {path.name for path in (ROOT / "kernels" / "wgsl").glob("*.jinja")}
    assert kernels and {f"glowworm/kernels/wgsl/{name}" for name in kernels} <= set(names)
    assert not [name for name in names if name.startswith(("glowworm_tools", "tests"))]


def test_markupsafe_becomes_a_pure_wheel(tmp_path: Path) -> None:
    wheel = repack_pure_wheel("markupsafe", tmp_path)
    first = wheel.read_bytes()
    assert repack_pure_wheel("markupsafe", tmp_path).read_bytes() == first
    with zipfile.ZipFile(wheel) as archive:
        assert not [name for name in archive.namelist() if name.endswith((".so", ".pyd", ".c"))]
    script = "import markupsafe; print(markupsafe.__file__, markupsafe.escape('<'), markupsafe._escape_inner)"
    command = [sys.executable, "-S", "-c", script]
    used = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": str(wheel)}, capture_output=True, text=True
    )
    assert str(wheel) in used.stdout and "&lt;" in used.stdout and "<function" in used.stdout, used.stderr


def test_lock_lists_the_wheels_with_their_hashes(tmp_path: Path) -> None:
    wheel = repack_pure_wheel("markupsafe", tmp_path)
    lock = lock_packages({"info": {"python": "3.14.2"}, "packages": {"other": {}}}, [wheel])
    assert lock["info"] == {"python": "3.14.2"}
    assert list(lock["packages"]) == ["markupsafe"]
    entry = lock["packages"]["markupsafe"]
    assert entry["sha256"] == hashlib.sha256(wheel.read_bytes()).hexdigest()
    assert (entry["file_name"], entry["imports"], entry["depends"]) == (wheel.name, ["markupsafe"], [])


def test_constraints_pin_every_package_of_the_page() -> None:
    constraints = ROOT / "py" / "constraints.txt"
    for name in ("jinja2", "markupsafe", "micropip"):
        assert pinned_version(name, constraints)
    with pytest.raises(StepError, match="pins no version of absent"):
        pinned_version("absent", constraints)


def write_models(folder: Path, **changes: object) -> Path:
    (folder / "tiny.gguf").write_bytes(b"GGUF")
    model = {"name": "tiny", "file": "tiny.gguf", "family": "Gemma 3", "licence": "Apache-2.0", "context": 64}
    (folder / "models.json").write_text(json.dumps({"models": [{**model, **changes}]}))
    return folder


def test_models_list_is_completed_from_the_files(tmp_path: Path) -> None:
    (model,) = complete_models(write_models(tmp_path))["models"]
    assert (model["bytes"], model["sha256"]) == (4, hashlib.sha256(b"GGUF").hexdigest())


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"sha256": "0" * 64}, "states another sha256 for tiny.gguf"),
        ({"bytes": 5}, "states another bytes for tiny.gguf"),
        ({"file": "elsewhere.gguf"}, "its bytes and sha256 must be stated"),
    ],
)
def test_models_list_that_disagrees_is_refused(
    tmp_path: Path, changes: dict[str, object], complaint: str
) -> None:
    with pytest.raises(StepError, match=complaint):
        complete_models(write_models(tmp_path, **changes))


def test_vendoring_names_declarations_after_their_modules(tmp_path: Path) -> None:
    web = tmp_path / "web"
    (web / "node_modules" / "package" / "dist").mkdir(parents=True)
    for name in ("module.mjs", "module.d.ts"):
        (web / "node_modules" / "package" / "dist" / name).write_text("export {};\n")
    listed = {"vendor": {"name": {"from": "package/dist", "files": ["module.mjs", "module.d.ts"]}}}
    (web / "package.json").write_text(json.dumps(listed))
    vendor_packages(Layout(tmp_path))
    assert sorted(path.name for path in (web / "vendor" / "name").iterdir()) == ["module.d.mts", "module.mjs"]
    listed["vendor"]["name"]["files"].append("absent.js")
    (web / "package.json").write_text(json.dumps(listed))
    with pytest.raises(StepError, match=r"has no file absent\.js"):
        vendor_packages(Layout(tmp_path))


def test_lockfile_names_no_registry() -> None:
    text = (ROOT / "web" / "package-lock.json").read_text()
    assert '"integrity"' in text
    assert "resolved" not in text and "://registry" not in text


@pytest.mark.parametrize("name", [".", "..", "web", "web/site", "public", "dist/inside"])
def test_the_project_itself_is_never_replaced(tmp_path: Path, name: str) -> None:
    layout = Layout(tmp_path / "project")
    (layout.web / "chat").mkdir(parents=True)
    with pytest.raises(StepError, match="this project lives in"):
        check_replaceable(layout, (layout.root / name).resolve())


def test_only_an_older_site_is_replaced(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "project")
    for out in (layout.dist, tmp_path / "out"):
        check_replaceable(layout, out)
        out.mkdir(parents=True)
        check_replaceable(layout, out)
        for name, content in (("letter.txt", "Dear"), ("build.json", "{}"), ("build.json", "[")):
            (out / name).write_text(content)
            with pytest.raises(StepError, match="holds something else"):
                check_replaceable(layout, out)
        (out / "build.json").write_text(json.dumps({"version": "0", "base": "/", "files": {}}))
        check_replaceable(layout, out)
    with pytest.raises(StepError, match="holds something else"):
        check_replaceable(layout, tmp_path / "out" / "letter.txt")


def test_building_into_a_folder_of_other_things_leaves_it_alone(tmp_path: Path) -> None:
    kept = [tmp_path / "home" / "letter.txt", tmp_path / "home.new" / "letter.txt"]
    for path in kept:
        path.parent.mkdir()
        path.write_text("Dear")
    command = [sys.executable, "-m", "glowworm_tools.site", "--out", str(tmp_path / "home")]
    refused = subprocess.run(command, capture_output=True, text=True)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.strip().endswith("choose a new or an empty folder.")
    assert [path.read_text() for path in kept] == ["Dear", "Dear"]


def test_built_site_is_whole_and_relative(site: Path) -> None:
    listed = json.loads((site / "build.json").read_text())["files"]
    for name in ("index.html", "story/index.html", "sw.js", "models/models.json", "py/runtime.json"):
        assert listed[name] == hashlib.sha256((site / name).read_bytes()).hexdigest()
    assert not (site / "node_modules").exists() and not (site / "docs").exists()
    for page in site.rglob("*.html"):
        assert 'href="/' not in page.read_text() and 'src="/' not in page.read_text(), page
    worker = (site / "sw.js").read_text()
    left_out = (".gguf", ".md", ".d.ts")
    precached = [name for name in listed if not name.endswith(left_out) and name != "sw.js"]
    kept = [name for name in precached if not name.startswith("screenshots/")]
    assert [name for name in precached if (f'"{name}"' in worker) != (name in kept)] == []
    assert ".gguf" not in worker
    assert HASHED_NAME.search(next(name for name in listed if name.endswith("snapshot.bin.gz")))
    for variant in site.rglob("*.br"):
        assert variant.with_suffix("").is_file() and variant.with_suffix(".gz").is_file()


def test_page_is_stamped_before_anything_that_its_policy_governs(tmp_path: Path) -> None:
    page = tmp_path / "story" / "index.html"
    page.parent.mkdir()
    page.write_text('<head>\n  <meta charset="utf-8">\n  <script src="a.js"></script>\n</head>\n')
    stamp_pages(tmp_path, "0123456789abcdef", "script-src 'self'")
    assert page.read_text() == (
        '<head>\n  <meta charset="utf-8">\n'
        '  <meta http-equiv="Content-Security-Policy" content="script-src &#x27;self&#x27;">\n'
        '  <meta name="build" content="0123456789abcdef">\n'
        '  <script src="a.js"></script>\n</head>\n'
    )
    page.write_text("<title>no place</title>")
    with pytest.raises(StepError, match="on a line of its own"):
        stamp_pages(tmp_path, "0123456789abcdef", "script-src 'self'")


USE_OF_THE_API = """
import { Glowworm, GlowwormError, type ChatOptions, type Message } from "SITE/glowworm.js";

const options: ChatOptions = { temperature: 0.7, max_tokens: 20 };
export async function ask(question: string): Promise<string> {
  const engine = await Glowworm.load("", { onProgress: (event) => console.log(event.fraction.toFixed(2)) });
  let answer = "";
  const messages: Message[] = [{ role: "user", content: question }];
  for await (const part of engine.chat(messages, options)) answer += part.text ?? "";
  const models: string[] = (await Glowworm.models()).models.map((model) => model.url);
  return new GlowwormError("x", answer + models.join() + (engine.stats.ttft_ms ?? 0)).kind;
}
"""


def type_check(site: Path, folder: Path, source: str) -> str:
    """What TypeScript has to say of a module that uses the client API."""
    (folder / "use.ts").write_text(source.replace("SITE", str(site)))
    compiler = ROOT / "web" / "node_modules" / "typescript" / "bin" / "tsc"
    options = ["--strict", "--noEmit", "--target", "es2022", "--module", "esnext", "--lib", "es2024,dom"]
    command = ["node", compiler, *options, "--moduleResolution", "bundler", "use.ts"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True).stdout


def test_declarations_tell_right_use_from_wrong(site: Path, tmp_path: Path) -> None:
    assert type_check(site, tmp_path, USE_OF_THE_API) == ""
    for right, wrong in (
        ("temperature: 0.7", 'temperature: "hot"'),
        ('role: "user"', 'role: "poet"'),
        ("event.fraction", "event.fractoin"),
        ("engine.chat(", "engine.chta("),
        ("model.url", "model.href"),
    ):
        assert "error TS" in type_check(site, tmp_path, USE_OF_THE_API.replace(right, wrong)), wrong


def test_everything_public_is_described(site: Path) -> None:
    """Each member of the API's class has a comment of its own."""
    declared = (site / "glowworm.d.ts").read_text().partition("class Glowworm extends")[2]
    members = re.findall(r"^(.*)\n    (?:static |get )?(\w+)\(", declared, re.MULTILINE)
    assert {"load", "models", "chat", "generate", "logits", "reload", "close", "info", "stats"} <= {
        name for _, name in members
    }
    assert [name for before, name in members if not before.endswith("*/")] == []
