"""``fleet.db``: how every site's devices are, what changed, and the alarms.

moiso-fleet alone writes it, one transaction a look; a person's acknowledgement comes from the dashboard. Whoever reads
gets an empty answer where nothing was written yet.
"""

import contextlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from cloud.fleet.records import Change, Event, Kept, Look, Misread, SiteState
from cloud.fleet.rules import Alarm, Cause, Deed, Level
from cloud.fleet.tables import COLUMNS, SCHEMA, alarm_of, write_step
from cloud.own_file import OwnFile
from edge.contracts.fleet import FleetReport

DAY_MS = 24 * 60 * 60 * 1000
KEEP_CHANGES_MS = 90 * DAY_MS
KEEP_ALARMS_MS = 730 * DAY_MS
# No site, whatever it sends, may fill the disk: of more than so many the oldest go.
MOST_CHANGES_OF_SITE, MOST_ALARMS_OF_SITE = 20_000, 20_000
MOST_NOTE = 500  # characters

_encode = msgspec.json.Encoder().encode
_report = msgspec.json.Decoder(FleetReport)


class Fleet(OwnFile):
    """The file in the folder ``data``; each call opens it, so that any number of threads may share this."""

    def __init__(self, data: Path) -> None:
        super().__init__(data / "fleet.db", SCHEMA)

    def looked_ms(self) -> int:
        """When the watcher looked last; 0: never."""
        with self._opened() as db:
            row = db.execute("SELECT at_ms FROM looks").fetchone()
            return row[0] if row else 0

    def sites(self) -> tuple[str, ...]:
        """Every site of which anything is known, by name."""
        with self._opened() as db:
            rows = db.execute("SELECT site FROM sites UNION SELECT site FROM misread ORDER BY site")
            return tuple(site for (site,) in rows)

    def states(self, sites: Sequence[str]) -> tuple[SiteState, ...]:
        """These sites, as far as anything is known of them, by name."""
        with self._opened() as db:
            rows = db.execute(f"{_STATES} WHERE {_AMONG} ORDER BY site", (json.dumps(list(sites)),))
            return tuple(_state(*row) for row in rows)

    def changes(self, site: str, *, device: str | None = None, limit: int = 100) -> tuple[Change, ...]:
        """The newest ``limit`` changes of a site, or of one of its devices, the newest first."""
        only = "" if device is None else " AND device = ?"
        with self._opened() as db:
            rows = db.execute(
                "SELECT at_ms, site, device, what, subject, state, reason, detail FROM changes"  # noqa: S608 - ours
                f" WHERE site = ?{only} ORDER BY id DESC LIMIT ?",
                (site, limit) if device is None else (site, device, limit),
            )
            return tuple(Change(*row) for row in rows)

    def open_alarms(self, sites: Sequence[str], *, centre: bool = False) -> tuple[Kept, ...]:
        """The open alarms of these sites, the worst first, then the oldest; ``centre``: also those of no site."""
        asked = [*sites, ""] if centre else [site for site in sites if site]
        with self._opened() as db:
            rows = db.execute(
                f"{_ALARMS} WHERE {_AMONG} AND opened_ms > 0 AND closed_ms = 0 ORDER BY level DESC, opened_ms, id",
                (json.dumps(asked),),
            )
            return tuple(_kept(*row) for row in rows)

    def closed_alarms(self, sites: Sequence[str], *, before_ms: int, limit: int = 100) -> tuple[Kept, ...]:
        """The newest ``limit`` alarms of these sites that were closed before then, the newest first."""
        with self._opened() as db:
            rows = db.execute(
                f"{_ALARMS} WHERE {_AMONG} AND closed_ms > 0 AND closed_ms < ?"
                " ORDER BY closed_ms DESC, id DESC LIMIT ?",
                (json.dumps(list(sites)), before_ms, limit),
            )
            return tuple(_kept(*row) for row in rows)

    def alarm(self, id_: int) -> Kept | None:
        """One alarm that is or was open; None where there is none."""
        with self._opened() as db:
            row = db.execute(f"{_ALARMS} WHERE id = ? AND opened_ms > 0", (id_,)).fetchone()
            return _kept(*row) if row else None

    def events(self, alarm: int) -> tuple[Event, ...]:
        """What happened to an alarm, the first first."""
        with self._opened() as db:
            return tuple(_event(*row) for row in db.execute(f"{_EVENTS} WHERE alarm = ? ORDER BY seq", (alarm,)))

    def events_after(self, seq: int, limit: int = 1000) -> tuple[Event, ...]:
        """The first ``limit`` events after this one, of all alarms."""
        with self._opened() as db:
            rows = db.execute(f"{_EVENTS} WHERE seq > ? ORDER BY seq LIMIT ?", (seq, limit))
            return tuple(_event(*row) for row in rows)

    def acknowledge(self, id_: int, who: str, note: str, now_ms: int) -> bool:
        """Note that somebody sees to an alarm; False where it is not open, or acknowledged already.

        Raises ValueError where the note is longer than :data:`MOST_NOTE`.
        """
        if len(note) > MOST_NOTE:
            raise ValueError(f"a note has at most {MOST_NOTE} characters")
        with self._writing() as db:
            changed = db.execute(
                "UPDATE alarms SET acknowledged_ms = ?, acknowledged_by = ?, note = ?"
                " WHERE id = ? AND opened_ms > 0 AND closed_ms = 0 AND acknowledged_ms = 0",
                (now_ms, who, note, id_),
            )
            if not changed.rowcount:
                return False
            db.execute(
                "INSERT INTO events (at_ms, alarm, site, deed, level, who, note)"
                " SELECT ?, id, site, ?, level, ?, ? FROM alarms WHERE id = ?",
                (now_ms, Deed.ACKNOWLEDGED.value, who, note, id_),
            )
            return True

    def all_states(self) -> dict[str, SiteState]:
        """Everything that is known, for the watcher's start."""
        with self._opened() as db:
            return {row[0]: _state(*row) for row in db.execute(_STATES)}

    def heard_of(self) -> frozenset[str]:
        """The sites of which anything is known."""
        with self._opened() as db:
            return frozenset(site for (site,) in db.execute("SELECT site FROM sites"))

    def misread(self) -> dict[str, Misread]:
        """The sites whose last report was not understood."""
        with self._opened() as db:
            rows = db.execute("SELECT site, since_ms, last_ms, reason FROM misread")
            return {site: Misread(*told) for site, *told in rows}

    def living(self) -> dict[Cause, Alarm]:
        """The alarms that :func:`cloud.fleet.rules.step` goes on with, whether they are open or not."""
        with self._opened() as db:
            alarms = (_kept(*row).alarm for row in db.execute(f"{_ALARMS} WHERE living"))
            return {alarm.cause: alarm for alarm in alarms}

    def record(self, look: Look) -> dict[Cause, Alarm]:
        """Write all of one look or nothing of it; the alarms that its steps leave, with their ids."""
        with self._writing() as db:
            db.execute("INSERT OR REPLACE INTO looks VALUES (1, ?)", (look.at_ms,))
            db.executemany(
                "INSERT OR REPLACE INTO sites VALUES (?, ?, ?, ?, ?, ?)", [_written(state) for state in look.states]
            )
            db.executemany(
                "INSERT INTO changes (at_ms, site, device, what, subject, state, reason, detail)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [msgspec.structs.astuple(change) for change in look.changes],
            )
            for site, told in look.misread.items():
                if told is None:
                    db.execute("DELETE FROM misread WHERE site = ?", (site,))
                else:
                    row = (site, *msgspec.structs.astuple(told))
                    db.execute("INSERT OR REPLACE INTO misread VALUES (?, ?, ?, ?)", row)
            kept = (write_step(db, look.at_ms, step.before, step.after, step.deed) for step in look.steps)
            return {alarm.cause: alarm for alarm in kept if alarm}

    def forget(self, now_ms: int) -> None:
        """Remove what is older than is kept, and of a site with very much of it the oldest."""
        with self._writing() as db:
            db.execute("DELETE FROM changes WHERE at_ms < ?", (now_ms - KEEP_CHANGES_MS,))
            db.execute("DELETE FROM alarms WHERE NOT living AND closed_ms < ?", (now_ms - KEEP_ALARMS_MS,))
            for site, n in db.execute("SELECT site, COUNT(*) FROM changes GROUP BY site").fetchall():
                if n > MOST_CHANGES_OF_SITE:
                    db.execute(
                        "DELETE FROM changes WHERE site = ?1 AND id <="
                        " (SELECT id FROM changes WHERE site = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
                        (site, MOST_CHANGES_OF_SITE),
                    )
            for site, n in db.execute("SELECT site, COUNT(*) FROM alarms WHERE NOT living GROUP BY site").fetchall():
                if n > MOST_ALARMS_OF_SITE:
                    db.execute(
                        "DELETE FROM alarms WHERE NOT living AND site = ?1 AND id <="
                        " (SELECT id FROM alarms WHERE NOT living AND site = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
                        (site, MOST_ALARMS_OF_SITE),
                    )


