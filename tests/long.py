"""How much is tried: ``make test`` has half an hour on two cores, ``make test-long`` as long as it takes."""

import os

LONG = bool(os.environ.get("MOISO_TEST_LONG"))
MORE = 10


def tries(count: int) -> int:
    """So many examples, or in the long run ten times as many."""
    return count * MORE if LONG else count


def every(stride: int) -> int:
    """Each so many-th byte, or in the long run each one."""
    return 1 if LONG else stride
