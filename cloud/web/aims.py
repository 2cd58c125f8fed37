"""What a Department set itself, as this application's pages and its API read it."""

from collections.abc import Mapping

from flask import current_app, g

from cloud.indicators import Key
from cloud.targets import Targets


def targets() -> Targets:
    """The targets and places of this application."""
    made: Targets = current_app.extensions["moiso_targets"]
    return made


def aims(province: str) -> Mapping[Key, float]:
    """What this province aims at, read once in a request: a page judges every facility by it."""
    read: dict[str, Mapping[Key, float]] = g.setdefault("aims", {})
    if province not in read:
        read[province] = targets().aims(province)
    return read[province]
