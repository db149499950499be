"""One bench for all tests of the folder."""

from collections.abc import Iterator

import pytest
from conformance.bench import Bench


@pytest.fixture(scope="session")
def bench() -> Iterator[Bench]:
    """All devices."""
    bench = Bench()
    yield bench
    bench.close()
