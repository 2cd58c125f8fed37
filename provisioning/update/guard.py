"""``python3 -m provisioning.update.guard boot|go|resume``, out of the tree of the release that was in force before.

``boot``: before the programs start. ``go``: what was just armed. ``resume``: what somebody else began.
Ends with 0: nothing to do, or confirmed; 1: taken back or abandoned; 2: it could not start; 3: another is at work.
"""

import argparse
import signal
import sys
import time
from pathlib import Path

from provisioning.update.store import Busy, Store, StoreError
from provisioning.update.switch import CONFIRMED, SwitchFailed, at_boot, go, resume
from provisioning.update.system import SystemFailed

FAILED, NOT_STARTED, BUSY = 1, 2, 3
WAIT_S = 30


def main() -> None:
    """Do as the options say."""
    parser = argparse.ArgumentParser(prog="moiso-update-guard")
    parser.add_argument("what", choices=("boot", "go", "resume"))
    parser.add_argument("--root", type=Path, default=Path("/"))
    options = parser.parse_args()
    for number in (signal.SIGHUP, signal.SIGINT):  # whoever typed it may leave: it is done to its end
        signal.signal(number, signal.SIG_IGN)
    sys.exit(run(options.what, Store(options.root)))


def run(what: str, store: Store) -> int:
    """The exit code."""
    deadline = time.monotonic() + WAIT_S
    while True:
        try:
            with store.locked():
                return _do(what, store)
        except Busy:
            if time.monotonic() >= deadline:
                return BUSY
            time.sleep(0.2)
        except (StoreError, SystemFailed, SwitchFailed, OSError) as error:
            _say(f"<3>{error}")
            return NOT_STARTED


def _do(what: str, store: Store) -> int:
    if what == "boot":
        at_boot(store, _say)
        return 0
    outcome = (go if what == "go" else resume)(store, _say)
    return 0 if outcome in ("", CONFIRMED) else FAILED


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
