"""A static file server that can be told to misbehave, for tests of how the page copes.

Serves a folder like a plain web server (types, Range, ETag) and, on demand, cuts connections, ignores ranges,
stops answering or serves other bytes. Nothing of the app knows of it.
"""

import hashlib
import mimetypes
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

mimetypes.add_type("text/javascript", ".mjs")
mimetypes.add_type("application/wasm", ".wasm")
mimetypes.add_type("application/manifest+json", ".webmanifest")


@dataclass
class Faults:
    """What goes wrong, for paths that end in `suffix`; all off at first."""

    suffix: str = ".gguf"
    cuts: list[int] = field(default_factory=list)
    """Break connections: one entry a request, the body bytes to send before."""
    stall_after_bytes: int | None = None
    """Send so many body bytes of the file and then nothing, until `resume` is set."""
    resume: threading.Event = field(default_factory=threading.Event)
    ignore_ranges: bool = False
    wrong_ranges: bool = False
    """Answer a range with the bytes that follow it, and say so."""
    overrides: dict[str, bytes] = field(default_factory=dict)
    """Path → bytes to serve in place of the file's."""


@dataclass
class FaultyServer:
    """A running server: its address, the requests it has had, and its faults, to be changed at any time."""

    url: str
    faults: Faults
    requests: list[tuple[str, str | None]]
    """Path and Range header, in order of arrival."""

    def paths(self, suffix: str) -> list[str]:
        """The requests so far whose path ends in `suffix`."""
        return [path for path, _ in self.requests if path.endswith(suffix)]


@contextmanager
def serve_with_faults(folder: Path) -> Iterator[FaultyServer]:
    """Serve `folder` on a free port of 127.0.0.1 until the block ends."""
    faults = Faults()
    requests: list[tuple[str, str | None]] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = unquote(urlsplit(self.path).path)
            path += "index.html" if path.endswith("/") else ""
            requests.append((path, self.headers.get("Range")))
            body = self._body(path)
            if body is None:
                self.send_error(HTTPStatus.NOT_FOUND)
                return
            etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
            start, end = 0, len(body)
            status = HTTPStatus.OK
            faulty = path.endswith(faults.suffix)
            asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")
            same_version = self.headers.get("If-Range") in (None, etag)
            if asked and same_version and not (faulty and faults.ignore_ranges):
                start, end = int(asked[1]), min(len(body), int(asked[2] or len(body)) + 1)
                status = HTTPStatus.PARTIAL_CONTENT
                if start >= len(body):
                    self.send_error(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
                    return
                if faulty and faults.wrong_ranges:
                    start, end = min(start + 1000, len(body) - 1), min(end + 1000, len(body))
            self.send_response(status)
            self.send_header("Content-Type", mimetypes.guess_type(path)[0] or "application/octet-stream")
            self.send_header("Content-Length", str(end - start))
            self.send_header("ETag", etag)
            self.send_header("Cache-Control", "no-cache")
            self.send_header("Cross-Origin-Opener-Policy", "same-origin")
            self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
            if status is HTTPStatus.PARTIAL_CONTENT:
                self.send_header("Content-Range", f"bytes {start}-{end - 1}/{len(body)}")
            self.end_headers()
            if faulty and faults.cuts:
                self.close_connection = True
                end = min(end, start + faults.cuts.pop(0))
            try:
                stall = faults.stall_after_bytes
                if faulty and stall is not None and end > stall:
                    self.wfile.write(body[start:stall])
                    faults.resume.wait(timeout=300)
                    start = max(start, stall)
                self.wfile.write(body[start:end])
            except OSError:
                self.close_connection = True  # the page went away, as some tests make it do

        def _body(self, path: str) -> bytes | None:
            if path in faults.overrides:
                return faults.overrides[path]
            file = (folder / path.lstrip("/")).resolve()
            return file.read_bytes() if file.is_relative_to(folder.resolve()) and file.is_file() else None

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield FaultyServer(f"http://127.0.0.1:{server.server_address[1]}", faults, requests)
    finally:
        faults.resume.set()
        server.shutdown()
        server.server_close()
        thread.join()
