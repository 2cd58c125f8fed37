"""``notices.db``: how far each recipient has heard of the alarms, and the one message that is on its way to it.

Of a recipient at most one message is under way: what happens meanwhile waits as news, of which there is one piece an
alarm. So a server that is away for a week fills nothing. What a message tells counts as told in the same transaction
that notes its arrival.
"""

import secrets
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from cloud.delivery import STUCK, State, put_off_ms, retry_ms
from cloud.fleet.news import NOT_OPEN, Standing, Told, arrived, perhaps_arrived
from cloud.fleet.records import Event
from cloud.own_file import OwnFile

SECOND_MS, MINUTE_MS, HOUR_MS, DAY_MS = 1000, 60_000, 3_600_000, 86_400_000
# Together about a day.
RETRIES_MS = (
    *(10 * SECOND_MS, 30 * SECOND_MS, 2 * MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS, 30 * MINUTE_MS),
    *(HOUR_MS, 2 * HOUR_MS, 4 * HOUR_MS, 8 * HOUR_MS, 8 * HOUR_MS),
)
KEEP_MS = 30 * DAY_MS
SCHEMA = """
CREATE TABLE IF NOT EXISTS recipients (
  key TEXT PRIMARY KEY, seq INTEGER NOT NULL, since_ms INTEGER NOT NULL, said_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS standings (
  key TEXT NOT NULL REFERENCES recipients (key) ON DELETE CASCADE, alarm INTEGER NOT NULL, level INTEGER NOT NULL,
  again INTEGER NOT NULL, acknowledged INTEGER NOT NULL, changed_ms INTEGER NOT NULL, told INTEGER NOT NULL,
  told_acknowledged INTEGER NOT NULL, told_ms INTEGER NOT NULL, unsure INTEGER NOT NULL,
  PRIMARY KEY (key, alarm)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS deliveries (
  id TEXT PRIMARY KEY, key TEXT NOT NULL REFERENCES recipients (key) ON DELETE CASCADE, state TEXT NOT NULL,
  tries INTEGER NOT NULL, next_ms INTEGER NOT NULL, made_ms INTEGER NOT NULL, changed_ms INTEGER NOT NULL,
  fault TEXT NOT NULL, subject TEXT NOT NULL, body TEXT NOT NULL,
  told TEXT NOT NULL                   -- JSON: cloud.fleet.news.Told
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS deliveries_waiting ON deliveries (key) WHERE state IN ('due', 'going-out');
"""

_told = msgspec.json.Decoder(tuple[Told, ...])


class Position(Struct, frozen=True):
    """How far a recipient has heard: up to the event ``seq``. ``since_ms`` is when it became one, ``said_ms`` when a
    message was made for it or arrived last (0: never, or the next one is wanted at once)."""

    seq: int
    since_ms: int
    said_ms: int


class Content(Struct, frozen=True):
    """What a message says; ``subject`` is an e-mail's."""

    subject: str
    body: str
    told: tuple[Told, ...]

    def __repr__(self) -> str:
        return f"Content({len(self.told)} alarms)"


class Delivery(Struct, frozen=True):
    """One message; ``id`` stays the same however often it is tried, ``fault`` is a word for what went wrong last."""

    id: str
    key: str
    state: State
    tries: int
    next_ms: int
    made_ms: int
    fault: str
    content: Content


