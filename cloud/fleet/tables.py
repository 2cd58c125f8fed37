"""The tables of ``fleet.db``, and an alarm as a row of them."""

import sqlite3
from typing import Any

from msgspec.structs import replace

from cloud.fleet.rules import Alarm, Cause, Deed, Kind, Level

SCHEMA = """
CREATE TABLE IF NOT EXISTS looks (only INTEGER PRIMARY KEY CHECK (only = 1), at_ms INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS sites (
  site TEXT PRIMARY KEY, heard_ms INTEGER NOT NULL, linked INTEGER, link_ms INTEGER NOT NULL,
  clock_off_ms INTEGER NOT NULL,
  report BLOB                          -- JSON, in the words of edge.contracts.fleet
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS misread (   -- reports that were not understood since the last one that was
  site TEXT PRIMARY KEY, since_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, reason TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS changes (
  id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, site TEXT NOT NULL, device TEXT NOT NULL, what TEXT NOT NULL,
  subject TEXT NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL, detail TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS changes_by_site ON changes (site, id);
CREATE INDEX IF NOT EXISTS changes_by_device ON changes (site, device, id);
CREATE TABLE IF NOT EXISTS alarms (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  site TEXT NOT NULL, device TEXT NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL,
  level INTEGER NOT NULL, since_ms INTEGER NOT NULL, reason TEXT NOT NULL, detail TEXT NOT NULL,
  opened_ms INTEGER NOT NULL, gone_ms INTEGER NOT NULL, closed_ms INTEGER NOT NULL, again_ms INTEGER NOT NULL,
  worst INTEGER NOT NULL, times INTEGER NOT NULL,
  living INTEGER NOT NULL,             -- 0: history, the cause would make a new one
  acknowledged_ms INTEGER NOT NULL DEFAULT 0, acknowledged_by TEXT NOT NULL DEFAULT '', note TEXT NOT NULL DEFAULT ''
) STRICT;
-- Of one cause there is one alarm, whatever a program does.
CREATE UNIQUE INDEX IF NOT EXISTS alarms_living ON alarms (site, device, kind, subject) WHERE living;
CREATE INDEX IF NOT EXISTS alarms_open ON alarms (site) WHERE opened_ms > 0 AND closed_ms = 0;
CREATE INDEX IF NOT EXISTS alarms_closed ON alarms (site, closed_ms) WHERE closed_ms > 0;
CREATE TABLE IF NOT EXISTS events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,  -- never given twice: whoever tells of events remembers the last
  at_ms INTEGER NOT NULL, alarm INTEGER NOT NULL REFERENCES alarms (id) ON DELETE CASCADE, site TEXT NOT NULL,
  deed TEXT NOT NULL, level INTEGER NOT NULL, who TEXT NOT NULL, note TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS events_by_alarm ON events (alarm, seq);
"""

COLUMNS = (
    "site, device, kind, subject, level, since_ms, reason, detail, opened_ms, gone_ms, closed_ms, again_ms, worst,"
    " times, id"
)


def alarm_of(*row: Any) -> Alarm:
    """The alarm that stands in a row of :data:`COLUMNS`."""
    site, device, kind, subject, level, since_ms, reason, detail, *times_ms, worst, times, id_ = row
    opened_ms, gone_ms, closed_ms, again_ms = times_ms
    return Alarm(
        cause=Cause(site, device, Kind(kind), subject),
        level=Level(level),
        since_ms=since_ms,
        reason=reason,
        detail=detail,
        opened_ms=opened_ms,
        gone_ms=gone_ms,
        closed_ms=closed_ms,
        again_ms=again_ms,
        worst=Level(worst),
        times=times,
        id=id_,
    )


def write_step(
    db: sqlite3.Connection, at_ms: int, before: Alarm | None, after: Alarm | None, deed: Deed | None
) -> Alarm | None:
    """Write what a look made of an alarm, inside a transaction of the caller's; the alarm with its id."""
    if after is None:
        if before is not None and before.opened_ms:
            db.execute("UPDATE alarms SET living = 0 WHERE id = ?", (before.id,))
        elif before is not None:
            db.execute("DELETE FROM alarms WHERE id = ?", (before.id,))
        return None
    if before is None:
        cause = after.cause
        cursor = db.execute(
            "INSERT INTO alarms (site, device, kind, subject, level, since_ms, reason, detail, opened_ms, gone_ms,"
            " closed_ms, again_ms, worst, times, living) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)",
            (cause.site, cause.device, cause.kind.value, cause.subject, *_values(after)),
        )
        assert cursor.lastrowid is not None  # noqa: S101 - an INSERT has one
        after = replace(after, id=cursor.lastrowid)
    elif after != before:
        db.execute(
            "UPDATE alarms SET level = ?, since_ms = ?, reason = ?, detail = ?, opened_ms = ?, gone_ms = ?,"
            " closed_ms = ?, again_ms = ?, worst = ?, times = ? WHERE id = ?",
            (*_values(after), after.id),
        )
    if deed is None:
        return after
    if deed in (Deed.WORSENED, Deed.REOPENED):  # it was not this that somebody took on
        db.execute("UPDATE alarms SET acknowledged_ms = 0, acknowledged_by = '', note = '' WHERE id = ?", (after.id,))
    db.execute(
        "INSERT INTO events (at_ms, alarm, site, deed, level, who, note) VALUES (?, ?, ?, ?, ?, '', '')",
        (at_ms, after.id, after.cause.site, deed.value, int(after.level)),
    )
    return after


def _values(alarm: Alarm) -> tuple[object, ...]:
    return (
        int(alarm.level),
        alarm.since_ms,
        alarm.reason,
        alarm.detail,
        alarm.opened_ms,
        alarm.gone_ms,
        alarm.closed_ms,
        alarm.again_ms,
        int(alarm.worst),
        alarm.times,
    )
