"""Counts on their way into the ledger's rollups: gathered row by row, so that a transaction writes each row once."""

import sqlite3
from collections.abc import Sequence
from datetime import date
from operator import add
from typing import TypeVar

from cloud.rollups import ISSUED, MEASURES, Folded

_AT = {measure: place for place, measure in enumerate(MEASURES)}
_ISSUED = tuple(_AT[measure] for measure in ISSUED.values())
_CALLED = _AT["called"]

K = TypeVar("K", int, str)
Row = list[int]  # in the order of MEASURES


class Tallies:
    """What one transaction adds to ``hours``, ``days``, ``months`` and ``slots``."""

    def __init__(self) -> None:
        self._hours: dict[tuple[str, str, int], Row] = {}
        self._days: dict[tuple[str, str, str], Row] = {}

    def add(self, site: str, folded: Folded) -> None:
        """Add what was counted of this site; what was counted before any day opened belongs to none.

        Raises KeyError where a measure is not one of MEASURES.
        """
        for (day, hour, measure), n in folded.hours.items():
            if day:
                _row(self._hours, (site, day, hour))[_AT[measure]] += n
        for (day, service, measure), n in folded.days.items():
            if day:
                _row(self._days, (site, day, service))[_AT[measure]] += n

    def write(self, db: sqlite3.Connection) -> None:
        """Write it, inside a transaction of the caller's."""
        months: dict[tuple[str, str, str], Row] = {}
        for (site, day, service), row in self._days.items():
            key = (site, day[:7], service)
            months[key] = list(map(add, months[key], row)) if key in months else row
        slots: dict[tuple[str, str, int], list[int]] = {}
        for (site, day, hour), row in self._hours.items():
            slot = slots.setdefault((site, day[:7], date.fromisoformat(day).weekday() * 24 + hour), [0, 0])
            slot[0] += sum(row[place] for place in _ISSUED)
            slot[1] += row[_CALLED]
        db.executemany(_HOURS, [(*key, *row) for key, row in self._hours.items()])
        db.executemany(_DAYS, [(*key, *row) for key, row in self._days.items()])
        db.executemany(_MONTHS, [(*key, *row) for key, row in months.items()])
        db.executemany(_SLOTS, [(*key, *slot) for key, slot in slots.items() if any(slot)])


def _row(rows: dict[tuple[str, str, K], Row], key: tuple[str, str, K]) -> Row:
    row = rows.get(key)
    if row is None:
        row = rows[key] = [0] * len(MEASURES)
    return row


def _upsert(table: str, key: Sequence[str], counts: Sequence[str]) -> str:
    # One text for all measures is prepared once, and costs little more than the upsert of a single one. The names are
    # literals of this program: the schema's, and MEASURES.
    names, places = ", ".join((*key, *counts)), ", ".join("?" * (len(key) + len(counts)))
    sums = ", ".join(f"{count} = {count} + excluded.{count}" for count in counts)
    insert = f"INSERT INTO {table} ({names}) VALUES ({places})"  # noqa: S608
    return f"{insert} ON CONFLICT ({', '.join(key)}) DO UPDATE SET {sums}"  # nosec B608 (names of our own columns)


_HOURS = _upsert("hours", ("site", "day", "hour"), MEASURES)
_DAYS = _upsert("days", ("site", "day", "service"), MEASURES)
_MONTHS = _upsert("months", ("site", "month", "service"), MEASURES)
_SLOTS = _upsert("slots", ("site", "month", "slot"), ("issued", "called"))
