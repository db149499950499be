"""Fetching from the hub, against a stand-in for it on loopback. (10 s, with pauses before retries.)"""

import hashlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
from glowworm.errors import WeightsError
from glowworm_tools.fetch import fetch, main

REPO = "someone/tiny-gguf"
CONTENT = np.random.default_rng(1).bytes(300_000)
LARGE = np.random.default_rng(2).bytes(12_000_000)
PIECE = 10 << 20
"""What `huggingface_hub` writes at a time, and so the most that a broken connection loses."""
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Request:
    """What a client asked for."""

    method: str
    path: str
    range: str | None
    token: str | None
    host: str


@dataclass
class Hub:
    """A stand-in for the hub and, under another origin, for the store where it keeps large files."""

    files: dict[str, bytes] = field(default_factory=lambda: {"model.gguf": CONTENT})
    announced: dict[str, str] = field(default_factory=dict)
    """SHA-256 of files, where it is not that of their contents."""
    gated_for_all_but: str | None = None
    cut_after: int | None = None
    """The next answer breaks off after so many bytes, and further ones are refused until `mend`."""
    failing: bool = False
    understands_ranges: bool = True
    requests: list[Request] = field(default_factory=list)
    hub_port: int = 0
    store_port: int = 0

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.hub_port}"

    def mend(self) -> None:
        self.cut_after, self.failing = None, False
        self.requests.clear()

    def of(self, method: str) -> list[Request]:
        return [request for request in self.requests if request.method == method]


class Handler(BaseHTTPRequestHandler):
    """Answers as the hub does: /REPO/resolve/REVISION/FILE, and /store/FILE."""

    protocol_version = "HTTP/1.1"
    hub: Hub

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: object) -> None:
        pass

    def _answer(self) -> None:
        hub, headers = self.hub, self.headers
        token = headers.get("Authorization")
        hub.requests.append(
            Request(self.command, self.path, headers.get("Range"), token, headers.get("Host", ""))
        )
        if hub.failing:
            return self._send(503, {})
        parts = unquote(self.path).lstrip("/").split("/")
        if parts[0] == "store":
            return self._send_content(hub.files["/".join(parts[1:])])
        repo, resolve, revision, file = "/".join(parts[:2]), parts[2], parts[3], "/".join(parts[4:])
        assert resolve == "resolve"
        if repo != REPO:
            return self._send(401, {"X-Error-Code": "RepoNotFound"})
        if hub.gated_for_all_but and token != f"Bearer {hub.gated_for_all_but}":
            return self._send(401, {"X-Error-Code": "GatedRepo"})
        if revision != "main":
            return self._send(404, {"X-Error-Code": "RevisionNotFound"})
        if file not in hub.files:
            return self._send(404, {"X-Error-Code": "EntryNotFound"})
        content = hub.files[file]
        if file.endswith(".json"):  # small files are git's own, under git's hash
            blob = b"blob %d\0" % len(content) + content
            return self._send_content(content, {"ETag": f'"{hashlib.sha1(blob).hexdigest()}"'})
        location = f"http://localhost:{hub.store_port}/store/{file}"
        digest = hub.announced.get(file) or hashlib.sha256(content).hexdigest()
        linked = {"X-Linked-Etag": f'"{digest}"', "X-Linked-Size": str(len(content))}
        return self._send(302, {"Location": location, "X-Repo-Commit": COMMIT} | linked)

    def _send_content(self, content: bytes, headers: dict[str, str] | None = None) -> None:
        headers = {"X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes"} | (headers or {})
        status = 200
        if (asked := self.headers.get("Range")) and self.hub.understands_ranges:
            first = int(asked.removeprefix("bytes=").split("-")[0])
            headers["Content-Range"] = f"bytes {first}-{len(content) - 1}/{len(content)}"
            content, status = content[first:], 206
        self._send(status, headers, content)

    def _send(self, status: int, headers: dict[str, str], content: bytes = b"") -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command == "HEAD":
            return
        if content and self.hub.cut_after is not None:
            self.wfile.write(content[: self.hub.cut_after])
            self.close_connection = self.hub.failing = True
            return
        self.wfile.write(content)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    hub = Hub()
    servers = [
        ThreadingHTTPServer(("127.0.0.1", 0), type("BoundHandler", (Handler,), {"hub": hub}))
        for _ in range(2)
    ]
    hub.hub_port, hub.store_port = (server.server_address[1] for server in servers)
    for server in servers:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
    monkeypatch.setenv("GLOWWORM_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_TOKEN", "")
    yield hub
    for server in servers:
        server.shutdown()
        server.server_close()


def cached(tmp_path: Path) -> list[str]:
    """The files in the cache."""
    root = tmp_path / "cache"
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


def refusal(repo: str, filename: str) -> str:
    with pytest.raises(WeightsError) as caught:
        fetch(repo, filename)
    message = str(caught.value)
    assert message.endswith(".") and "\n" not in message
    return message


def test_a_file_lands_where_it_is_served_from(hub: Hub, tmp_path: Path) -> None:
    hub.files["sub/other.gguf"] = CONTENT
    path = fetch(REPO, "model.gguf")
    assert path == tmp_path / "cache" / "weights" / REPO / "model.gguf"
    assert path.read_bytes() == CONTENT
    fetch(REPO, "sub/other.gguf")
    assert cached(tmp_path) == [f"weights/{REPO}/model.gguf", f"weights/{REPO}/sub/other.gguf"]


