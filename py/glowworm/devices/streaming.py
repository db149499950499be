"""How weights travel from a source to a device: in pieces of bounded size, never whole.

The pieces hold an even number of blocks (but for a tensor's last one), because repacking kernels work on
pairs of blocks, whose bytes are whole words.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from ..errors import WeightsError
from ..graph.plan import Load
from ..weights.source import ByteSource

PIECE_NBYTES = 4 << 20


@dataclass(frozen=True)
class Piece:
    """Consecutive blocks of a tensor, as they stand in the file, and where they go."""

    first_block: int  # of the target
    blocks: int
    data: bytes


async def pieces(load: Load, source: ByteSource, piece_nbytes: int = PIECE_NBYTES) -> AsyncIterator[Piece]:
    """Read what a load asks for, at most ``piece_nbytes`` at a time.

    Raises:
        WeightsError: the source ended early.
    """
    step = piece_nbytes // (2 * load.block_bytes) * 2
    total = load.nbytes // load.block_bytes
    for first in range(0, total, step):
        blocks = min(step, total - first)
        nbytes = blocks * load.block_bytes
        data = await source.read(load.file_offset + first * load.block_bytes, nbytes)
        if len(data) != nbytes:
            raise WeightsError(
                f"The weights end in the middle of {load.tensor}; the file is incomplete, download it again."
            )
        yield Piece(load.first_block + first, blocks, data)
