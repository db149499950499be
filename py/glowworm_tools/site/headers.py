"""What the site's answers tell the browser beside their content: isolation, and what a page of it may do.

One definition for the development server, which sends it, for the pages, which carry the policy themselves
because some hosts send nothing, and for the service worker, which adds what is missing.
`web/docs/security.md` says why each directive stands here.
"""

from typing import Any
from urllib.parse import urlsplit

HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""For every answer."""
POLICY_NAME = "Content-Security-Policy"
POLICED_TYPES = ("text/html", "image/svg+xml", "text/javascript")
"""Where scripts run: documents, and workers' scripts, which take their policy from their own answer."""
DIRECTIVES = {
    "default-src": "'none'",
    "script-src": "'self' 'wasm-unsafe-eval'",
    "worker-src": "'self'",
    "connect-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data: blob:",
    "font-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'self'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "glowworm lit-html dompurify",
}
ONLY_AS_HEADER = {"frame-ancestors"}


def content_policy(models: dict[str, Any] | None = None, *, as_meta: bool = False) -> str:
    """The content security policy of a site with the list of models `models`.

    A listed model of another origin may be fetched from there and from the origins that its `redirects`
    name; nothing else may. `as_meta` leaves out what counts only in a header.
    """
    listed = (models or {"models": []})["models"]
    sources = {_origin(model["file"]) for model in listed} - {""}
    origins = sorted(sources.union(*(model.get("redirects", ()) for model in listed)))
    extra = {"connect-src": "".join(f" {origin}" for origin in origins)}
    return "; ".join(
        f"{name} {value}{extra.get(name, '')}"
        for name, value in DIRECTIVES.items()
        if not (as_meta and name in ONLY_AS_HEADER)
    )


def _origin(address: str) -> str:
    """The origin of an absolute address, "" of a relative one."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
