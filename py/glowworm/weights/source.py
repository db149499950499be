"""Where weights come from: something of known size that hands out byte ranges.

A source knows nothing of formats. The page has its own, over `fetch` and the browser's private file system.
"""

import os
from types import TracebackType
from typing import Protocol, Self

from ..errors import WeightsError


class ByteSource(Protocol):
    """Random access to an immutable sequence of bytes."""

    @property
    def size(self) -> int:
        """Length of the whole, in bytes."""
        ...

    async def read(self, offset: int, length: int) -> bytes:
        """The bytes of [offset, offset + length); fewer only where the source has lost its end."""
        ...


class FileSource:
    """A file on disk, open until `close` (or the end of a `with` block)."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Open `path`.

        Raises:
            WeightsError: the file does not exist or may not be read.
        """
        self.path = os.fspath(path)
        try:
            self._file = open(self.path, "rb", buffering=0)  # noqa: SIM115 (closed by close)
        except OSError as error:
            raise WeightsError(f"Cannot open {self.path}: {error.strerror}; check the path.") from error
        self.size: int = os.fstat(self._file.fileno()).st_size

    async def read(self, offset: int, length: int) -> bytes:
        """The bytes of [offset, offset + length), fewer at the end of the file."""
        self._file.seek(offset)
        pieces = []
        while length > 0 and (piece := self._file.read(length)):
            pieces.append(piece)
            length -= len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def close(self) -> None:
        """Close the file; reading afterwards is an error of the caller."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