class Outbox(OwnFile):
    """The file in the folder ``data``; each call opens it, so that any number of threads may share this."""

    def __init__(self, data: Path) -> None:
        super().__init__(data / "notices.db", SCHEMA)

    def start(self, keys: Sequence[str], now_ms: int) -> int:
        """Take on these recipients and forget all others; what was going out is unsure: how many those are."""
        with self._writing() as db:
            for (key,) in db.execute("SELECT key FROM recipients").fetchall():
                if key not in keys:
                    db.execute("DELETE FROM recipients WHERE key = ?", (key,))
            db.executemany(
                "INSERT INTO recipients VALUES (?, 0, ?, 0) ON CONFLICT DO NOTHING", [(key, now_ms) for key in keys]
            )
            left = [_delivery(*row) for row in db.execute(f"{_DELIVERIES} WHERE state = 'going-out'").fetchall()]
            for delivery in left:
                _ended(db, delivery, State.UNSURE, now_ms, perhaps_arrived)
            return len(left)

    def position(self, key: str) -> Position:
        """How far this recipient has heard. Raises KeyError where there is none of this key."""
        with self._opened() as db:
            row = db.execute("SELECT seq, since_ms, said_ms FROM recipients WHERE key = ?", (key,)).fetchone()
            if row is None:
                raise KeyError("recipient")
            return Position(*row)

    def start_over(self, key: str, now_ms: int) -> None:
        """Forget what a recipient was told: it hears everything that is open as new."""
        with self._writing() as db:
            said = db.execute("SELECT said_ms FROM recipients WHERE key = ?", (key,)).fetchone()
            db.execute("DELETE FROM recipients WHERE key = ?", (key,))
            db.execute("INSERT INTO recipients VALUES (?, 0, ?, ?)", (key, now_ms, *said))

    def tell_again(self, key: str, now_ms: int) -> bool:
        """Have everything that is open told once more, and at once; False where the last message that ended arrived.

        Whoever sends may be at work meanwhile: what is noted of a message under way stays right.
        """
        with self._writing() as db:
            last = db.execute(
                "SELECT state FROM deliveries WHERE key = ? AND state NOT IN ('due', 'going-out')"
                " ORDER BY made_ms DESC, id LIMIT 1",
                (key,),
            ).fetchone()
            if last is None or State(last[0]) not in STUCK:
                return False
            db.execute(
                "UPDATE standings SET told = ?1, told_acknowledged = 0 WHERE key = ?2 AND level > ?1", (NOT_OPEN, key)
            )
            db.execute("UPDATE recipients SET said_ms = 0 WHERE key = ?", (key,))
            db.execute("UPDATE deliveries SET next_ms = ? WHERE key = ? AND state = 'due'", (now_ms, key))
            return True

    def hear(
        self,
        key: str,
        events: Sequence[Event],
        fold: Callable[[Standing | None, Event], Standing | None],
        passed_ms: int,
    ) -> None:
        """Note what these events make of a recipient's alarms, and that it has heard them: both or nothing.

        What came and went before ``passed_ms`` untold is forgotten, but while a message is under way that may tell it.
        """
        with self._writing() as db:
            for event in events:
                row = db.execute(f"{_STANDINGS} WHERE key = ? AND alarm = ?", (key, event.alarm)).fetchone()
                _put(db, key, event.alarm, fold(_standing(*row) if row else None, event))
            if events:
                db.execute("UPDATE recipients SET seq = ? WHERE key = ?", (events[-1].seq, key))
            db.execute(
                "DELETE FROM standings WHERE key = ?1 AND level = ?2 AND told = ?2 AND NOT unsure AND changed_ms < ?3"
                " AND NOT EXISTS (SELECT 1 FROM deliveries WHERE key = ?1 AND state IN ('due', 'going-out'))",
                (key, NOT_OPEN, passed_ms),
            )

    def standings(self, key: str) -> tuple[Standing, ...]:
        """Every alarm that a recipient knows of as open, or is to be told of."""
        with self._opened() as db:
            return tuple(_standing(*row) for row in db.execute(f"{_STANDINGS} WHERE key = ? ORDER BY alarm", (key,)))

    def waiting(self, key: str) -> Delivery | None:
        """The message that is under way to a recipient."""
        with self._opened() as db:
            row = db.execute(f"{_DELIVERIES} WHERE key = ? AND state IN ('due', 'going-out')", (key,)).fetchone()
            return _delivery(*row) if row else None

    def add(self, key: str, id_: str, content: Content, now_ms: int) -> None:
        """A new message for a recipient, to be sent at once. Raises sqlite3.IntegrityError where one is under way."""
        with self._writing() as db:
            db.execute(
                "INSERT INTO deliveries VALUES (?, ?, 'due', 0, ?, ?, ?, '', ?, ?, ?)",
                (id_, key, now_ms, now_ms, now_ms, content.subject, content.body, _written(content.told)),
            )
            db.execute("UPDATE recipients SET said_ms = ? WHERE key = ?", (now_ms, key))
            db.execute(
                "DELETE FROM deliveries WHERE key = ? AND state NOT IN ('due', 'going-out') AND made_ms < ?",
                (key, now_ms - KEEP_MS),
            )

    def rewrite(self, delivery: Delivery, content: Content | None) -> None:
        """Have a message that is due say something else; None: it is not sent at all."""
        with self._writing() as db:
            if content is None:
                db.execute("DELETE FROM deliveries WHERE id = ? AND state = 'due'", (delivery.id,))
                return
            db.execute(
                "UPDATE deliveries SET subject = ?, body = ?, told = ? WHERE id = ? AND state = 'due'",
                (content.subject, content.body, _written(content.told), delivery.id),
            )

    def begin(self, delivery: Delivery, now_ms: int) -> Delivery:
        """Count this try and put the next one off, so that a message that ends the program does not hold it up."""
        tries = delivery.tries + 1
        with self._writing() as db:
            db.execute(
                "UPDATE deliveries SET tries = ?, next_ms = ? WHERE id = ?",
                (tries, now_ms + put_off_ms(RETRIES_MS, tries), delivery.id),
            )
        return msgspec.structs.replace(delivery, tries=tries)

    def going_out(self, delivery: Delivery, now_ms: int) -> bool:
        """Mark an e-mail as going out, on the disk; False where it is not due any more: then it must not be sent."""
        with self._writing() as db:
            changed = db.execute(
                "UPDATE deliveries SET state = 'going-out', changed_ms = ? WHERE id = ? AND state = 'due'",
                (now_ms, delivery.id),
            )
            return changed.rowcount > 0

    def sent(self, delivery: Delivery, now_ms: int) -> None:
        """It has arrived: what it says is told."""
        with self._writing() as db:
            _ended(db, delivery, State.SENT, now_ms, arrived)

    def unsure(self, delivery: Delivery, now_ms: int) -> None:
        """It has perhaps arrived: what it says is told again, in another message."""
        with self._writing() as db:
            _ended(db, delivery, State.UNSURE, now_ms, perhaps_arrived)

    def not_sent(self, delivery: Delivery, fault: str, now_ms: int) -> State:
        """It has not arrived: due again later, or failed where it was tried often enough. Then it was never told."""
        state = State.DUE if retry_ms(RETRIES_MS, delivery.tries) else State.FAILED
        with self._writing() as db:
            if state is State.FAILED:
                _ended(db, delivery, State.FAILED, now_ms, None, fault)
            else:
                db.execute(
                    "UPDATE deliveries SET state = 'due', changed_ms = ?, fault = ? WHERE id = ?",
                    (now_ms, fault, delivery.id),
                )
        return state

    def history(self, key: str, most: int) -> tuple[Delivery, ...]:
        """The newest ``most`` messages of a recipient; of those that ended the text is gone."""
        with self._opened() as db:
            rows = db.execute(f"{_DELIVERIES} WHERE key = ? ORDER BY made_ms DESC, id LIMIT ?", (key, most))
            return tuple(_delivery(*row) for row in rows)


