"""What people type on the pages of targets and places: numbers with a comma or a point. Pure."""

import re
from collections.abc import Callable
from decimal import Decimal

import msgspec

from cloud.indicators import Unit
from cloud.map import Position
from cloud.rollups import EDGES_MIN

MOST_TYPED = 60  # characters of a field
# What may be aimed at, as it is typed. Of longer waits no more is known than that they are.
BOUNDS: dict[Unit, tuple[int, int]] = {Unit.SHARE: (0, 100), Unit.MINUTES: (1, EDGES_MIN[-1] - 1), Unit.SCORE: (1, 5)}
SOUTH, NORTH, WEST, EAST = 7, 24, 102, 115  # Viet Nam with its islands, the last of which is Trường Sa's An Bang
EXACT = 6  # decimals of a degree: a tenth of a metre

USUAL, NONE = "", "null"  # as cloud.toml says; there shall be none; all else is the JSON of a value

_NUMBER = r"([0-9]{1,4}(?:[.,][0-9]{1,2})?)"
_AFTER = {Unit.SHARE: "%", Unit.MINUTES: "phút|min", Unit.SCORE: r"/\s*5"}
_DEGREES = r"([0-9]{1,3}(?:[.,][0-9]{1,16})?)\s*°?\s*[NBEĐ]?"
_POSITION = re.compile(rf"\(?\s*{_DEGREES}(?:\s*[,;]\s*|\s+){_DEGREES}\s*\)?", re.IGNORECASE)


class Contradiction(Exception):
    """A new value was typed, and "none" was ticked as well."""


def read_aim(typed: str, unit: Unit) -> float:
    """A target: of a share in percent, which becomes 0 to 1, otherwise as it stands. Raises ValueError.

    >>> read_aim("87,5", Unit.SHARE), read_aim("30 phút", Unit.MINUTES)
    (0.875, 30.0)
    """
    found = re.fullmatch(rf"{_NUMBER}\s*(?:{_AFTER[unit]})?", typed.strip())
    if not found:
        raise ValueError("no number")
    number, (least, most) = Decimal(found[1].replace(",", ".")), BOUNDS[unit]
    if not least <= number <= most:
        raise ValueError("out of bounds")
    return float(number / 100 if unit is Unit.SHARE else number)


def read_position(typed: str) -> Position:
    """A place in Viet Nam in decimal degrees, in whichever order: no latitude of Viet Nam is one of its longitudes.

    Raises ValueError.

    >>> read_position("11.53, 106.89"), read_position("11,53 106,89")
    ((106.89, 11.53), (106.89, 11.53))
    """
    found = _POSITION.fullmatch(typed.strip()[:MOST_TYPED])
    if not found:
        raise ValueError("no position")
    latitude, longitude = sorted(round(float(part.replace(",", ".")), EXACT) for part in found.groups())
    if not (SOUTH <= latitude <= NORTH and WEST <= longitude <= EAST):
        raise ValueError("not in Viet Nam")
    return longitude, latitude


def wished(typed: str, was: str, read: Callable[[str], float | Position], *, none: bool) -> str:
    """What a field asks for, in the form of what it ``was`` when its page was made: USUAL where it is empty, NONE, or
    the JSON of what ``read`` makes of it.

    Raises Contradiction, and ValueError where ``read`` does.

    >>> wished("0.9", "", float, none=False), wished("0.9", "0.9", float, none=True)
    ('0.9', 'null')
    """
    value = msgspec.json.encode(read(typed)).decode() if typed.strip() else USUAL
    if not none:
        return value
    if value in (USUAL, was):
        return NONE
    if was == NONE:  # it was ticked already, and the number is new
        return value
    raise Contradiction
