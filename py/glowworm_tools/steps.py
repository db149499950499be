"""Build steps: named, timed, skipped when their inputs are unchanged. Standard library only.

Not responsible for: what a step does. `build.py` and the site assembly are made of these.
"""

import contextlib
import hashlib
import os
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path


class StepError(Exception):
    """A step failed; the message is one sentence that says what to do about it."""


def digest(paths: Iterable[Path], *facts: str) -> str:
    """Hash of the files' names and contents (folders are walked) and of further facts, as 64 hex digits.

    Names count from each path's own, so the same tree elsewhere has the same hash.
    """
    total = hashlib.sha256(repr(facts).encode())
    for path in sorted(set(paths)):
        for file in _files(path):
            total.update(f"\0{file.relative_to(path.parent).as_posix()}\0".encode())
            with file.open("rb") as stream:
                total.update(hashlib.file_digest(stream, "sha256").digest())
    return total.hexdigest()


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    found = []
    for folder, subfolders, names in os.walk(path):
        subfolders[:] = sorted(name for name in subfolders if name not in ("__pycache__", "node_modules"))
        found += [Path(folder, name) for name in sorted(names) if not name.endswith(".pyc")]
    return found


def step(title: str, result: Path, stamp: Path, key: str, action: Callable[[], None]) -> bool:
    """Runs `action`, which makes `result`, unless that is there and `stamp` holds `key` from an earlier run.

    Says what it does and how long it took; returns whether it ran.
    """
    if result.exists() and stamp.is_file() and stamp.read_text() == key:
        print(f"  = {title}: up to date", flush=True)
        return False
    stamp.unlink(missing_ok=True)
    timed(title, action)
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(key)
    return True


def timed(title: str, action: Callable[[], None]) -> None:
    """Runs `action` and says how long it took."""
    print(f"  > {title} ...", flush=True)
    begun = time.perf_counter()
    action()
    print(f"  + {title}: {time.perf_counter() - begun:.1f} s", flush=True)


@contextlib.contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Holds the lock file `path`, so that two builds of one checkout take turns (where there is `flock`)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as stream:
        try:
            import fcntl
        except ImportError:  # Windows
            pass
        else:
            fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def run(
    command: Sequence[str | Path],
    advice: str,
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> str:
    """Runs a command without a standard input and returns what it printed.

    Raises:
        StepError: it could not be started or failed; the message is its last lines followed by `advice`.
    """
    try:
        done = subprocess.run(
            [str(word) for word in command],
            cwd=cwd,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
    except OSError as error:
        raise StepError(
            f"{Path(command[0]).name} could not be started ({error.strerror}); {advice}"
        ) from error
    if done.returncode:
        tail = "\n".join("    | " + line[:200] for line in done.stdout.strip().splitlines()[-15:])
        raise StepError(f"{Path(command[0]).name} failed; {advice}\n{tail}")
    return done.stdout
