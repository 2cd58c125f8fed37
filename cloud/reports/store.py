"""``reports.db``: who gets which report, and how far each sending is.

A sending is due, then going out, then sent. It is marked as going out before the mail server hears of it: what a
power cut leaves in that state may have been taken on or not, so it is not sent again by itself but shown as unsure.
What is unsure or failed waits for a person.
"""

from datetime import date
from enum import Enum
from pathlib import Path

import msgspec
from msgspec import Struct

from cloud.delivery import State, put_off_ms, retry_ms
from cloud.own_file import OwnFile
from cloud.periods import Period, parse
from cloud.reports.schedule import RETRIES_MS, Cadence, due
from edge.daemon.i18n import local_time

MOST = 200  # subscriptions of a province
TIME_ZONE = "Asia/Ho_Chi_Minh"
SCHEMA = """
CREATE TABLE IF NOT EXISTS subscriptions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never given twice: a sending must not pass to another subscription
  province TEXT NOT NULL, site TEXT NOT NULL, cadence TEXT NOT NULL, day INTEGER NOT NULL, format TEXT NOT NULL,
  language TEXT NOT NULL, address TEXT NOT NULL, made_by TEXT NOT NULL, made_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS sendings (
  subscription INTEGER NOT NULL REFERENCES subscriptions (id) ON DELETE CASCADE,
  period TEXT NOT NULL, state TEXT NOT NULL, tries INTEGER NOT NULL, next_ms INTEGER NOT NULL,
  changed_ms INTEGER NOT NULL, fault TEXT NOT NULL,
  PRIMARY KEY (subscription, period)
) STRICT, WITHOUT ROWID;
"""


class Format(Enum):
    """Which files go along."""

    BOTH = "both"
    PDF = "pdf"
    XLSX = "xlsx"


class TooMany(Exception):
    """A province has as many subscriptions as it may have."""


class Subscription(Struct, frozen=True):
    """Somebody's wish: a report about ``site`` of ``province`` ("": all of it), sent on ``day`` of the month."""

    id: int
    province: str
    site: str
    cadence: Cadence
    day: int
    format: Format
    language: str
    address: str
    made_by: str
    made_ms: int

    def __repr__(self) -> str:
        return f"Subscription({self.id})"


class Sending(Struct, frozen=True):
    """One report of one subscription; ``fault`` is a word for what went wrong last."""

    subscription: int
    period: Period
    state: State
    tries: int
    changed_ms: int
    fault: str


