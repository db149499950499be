"""The development server: the built site and cached weights as static files over HTTP, on loopback.

Not responsible for: anything dynamic. The site works the same from any static host.
"""

import argparse
import contextlib
import json
import os
import socket
import sys
from pathlib import Path

from flask import Flask, Response, abort, redirect, request, send_file
from werkzeug.exceptions import HTTPException
from werkzeug.security import safe_join
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from glowworm_tools.arguments import LAST_PORT, port_number
from glowworm_tools.cache import default_cache
from glowworm_tools.site.headers import HEADERS, POLICED_TYPES, POLICY_NAME, content_policy
from glowworm_tools.site.layout import HASHED_NAME

TYPES = {
    ".css": "text/css",
    ".gguf": "application/octet-stream",
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".md": "text/markdown",
    ".mjs": "text/javascript",
    ".png": "image/png",
    ".safetensors": "application/octet-stream",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".whl": "application/zip",
    ".woff2": "font/woff2",
    ".zip": "application/zip",
}
"""Stated here, because what the system's registry of types says differs from one machine to the next."""

ENCODINGS = {"br": ".br", "gzip": ".gz"}
FOR_EVER = "public, max-age=31536000, immutable"
REVALIDATE = "no-cache"


def create_app(site: Path, cache: Path, base: str = "/") -> Flask:
    """The application that serves `site` under the path `base`, and `cache`/weights at `weights/` there.

    `base` begins and ends with a slash. Only GET and HEAD are answered; links that lead out of a folder are
    not followed.
    """
    app = Flask(__name__, static_folder=None)
    app.url_map.merge_slashes = False
    policy = _policy(site)

    def weights(name: str) -> Response:
        return _file(cache / "weights", name)

    def page(name: str = "") -> Response:
        return _file(site, name)

    for rule, view in (("weights/<path:name>", weights), ("", page), ("<path:name>", page)):
        app.add_url_rule(
            base + rule, rule, view, methods=["GET"], provide_automatic_options=False, strict_slashes=False
        )

    @app.errorhandler(HTTPException)
    def refuse(error: HTTPException) -> Response:
        response = Response(f"{error.code} {error.name}\n", error.code, mimetype="text/plain")
        kept = ("Allow", "Content-Range", "Location")
        response.headers.update([(name, value) for name, value in error.get_headers() if name in kept])
        return response

    @app.after_request
    def secure(response: Response) -> Response:
        response.headers.update(HEADERS)
        if response.mimetype in POLICED_TYPES:
            response.headers[POLICY_NAME] = policy
        return response

    return app


def _policy(site: Path) -> str:
    """The content security policy that the site was built with, or the usual one of what is no built site."""
    try:
        return json.loads((site / "build.json").read_text())["headers"][POLICY_NAME]
    except (OSError, ValueError, LookupError):
        return content_policy()


def _file(root: Path, name: str) -> Response:
    """One file of `root`, as the request's headers want it.

    Raises:
        NotFound: there is no such file inside `root`.
        RequestedRangeNotSatisfiable: the range is malformed, or outside the file, or there are several.
    """
    path = _inside(root, name)
    if path.is_dir():
        if name and not name.endswith("/"):
            return redirect(request.path.rpartition("/")[2] + "/", 308)  # type: ignore[return-value]
        path = _inside(root, f"{name}index.html")
    if not path.is_file() or (name.endswith("/") and path.name != "index.html"):
        abort(404)

    # A compressed variant has other bytes, so a range of the file is always of the file itself.
    encoding = None if "Range" in request.headers else _encoding(path)
    sent = path.with_name(path.name + ENCODINGS[encoding]) if encoding else path
    response = send_file(sent, mimetype=TYPES.get(path.suffix, "application/octet-stream"), conditional=True)
    response.headers.pop("Content-Disposition", None)  # It would name the variant.
    if encoding:
        response.headers["Content-Encoding"] = encoding
    if any(path.with_name(path.name + suffix).is_file() for suffix in ENCODINGS.values()):
        response.vary.add("Accept-Encoding")
    response.headers["Cache-Control"] = FOR_EVER if HASHED_NAME.search(name) else REVALIDATE
    return response


def _inside(root: Path, name: str) -> Path:
    """The path of `name` in `root`, links followed; refuses whatever leads out of it."""
    joined = None if "\0" in name else safe_join(str(root), name)
    if joined is None:
        abort(404)
    with contextlib.suppress(OSError, RuntimeError):  # Not there, a name too long, a loop of links.
        path = Path(joined).resolve(strict=True)
        if path.is_relative_to(root.resolve()):
            return path
    abort(404)


def _encoding(path: Path) -> str | None:
    """The best content encoding that the client accepts and the build has made."""
    for encoding, suffix in ENCODINGS.items():
        if request.accept_encodings[encoding] > 0 and path.with_name(path.name + suffix).is_file():
            return encoding
    return None


class _QuietHandler(WSGIRequestHandler):
    """Says nothing of requests that went well, and keeps connections open between requests."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        if str(code)[0] in "45":
            super().log_request(code, size)


def listen(app: Flask, host: str, port: int, tries: int = 50) -> BaseWSGIServer:
    """A threaded server on the first free port from `port` on (0: any); the last one there is is 65535.

    Raises:
        OSError: none of `tries` ports is free, or the host is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    candidates = range(port, min(port + tries, LAST_PORT + 1)) if port else [0]
    for candidate in candidates:
        listener = socket.socket(family, socket.SOCK_STREAM)
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, candidate))
        except OSError:
            listener.close()
            if candidate == candidates[-1]:
                raise
            continue
        listener.listen()
        with listener:  # The server has its own copy of the descriptor.
            return make_server(
                host,
                listener.getsockname()[1],
                app,
                threaded=True,
                request_handler=_QuietHandler,
                fd=listener.fileno(),
            )
    raise OSError(f"ports go up to {LAST_PORT}")


def main() -> int:
    """Serves until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m glowworm_tools.server", description=__doc__)
    parser.add_argument("--site", type=Path, required=True, help="folder of the built site")
    parser.add_argument("--base", default="/", help="path to serve it under")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument(
        "--port", type=port_number, default=8000, help="the next free one is used if it is taken"
    )
    arguments = parser.parse_args()
    try:
        server = listen(
            create_app(arguments.site.resolve(), default_cache(), arguments.base),
            arguments.host,
            arguments.port,
        )
    except OSError as error:
        print(
            f"No port from {arguments.port} on could be opened on {arguments.host} ({error}).",
            file=sys.stderr,
        )
        return 1
    shown = f"[{arguments.host}]" if ":" in arguments.host else arguments.host
    print(f"http://{shown}:{server.port}{arguments.base}", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