def test_what_is_there_is_not_fetched_again(hub: Hub) -> None:
    path = fetch(REPO, "model.gguf")
    hub.mend()
    assert fetch(REPO, "model.gguf") == path
    assert hub.of("GET") == []


def test_what_is_not_the_hubs_is_fetched_again(hub: Hub) -> None:
    path = fetch(REPO, "model.gguf")
    path.write_bytes(bytes(len(CONTENT)))
    assert fetch(REPO, "model.gguf").read_bytes() == CONTENT


def test_small_files_are_checked_by_gits_hash(hub: Hub) -> None:
    hub.files["config.json"] = b'{"a": 1}'
    path = fetch(REPO, "config.json")
    assert path.read_bytes() == b'{"a": 1}'
    path.write_bytes(b'{"a": 2}')
    assert fetch(REPO, "config.json").read_bytes() == b'{"a": 1}'


@pytest.mark.parametrize("understands_ranges", [True, False])
def test_a_cut_download_is_continued(hub: Hub, tmp_path: Path, understands_ranges: bool) -> None:
    hub.files["model.gguf"] = LARGE
    hub.cut_after = PIECE + 100_000
    assert "continues where it was" in refusal(REPO, "model.gguf")
    assert not (tmp_path / "cache" / "weights").exists()
    hub.mend()
    hub.understands_ranges = understands_ranges
    assert fetch(REPO, "model.gguf").read_bytes() == LARGE
    assert {request.range for request in hub.of("GET")} == {f"bytes={PIECE}-"}
    assert cached(tmp_path) == [f"weights/{REPO}/model.gguf"]


def test_a_new_version_does_not_continue_the_old(hub: Hub, tmp_path: Path) -> None:
    hub.files["model.gguf"] = LARGE
    hub.cut_after = PIECE + 100_000
    refusal(REPO, "model.gguf")
    hub.mend()
    hub.files["model.gguf"] = LARGE[::-1]
    assert fetch(REPO, "model.gguf").read_bytes() == LARGE[::-1]
    assert all(request.range is None for request in hub.of("GET"))
    assert cached(tmp_path) == [f"weights/{REPO}/model.gguf"]


def test_what_arrives_wrong_is_thrown_away(hub: Hub, tmp_path: Path) -> None:
    hub.announced["model.gguf"] = hashlib.sha256(b"something else").hexdigest()
    assert "not what it announced" in refusal(REPO, "model.gguf")
    assert not [name for name in cached(tmp_path) if not name.endswith("lock")]


def test_the_token_goes_to_the_hub_alone(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.gated_for_all_but = "hf_secret"
    message = refusal(REPO, "model.gguf")
    assert "gated" in message and f"{hub.endpoint}/{REPO}" in message and "HF_TOKEN" in message
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    hub.mend()
    assert fetch(REPO, "model.gguf").read_bytes() == CONTENT
    for request in hub.requests:
        at_store = request.host.startswith("localhost")
        assert request.token == (None if at_store else "Bearer hf_secret")
    assert any(request.host.startswith("localhost") for request in hub.requests)


def test_refusals_name_what_is_wrong(hub: Hub) -> None:
    assert "no repository someone/else" in refusal("someone/else", "model.gguf")
    assert "no file absent.gguf" in refusal(REPO, "absent.gguf")
    assert "OWNER/NAME" in refusal("not a repository!", "model.gguf")
    assert "main" in refusal(REPO, "absent.gguf")
    with pytest.raises(WeightsError, match="no revision dev"):
        fetch(REPO, "model.gguf", revision="dev")
    hub.failing = True
    assert "answered 503" in refusal(REPO, "model.gguf")


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "a/../../b", "..\\b", ""])
def test_names_cannot_leave_the_cache(hub: Hub, tmp_path: Path, name: str) -> None:
    assert "not the name of a file" in refusal(REPO, name)
    assert hub.requests == [] and not (tmp_path / "cache").exists()


def test_without_a_connection(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = fetch(REPO, "model.gguf")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # nobody listens there
    assert fetch(REPO, "model.gguf") == path
    assert "used as it is" in capsys.readouterr().err
    path.unlink()
    assert "The connection to http://127.0.0.1:9 failed" in refusal(REPO, "model.gguf")


def test_a_disk_without_room(hub: Hub, tmp_path: Path) -> None:
    class Vast(bytes):
        def __len__(self) -> int:
            return 1 << 60

    hub.files["model.gguf"] = Vast()
    assert "free some space" in refusal(REPO, "model.gguf")
    (tmp_path / "cache").rename(tmp_path / "was")
    (tmp_path / "cache").write_text("a file where the folder should be")
    hub.files["model.gguf"] = CONTENT
    assert "GLOWWORM_CACHE" in refusal(REPO, "model.gguf")


def test_command_line_with_a_stored_token(hub: Hub, tmp_path: Path) -> None:
    """The token of `hf auth login` lies in `HF_HOME`."""
    hub.gated_for_all_but = "hf_stored"
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "token").write_text("hf_stored\n")
    environment = {key: value for key, value in os.environ.items() if not key.startswith("HF_")}
    environment |= {"HF_HOME": str(tmp_path / "home"), "HF_ENDPOINT": hub.endpoint}
    command = [sys.executable, "-m", "glowworm_tools.fetch", REPO, "model.gguf"]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr
    assert f"/weights/{REPO}/model.gguf" in result.stdout
    assert (tmp_path / "cache" / "weights" / REPO / "model.gguf").read_bytes() == CONTENT


def test_command_line_refuses(hub: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([REPO, "absent.gguf"]) == 1
    assert "no file absent.gguf" in capsys.readouterr().err
