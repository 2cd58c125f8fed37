"""Wait for a condition with a limit: no test sleeps and hopes."""

import time
from collections.abc import Callable
from typing import TypeVar

import pytest

T = TypeVar("T")


def until(condition: Callable[[], T], *, within_s: float = 15.0, what: str = "the condition") -> T:
    """The first truthy value of ``condition``; the test fails where none came within ``within_s`` seconds."""
    deadline = time.monotonic() + within_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            pytest.fail(f"{what} did not come true within {within_s} s")
        time.sleep(0.01)
