"""Fetches weights from the Hugging Face hub into the cache: `python -m glowworm_tools.fetch REPO FILE`.

The dev server then has them at /weights/REPO/FILE. `huggingface_hub` finds the token, the endpoint and the
file, and carries the bytes; but it throws away what an interrupted download has got, so the partial file is
kept here, and the next attempt asks for the rest. What arrives is checked against the hash that the hub
states before it gets its name.
"""

import argparse
import errno
import hashlib
import os
import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from glowworm.errors import GlowwormError, WeightsError
from huggingface_hub import constants, get_token, hf_hub_url
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.file_download import HfFileMetadata, get_hf_file_metadata, http_get
from huggingface_hub.utils import WeakFileLock, build_hf_headers, validate_repo_id

from glowworm_tools.cache import default_cache

TRANSPORT_ERRORS: tuple[type[Exception], ...] = (HfHubHTTPError.__bases__[0], ConnectionError, TimeoutError)
"""What fails below HTTP: the base of the errors of whichever client `huggingface_hub` uses, and the
sockets' own.
"""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_GIT_SHA1 = re.compile(r"[0-9a-f]{40}")


def fetch(repo: str, filename: str, cache: Path | None = None, revision: str = "main") -> Path:
    """Bring `filename` of the hub's repository `repo` into the cache, and return where it lies.

    A file that is there already and is the hub's is left as it is; a partial one is continued.
    `HF_ENDPOINT`, `HF_TOKEN` and the token of `hf auth login` are honoured. Without a connection, a cached
    file is good enough.

    Raises:
        WeightsError: there is no such file, it may not be had, or it could not be fetched in full.
    """
    cache = cache or default_cache()
    target = _target(cache, repo, filename)
    endpoint = (os.environ.get("HF_ENDPOINT") or constants.ENDPOINT).rstrip("/")
    url = hf_hub_url(repo, filename, revision=revision, endpoint=endpoint)
    try:
        metadata = get_hf_file_metadata(url, token=get_token(), endpoint=endpoint)
    except (HfHubHTTPError, EntryNotFoundError, OSError, *TRANSPORT_ERRORS) as error:
        refusal = _refusal(error, repo, filename, revision, endpoint)
        if isinstance(error, TRANSPORT_ERRORS) and not isinstance(error, HfHubHTTPError) and target.exists():
            print(f"{refusal} The file in the cache is used as it is.", file=sys.stderr)
            return target
        raise refusal from error
    if target.exists() and _is_intact(target, metadata):
        return target

    partial = _partial(cache, target, metadata)
    try:
        partial.parent.mkdir(parents=True, exist_ok=True)
        with WeakFileLock(partial.parent / "lock"):
            if not (target.exists() and _is_intact(target, metadata)):  # by another process meanwhile
                _forget_other_versions(partial)
                _download(url, partial, metadata, endpoint)
                target.parent.mkdir(parents=True, exist_ok=True)
                os.replace(partial, target)
        shutil.rmtree(partial.parent, ignore_errors=True)
    except (HfHubHTTPError, OSError, *TRANSPORT_ERRORS) as error:
        raise _refusal(error, repo, filename, revision, endpoint) from error
    return target


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="fetch", description="Fetch weights from the Hugging Face hub.")
    parser.add_argument("repo", metavar="REPO", help="for example google/gemma-3-270m-it-qat-q4_0-gguf")
    parser.add_argument("filename", metavar="FILE", help="a file of that repository")
    parser.add_argument("--revision", default="main", help="branch, tag or commit (default: main)")
    options = parser.parse_args(arguments)
    try:
        path = fetch(options.repo, options.filename, revision=options.revision)
    except GlowwormError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped; the same command continues where it was.", file=sys.stderr)
        return 130
    print(
        f"{path} ({path.stat().st_size / 1e6:,.0f} MB), served at /weights/{options.repo}/{options.filename}"
    )
    return 0


def _target(cache: Path, repo: str, filename: str) -> Path:
    """Where the file belongs; never outside of the cache."""
    try:
        validate_repo_id(repo)
    except HFValidationError as error:
        raise WeightsError(f"{repo!r} is not the name of a repository; write it as OWNER/NAME.") from error
    path = PurePosixPath(filename)
    if not path.parts or path.is_absolute() or ".." in path.parts or "\\" in filename:
        raise WeightsError(
            f"{filename!r} is not the name of a file in a repository; copy it from the hub's page."
        )
    return cache / "weights" / repo / path


