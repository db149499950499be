"""The development server, over real sockets."""

import contextlib
import gzip
import http.client
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from glowworm_tools.server import create_app, listen, main
from glowworm_tools.site.headers import content_policy

BYTES = bytes(range(256)) * 40


@contextlib.contextmanager
def serving(site: Path, cache: Path, base: str = "/") -> Iterator[int]:
    server = listen(create_app(site, cache, base), "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site, a cache of weights, and secrets outside both."""
    folder = tmp_path_factory.mktemp("server")
    site, weights = folder / "site", folder / "cache" / "weights"
    (site / "story").mkdir(parents=True)
    (site / "py" / "python-0123456789abcdef").mkdir(parents=True)
    weights.mkdir(parents=True)
    (folder / "secret.txt").write_text("secret")
    (folder / "site-neighbour").mkdir()
    (folder / "site-neighbour" / "secret.txt").write_text("secret")
    (site / "index.html").write_text("<!doctype html><title>chat</title>")
    (site / "story" / "index.html").write_text("<!doctype html><title>story</title>")
    (site / "app.js").write_text("export {};\n" * 100)
    (site / "app.js.gz").write_bytes(gzip.compress(b"export {};\n" * 100))
    (site / "app.js.br").write_bytes(b"stands for brotli")
    (site / "core.wasm").write_bytes(b"\0asm")
    (site / "manifest.webmanifest").write_text("{}")
    (site / "py" / "python-0123456789abcdef" / "own.whl").write_bytes(b"PK")
    (weights / "model.gguf").write_bytes(BYTES)
    (weights / "hub").mkdir()
    (weights / "hub" / "blob").write_bytes(BYTES)
    (weights / "linked.gguf").symlink_to(weights / "hub" / "blob")
    (weights / "escape.gguf").symlink_to(folder / "secret.txt")
    (site / "escape").symlink_to(folder)
    (site / "loop").symlink_to(site / "loop")
    return folder


@pytest.fixture(scope="module")
def port(folder: Path) -> Iterator[int]:
    with serving(folder / "site", folder / "cache") as port:
        yield port


def ask(port: int, target: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    """One request, its target sent exactly as given."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.putrequest(method, target, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
        response = connection.getresponse()
        return (
            response.status,
            {name.lower(): value for name, value in response.getheaders()},
            response.read(),
        )
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("target", "content_type", "caching"),
    [
        ("/", "text/html; charset=utf-8", "no-cache"),
        ("/story/", "text/html; charset=utf-8", "no-cache"),
        ("/story/?hero=fox", "text/html; charset=utf-8", "no-cache"),
        ("/app.js", "text/javascript; charset=utf-8", "no-cache"),
        ("/core.wasm", "application/wasm", "no-cache"),
        ("/manifest.webmanifest", "application/manifest+json", "no-cache"),
        ("/py/python-0123456789abcdef/own.whl", "application/zip", "public, max-age=31536000, immutable"),
        ("/weights/model.gguf", "application/octet-stream", "no-cache"),
        ("/weights/linked.gguf", "application/octet-stream", "no-cache"),
    ],
)
def test_file_has_its_type_caching_and_isolation(
    port: int, target: str, content_type: str, caching: str
) -> None:
    status, headers, body = ask(port, target)
    assert (status, headers["content-type"], headers["cache-control"]) == (200, content_type, caching)
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-embedder-policy"] == "require-corp"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    runs_scripts = content_type.startswith(("text/html", "text/javascript"))
    assert ("content-security-policy" in headers) == runs_scripts
    assert body and int(headers["content-length"]) == len(body)
    head = ask(port, target, "HEAD")
    assert (head[0], head[2], head[1]["content-length"]) == (200, b"", headers["content-length"])


def test_policy_is_that_of_the_built_site(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<!doctype html>")
    (tmp_path / "build.json").write_text(
        '{"headers": {"Content-Security-Policy": "default-src models.example"}}'
    )
    with serving(tmp_path, folder / "cache") as port:
        assert ask(port, "/")[1]["content-security-policy"] == "default-src models.example"


def test_policy_lets_listed_models_of_other_origins_be_fetched_and_nothing_else() -> None:
    files = [
        "own.gguf",
        "https://models.example/a/b.gguf",
        "https://models.example/c.gguf",
        "http://[::1]:8/d.gguf",
    ]
    models: list[dict[str, Any]] = [{"file": file} for file in files]
    models[1]["redirects"] = ["https://*.store.example"]
    policy = content_policy({"models": models})
    usual = content_policy()
    added = "connect-src 'self' http://[::1]:8 https://*.store.example https://models.example"
    assert policy == usual.replace("connect-src 'self'", added)
    assert "models.example" not in usual and usual.startswith("default-src 'none'; ")
    assert content_policy(as_meta=True) == usual.replace("frame-ancestors 'self'; ", "")


def test_known_etag_is_not_sent_again(port: int) -> None:
    etag = ask(port, "/app.js")[1]["etag"]
    status, headers, body = ask(port, "/app.js", If_None_Match=etag)
    assert (status, body, headers["etag"]) == (304, b"", etag)
    assert ask(port, "/app.js", If_None_Match='"other"')[0] == 200


def test_folder_without_slash_is_redirected_relatively(port: int) -> None:
    status, headers, _ = ask(port, "/story")
    assert (status, headers["location"]) == (308, "story/")


@pytest.mark.parametrize(
    ("accepted", "encoding", "start"),
    [
        ("gzip, deflate, br", "br", b"stands for brotli"),
        ("gzip", "gzip", b"\x1f\x8b"),
        ("br;q=0, gzip;q=0.5", "gzip", b"\x1f\x8b"),
        ("identity", None, b"export"),
    ],
)
def test_compressed_variant_when_accepted(
    port: int, accepted: str, encoding: str | None, start: bytes
) -> None:
    status, headers, body = ask(port, "/app.js", Accept_Encoding=accepted)
    assert (status, headers.get("content-encoding"), headers["vary"]) == (200, encoding, "Accept-Encoding")
    assert body.startswith(start)
    assert headers["content-type"].startswith("text/javascript")


def test_range_is_of_the_file_itself_even_when_compression_is_accepted(port: int) -> None:
    status, headers, body = ask(port, "/app.js", Range="bytes=0-5", Accept_Encoding="br")
    assert (status, body, "content-encoding" in headers) == (206, b"export", False)


@pytest.mark.parametrize(
    ("value", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=100-299", 100, 299),
        ("bytes=10000-", 10000, 10239),
        ("bytes=-40", 10200, 10239),
        ("bytes=10200-99999", 10200, 10239),
    ],
)
def test_single_range(port: int, value: str, first: int, last: int) -> None:
    status, headers, body = ask(port, "/weights/model.gguf", Range=value)
    assert status == 206
    assert headers["content-range"] == f"bytes {first}-{last}/{len(BYTES)}"
    assert headers["accept-ranges"] == "bytes"
    assert body == BYTES[first : last + 1]


@pytest.mark.parametrize(
    "value",
    ["bytes=10240-", "bytes=5-1", "bytes=a-b", "bytes=", "bytes=0-1,5-6", "items=0-1", "0-1", "bytes=--5"],
)
def test_malformed_or_unsatisfiable_range_is_refused(port: int, value: str) -> None:
    status, _, body = ask(port, "/weights/model.gguf", Range=value)
    assert status == 416
    assert BYTES[:64] not in body


def test_if_range_sends_the_whole_file_when_it_changed(port: int) -> None:
    etag = ask(port, "/weights/model.gguf", "HEAD")[1]["etag"]
    assert ask(port, "/weights/model.gguf", Range="bytes=0-3", If_Range=etag)[0] == 206
    status, _, body = ask(port, "/weights/model.gguf", Range="bytes=0-3", If_Range='"old"')
    assert (status, body) == (200, BYTES)


@pytest.mark.parametrize(
    "target",
    [
        "/../secret.txt",
        "/story/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/%2e%2e%2fsecret.txt",
        "/..%5csecret.txt",
        "/../site-neighbour/secret.txt",
        "/%2e%2e/site-neighbour/secret.txt",
        "//etc/passwd",
        "/%2fetc/passwd",
        "/weights/../../secret.txt",
        "/weights/%2e%2e%2f%2e%2e%2fsecret.txt",
        "/weights/escape.gguf",
        "/escape/secret.txt",
        "/loop",
        "/app.js%00.html",
        "/app.js/",
        "/" + "a" * 5000,
        "/weights/",
        "/absent.js",
    ],
)
def test_nothing_outside_the_folders_is_served(port: int, target: str) -> None:
    status, headers, body = ask(port, target)
    assert status in (400, 404)
    assert b"secret" not in body and b"root:" not in body
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"])
@pytest.mark.parametrize("target", ["/", "/app.js", "/weights/model.gguf", "/absent"])
def test_other_methods_are_refused(port: int, method: str, target: str) -> None:
    status, headers, _ = ask(port, target, method)
    assert status == 405
    assert set(headers["allow"].replace(" ", "").split(",")) == {"GET", "HEAD"}


def test_site_under_a_path(folder: Path) -> None:
    with serving(folder / "site", folder / "cache", "/some/path/") as port:
        assert ask(port, "/some/path/app.js")[0] == 200
        assert ask(port, "/some/path/weights/model.gguf", Range="bytes=0-0")[0] == 206
        assert ask(port, "/app.js")[0] == 404


def test_next_free_port_is_taken(folder: Path) -> None:
    app = create_app(folder / "site", folder / "cache")
    first = listen(app, "127.0.0.1", 0)
    second = listen(app, "127.0.0.1", first.port)
    try:
        assert first.port < second.port < first.port + 50
        with pytest.raises(OSError):
            listen(app, "127.0.0.1", first.port, tries=1)
    finally:
        first.server_close()
        second.server_close()


def test_the_search_for_a_port_ends_with_the_last_one(folder: Path) -> None:
    app = create_app(folder / "site", folder / "cache")
    with socket.socket() as last:
        with contextlib.suppress(OSError):  # Taken already is as good.
            last.bind(("127.0.0.1", 65535))
            last.listen()
        with pytest.raises(OSError):
            listen(app, "127.0.0.1", 65535)
    with pytest.raises(OSError, match="65535"):
        listen(app, "127.0.0.1", 65536)


@pytest.mark.parametrize("port", ["65536", "99999", "-1", "http"])
def test_a_port_that_does_not_exist_is_refused(
    port: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["server", "--site", ".", f"--port={port}"])
    with pytest.raises(SystemExit, match="2"):
        main()
    assert "a number from 0 (any free port) to 65535" in capsys.readouterr().err