class Subscriptions(OwnFile):
    """The file in the folder ``data``; each call opens it, so that any number of threads may share this."""

    def __init__(self, data: Path) -> None:
        super().__init__(data / "reports.db", SCHEMA)

    def add(self, new: Subscription) -> int:
        """Add it; its id, whatever ``new`` has there. Raises TooMany."""
        with self._writing() as db:
            (n,) = db.execute("SELECT COUNT(*) FROM subscriptions WHERE province = ?", (new.province,)).fetchone()
            if n >= MOST:
                raise TooMany
            cursor = db.execute(
                "INSERT INTO subscriptions (province, site, cadence, day, format, language, address, made_by, made_ms)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    new.province,
                    new.site,
                    new.cadence.value,
                    new.day,
                    new.format.value,
                    new.language,
                    new.address,
                    new.made_by,
                    new.made_ms,
                ),
            )
            assert cursor.lastrowid is not None  # noqa: S101 - an INSERT has one
            return cursor.lastrowid

    def of_province(self, province: str) -> tuple[Subscription, ...]:
        """Those of one province, the oldest first."""
        with self._opened() as db:
            rows = db.execute(f"{_SUBSCRIPTIONS} WHERE province = ? ORDER BY id", (province,))
            return tuple(_subscription(*row) for row in rows)

    def remove(self, id_: int, province: str) -> bool:
        """Remove it, with its address and what was sent; whether the province had it."""
        with self._writing() as db:
            gone = db.execute("DELETE FROM subscriptions WHERE id = ? AND province = ?", (id_, province))
            return gone.rowcount > 0

    def sendings(self, subscription: int, most: int) -> tuple[Sending, ...]:
        """The newest ``most`` of a subscription."""
        with self._opened() as db:
            rows = db.execute(
                "SELECT subscription, period, state, tries, changed_ms, fault FROM sendings WHERE subscription = ?"
                " ORDER BY changed_ms DESC, period DESC LIMIT ?",
                (subscription, most),
            )
            return tuple(_sending(*row) for row in rows)

    def again(self, subscription: int, period: Period, now_ms: int) -> bool:
        """Have one go out that waits for a person; whether there was such a one."""
        with self._writing() as db:
            changed = db.execute(
                "UPDATE sendings SET state = 'due', tries = 0, next_ms = ?, changed_ms = ?, fault = ''"
                " WHERE subscription = ? AND period = ? AND state IN ('unsure', 'failed')",
                (now_ms, now_ms, subscription, str(period)),
            )
            return changed.rowcount > 0

    def plan(self, today: date, now_ms: int) -> None:
        """Note every report that has fallen due, once for each subscription and period."""
        with self._writing() as db:
            for row in db.execute(_SUBSCRIPTIONS).fetchall():
                one = _subscription(*row)
                since = local_time(one.made_ms, TIME_ZONE).date()
                db.executemany(
                    "INSERT INTO sendings VALUES (?, ?, 'due', 0, ?, ?, '') ON CONFLICT DO NOTHING",
                    [(one.id, str(period), now_ms, now_ms) for period in due(one.cadence, one.day, since, today)],
                )

    def next_due(self, now_ms: int) -> tuple[Subscription, Sending] | None:
        """The next one to make and send, without changing it; None where none is due."""
        with self._opened() as db:
            row = db.execute(
                "SELECT subscription, period, state, tries, changed_ms, fault FROM sendings"
                " WHERE state = 'due' AND next_ms <= ? ORDER BY next_ms, subscription, period LIMIT 1",
                (now_ms,),
            ).fetchone()
            if row is None:
                return None
            sending = _sending(*row)
            found = db.execute(f"{_SUBSCRIPTIONS} WHERE id = ?", (sending.subscription,)).fetchone()
            return _subscription(*found), sending

    def begin(self, sending: Sending, now_ms: int) -> Sending:
        """Count this try, and put the next one off: a report that ends the program must not hold up the others."""
        tries = sending.tries + 1
        with self._writing() as db:
            db.execute(
                "UPDATE sendings SET tries = ?, next_ms = ? WHERE subscription = ? AND period = ?",
                (tries, now_ms + put_off_ms(RETRIES_MS, tries), sending.subscription, str(sending.period)),
            )
        return msgspec.structs.replace(sending, tries=tries)

    def going_out(self, sending: Sending, now_ms: int) -> bool:
        """Mark it as going out, on the disk; False where it is not due any more: then it must not be sent."""
        return self._change(sending, State.DUE, State.GOING_OUT, now_ms)

    def sent(self, sending: Sending, now_ms: int) -> None:
        """Mark it as sent."""
        self._change(sending, State.GOING_OUT, State.SENT, now_ms)

    def not_sent(self, sending: Sending, fault: str, now_ms: int) -> State:
        """Mark it as not taken on by the server: due again later, or failed where it was tried often enough."""
        state = State.FAILED if retry_ms(RETRIES_MS, sending.tries) is None else State.DUE
        with self._writing() as db:
            db.execute(
                "UPDATE sendings SET state = ?, changed_ms = ?, fault = ?"
                " WHERE subscription = ? AND period = ? AND state IN ('due', 'going-out')",
                (state.value, now_ms, fault, sending.subscription, str(sending.period)),
            )
        return state

    def unsure(self, sending: Sending, now_ms: int) -> None:
        """Mark it as perhaps taken on by the server."""
        self._change(sending, State.GOING_OUT, State.UNSURE, now_ms)

    def recover(self, now_ms: int) -> int:
        """What was going out when the program ended is unsure; how many those are.

        What was still being made is due at once, behind the others and only after its first try: a report that itself
        ends the program waits like any other that failed.
        """
        with self._writing() as db:
            changed = db.execute(
                "UPDATE sendings SET state = 'unsure', changed_ms = ? WHERE state = 'going-out'", (now_ms,)
            )
            db.execute(
                "UPDATE sendings SET next_ms = ? WHERE state = 'due' AND tries = 1 AND fault = '' AND next_ms > ?",
                (now_ms, now_ms),
            )
            return changed.rowcount

    def _change(self, sending: Sending, before: State, after: State, now_ms: int) -> bool:
        with self._writing() as db:
            changed = db.execute(
                "UPDATE sendings SET state = ?, changed_ms = ?, fault = ''"
                " WHERE subscription = ? AND period = ? AND state = ?",
                (after.value, now_ms, sending.subscription, str(sending.period), before.value),
            )
            return changed.rowcount > 0


_SUBSCRIPTIONS = (
    "SELECT id, province, site, cadence, day, format, language, address, made_by, made_ms FROM subscriptions"
)


def _subscription(
    id_: int,
    province: str,
    site: str,
    cadence: str,
    day: int,
    format_: str,
    language: str,
    address: str,
    made_by: str,
    made_ms: int,
) -> Subscription:
    return Subscription(
        id_, province, site, Cadence(cadence), day, Format(format_), language, address, made_by, made_ms
    )


def _sending(subscription: int, period: str, state: str, tries: int, changed_ms: int, fault: str) -> Sending:
    return Sending(subscription, parse(period), State(state), tries, changed_ms, fault)