def _partial(cache: Path, target: Path, metadata: HfFileMetadata) -> Path:
    """What has arrived so far of this very version; beside the served folder, not in it."""
    file_key = hashlib.sha256(target.relative_to(cache).as_posix().encode()).hexdigest()[:16]
    version_key = hashlib.sha256(f"{metadata.etag}".encode()).hexdigest()[:16]
    return cache / "partial" / file_key / version_key


def _forget_other_versions(partial: Path) -> None:
    for other in partial.parent.iterdir():
        if other.name not in (partial.name, "lock"):
            other.unlink()


def _download(url: str, partial: Path, metadata: HfFileMetadata, endpoint: str) -> None:
    """Fetch what is missing of `partial`, and check the whole.

    Raises:
        WeightsError: there is no room for it, or it is not what the hub says.
        OSError, HfHubHTTPError: the download failed; what has arrived is kept.
    """
    done = partial.stat().st_size if partial.exists() else 0
    if metadata.size is not None:
        if done > metadata.size:
            partial.unlink()
            done = 0
        free = shutil.disk_usage(partial.parent).free
        if metadata.size - done > free:
            raise WeightsError(
                f"The disk has {free / 1e6:,.0f} MB free, but {(metadata.size - done) / 1e6:,.0f} MB are to "
                "come; free some space or set GLOWWORM_CACHE to another folder."
            )
    with partial.open("ab") as file:
        http_get(
            url,
            file,
            resume_size=done,
            headers=build_hf_headers(token=get_token()),
            expected_size=metadata.size,
            displayed_filename=PurePosixPath(url).name,
        )
    if not _is_intact(partial, metadata):
        partial.unlink()
        raise WeightsError(f"What arrived from {endpoint} is not what it announced; run the command again.")


def _is_intact(path: Path, metadata: HfFileMetadata) -> bool:
    """Whether the file is the one the hub describes, as far as the hub says.

    The etag is the SHA-256 of a large file, and git's own hash of a small one.
    """
    size = path.stat().st_size
    if metadata.size is not None and size != metadata.size:
        return False
    etag = metadata.etag or ""
    if _SHA256.fullmatch(etag):
        digest = hashlib.sha256()
    elif _GIT_SHA1.fullmatch(etag):
        digest = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    else:
        return metadata.size is not None
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest() == etag


def _refusal(error: Exception, repo: str, filename: str, revision: str, endpoint: str) -> WeightsError:
    """The sentence for what went wrong."""
    name = f"{filename} of {repo}"
    if isinstance(error, GatedRepoError):
        message = (
            f"{repo} is gated: accept its licence at {endpoint}/{repo}, "
            "then log in with `hf auth login` or set HF_TOKEN, and try again."
        )
    elif isinstance(error, RepositoryNotFoundError):
        message = (
            f"{endpoint} has no repository {repo}, or it is private: "
            "check the name, or log in with `hf auth login`."
        )
    elif isinstance(error, RevisionNotFoundError):
        message = f"{repo} has no revision {revision}; look at {endpoint}/{repo} for its branches."
    elif isinstance(error, EntryNotFoundError):
        message = f"{repo} has no file {filename}; look at {endpoint}/{repo}/tree/{revision} for its files."
    elif isinstance(error, OfflineModeIsEnabled):
        message = f"{name} cannot be fetched while HF_HUB_OFFLINE is set; unset it and try again."
    elif isinstance(error, HfHubHTTPError):
        message = (
            f"{endpoint} answered {error.response.status_code} for {name}; "
            "try again later: the download continues where it was."
        )
    elif isinstance(error, OSError) and error.errno == errno.ENOSPC:
        message = f"The disk is full; free some space, then run the command again to continue with {name}."
    elif isinstance(error, OSError) and error.errno in (
        errno.EACCES,
        errno.EROFS,
        errno.EFBIG,
        errno.ENOTDIR,
    ):
        message = f"Cannot write {name} to the cache: {error.strerror}; set GLOWWORM_CACHE to another folder."
    else:
        message = (
            f"The connection to {endpoint} failed; "
            f"check it, then run the command again to continue with {name}."
        )
    return WeightsError(message)


if __name__ == "__main__":
    sys.exit(main())