def new_id() -> str:
    """What a message is told apart by, however often it comes."""
    return secrets.token_hex(16)


_STANDINGS = (
    "SELECT alarm, level, again, acknowledged, changed_ms, told, told_acknowledged, told_ms, unsure FROM standings"
)
_DELIVERIES = "SELECT id, key, state, tries, next_ms, made_ms, fault, subject, body, told FROM deliveries"


def _ended(
    db: sqlite3.Connection,
    delivery: Delivery,
    state: State,
    now_ms: int,
    after: Callable[[Standing, Told, int], Standing | None] | None,
    fault: str = "",
) -> None:
    changed = db.execute(
        "UPDATE deliveries SET state = ?, changed_ms = ?, fault = ?, subject = '', body = '', told = '[]'"
        " WHERE id = ? AND state IN ('due', 'going-out')",
        (state.value, now_ms, fault, delivery.id),
    )
    if not changed.rowcount:
        return
    db.execute("UPDATE recipients SET said_ms = ? WHERE key = ?", (now_ms, delivery.key))
    for told in delivery.content.told if after else ():
        row = db.execute(f"{_STANDINGS} WHERE key = ? AND alarm = ?", (delivery.key, told.alarm)).fetchone()
        if row and after:
            _put(db, delivery.key, told.alarm, after(_standing(*row), told, now_ms))


def _put(db: sqlite3.Connection, key: str, alarm: int, standing: Standing | None) -> None:
    if standing is None:
        db.execute("DELETE FROM standings WHERE key = ? AND alarm = ?", (key, alarm))
        return
    db.execute(
        "INSERT OR REPLACE INTO standings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (key, *(int(value) for value in msgspec.structs.astuple(standing))),
    )


def _standing(
    alarm: int,
    level: int,
    again: int,
    acknowledged: int,
    changed_ms: int,
    told: int,
    told_acknowledged: int,
    told_ms: int,
    unsure: int,
) -> Standing:
    return Standing(
        alarm,
        level,
        bool(again),
        bool(acknowledged),
        changed_ms,
        told,
        bool(told_acknowledged),
        told_ms,
        unsure,
    )


def _delivery(
    id_: str,
    key: str,
    state: str,
    tries: int,
    next_ms: int,
    made_ms: int,
    fault: str,
    subject: str,
    body: str,
    told: str,
) -> Delivery:
    content = Content(subject, body, _told.decode(told))
    return Delivery(id_, key, State(state), tries, next_ms, made_ms, fault, content)


def _written(told: Sequence[Told]) -> str:
    return msgspec.json.encode(list(told)).decode()
