"""How a program of the cloud runs: until it is told to stop, and not at all with a wrong configuration."""

import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator

from edge.daemon.config import EX_CONFIG, ConfigError
from edge.daemon.logs import start_logging
from edge.daemon.notify import notify


def run_until_told(name: str, program: Callable[[threading.Event], None]) -> None:
    """Run ``program``, which ends once the event is set, as it is by SIGTERM and SIGINT. ``name`` stands in the log."""
    start_logging(name)
    stop = stop_when_told()
    with named_if_wrong():
        program(stop)
    notify("STOPPING=1")


def stop_when_told() -> threading.Event:
    """An event that SIGTERM and SIGINT set from now on; for the main thread."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    return stop


@contextlib.contextmanager
def named_if_wrong() -> Iterator[None]:
    """A ConfigError in the block ends the program with its text and status 78."""
    try:
        yield
    except ConfigError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(EX_CONFIG)
