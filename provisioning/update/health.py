"""Is a release healthy? What ran before runs again and goes on running, and moiso-doctor finds nothing newly red."""

import time
from collections.abc import Collection

from provisioning.update.store import Store
from provisioning.update.system import SystemFailed, checks, processes

LOOK_S = 0.5


def why_unhealthy(
    store: Store, units: Collection[str], sound: Collection[str], within_s: float, steady_s: float
) -> str:
    """Wait until all is well, at most ``within_s`` seconds; what is not, "" for nothing.

    Every unit must have run for ``steady_s`` as one and the same process: one that ends and is started again is not
    well. A check that is new in this release, or was red before, is nobody's fault.
    """
    deadline = time.monotonic() + within_s
    since, seen = time.monotonic(), dict[str, str]()
    while True:
        try:
            now = processes(units)
        except SystemFailed as error:
            now, said = {}, str(error)
        else:
            said = " ".join(sorted(set(units) - set(now)))
        if now != seen or set(now) != set(units):
            since, seen = time.monotonic(), now
        elif time.monotonic() - since >= steady_s:
            said = _newly_red(store, sound)
            if not said and processes(units) == seen:
                return ""
        if time.monotonic() >= deadline:
            return said or "it ends and is started again"
        time.sleep(LOOK_S)


def _newly_red(store: Store, sound: Collection[str]) -> str:
    try:
        found = checks(store.link)
    except SystemFailed as error:
        return str(error) if sound else ""
    missing = set(sound) - set(found) if not found else set()
    return " ".join(sorted({check for check, red in found.items() if red and check in sound} | missing))
