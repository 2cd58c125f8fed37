"""Wait for a condition with a limit: no test sleeps and hopes."""

import time
from collections.abc import Callable
from typing import TypeVar

import pytest

T = TypeVar("T")

PATIENCE = 4  # the limits are those of a quiet machine; on a busy one a test must not fail for that alone
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.005, 0.05  # a condition may cost the program that is waited for something, too
LONGER = 1.3


def until(condition: Callable[[], T], *, within_s: float = 15.0, what: str = "the condition") -> T:
    """The first truthy value of ``condition``; the test fails where none came within ``within_s`` seconds, or on a
    busy machine some times that."""
    deadline = time.monotonic() + within_s * PATIENCE
    pause_s = FIRST_PAUSE_S
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            pytest.fail(f"{what} did not come true within {within_s * PATIENCE:.0f} s")
        time.sleep(pause_s)
        pause_s = min(pause_s * LONGER, LONGEST_PAUSE_S)