_AMONG = "site IN (SELECT value FROM json_each(?))"
_STATES = "SELECT site, heard_ms, linked, link_ms, clock_off_ms, report FROM sites"
_EVENTS = "SELECT seq, at_ms, alarm, site, deed, level, who, note FROM events"
_ALARMS = f"SELECT {COLUMNS}, acknowledged_ms, acknowledged_by, note FROM alarms"  # noqa: S608 - ours


def _written(state: SiteState) -> tuple[object, ...]:
    report = None if state.report is None else _encode(state.report)
    return state.site, state.heard_ms, state.linked, state.link_ms, state.clock_off_ms, report


def _state(
    site: str, heard_ms: int, linked: int | None, link_ms: int, clock_off_ms: int, report: bytes | None
) -> SiteState:
    told = None
    with contextlib.suppress(msgspec.DecodeError):  # of a version before: the next report is a minute away
        told = None if report is None else _report.decode(report)
    return SiteState(site, heard_ms, None if linked is None else bool(linked), link_ms, clock_off_ms, told)


def _kept(*row: Any) -> Kept:
    *alarm, acknowledged_ms, acknowledged_by, note = row
    return Kept(alarm_of(*alarm), acknowledged_ms, acknowledged_by, note)


def _event(seq: int, at_ms: int, alarm: int, site: str, deed: str, level: int, who: str, note: str) -> Event:
    return Event(seq, at_ms, alarm, site, Deed(deed), Level(level), who, note)
