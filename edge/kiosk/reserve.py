"""The kiosk's own numbers on the kiosk's own disk: what it may give while the hub cannot be reached, and what it gave.

A number is on the disk (synchronous=FULL) before its slip is printed. Nothing here says whose it is.
"""

import logging
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from edge.contracts.commands import IssueTicket, RegisterTicket
from edge.contracts.events import Lease
from edge.contracts.priority import priority_from
from edge.contracts.snapshot import Snapshot
from edge.contracts.ticket import PrintFault, Priority, Ticket
from edge.daemon.config import ConfigError
from edge.daemon.i18n import local_time

log = logging.getLogger(__name__)

PRINTED = "printed"  # else a PrintFault's value, or empty: the slip is being printed
REGISTERED = "registered"  # else a Refusal's value, or empty: the hub has not answered
MOST_FORWARD_MS = 120 * 86_400_000  # as the hub: nobody leaves a site alone for longer
REFUSED_KEPT = timedelta(days=7)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS known
  (one INTEGER PRIMARY KEY CHECK (one = 1), site BLOB NOT NULL, day TEXT NOT NULL, at_ms INTEGER NOT NULL,
   steady_ms INTEGER NOT NULL, boot TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS blocks
  (service TEXT PRIMARY KEY, prefix TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
   from_day TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS given
  (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, day TEXT NOT NULL, certain INTEGER NOT NULL,
   prefix TEXT NOT NULL, number INTEGER NOT NULL, ticket BLOB NOT NULL, given_at_ms INTEGER NOT NULL,
   steady_ms INTEGER NOT NULL, boot TEXT NOT NULL, instead_of TEXT NOT NULL, paper TEXT NOT NULL DEFAULT '',
   registration BLOB, outcome TEXT NOT NULL DEFAULT '', UNIQUE (day, prefix, number));
"""
_GIVEN = "id, day, certain, ticket, given_at_ms, instead_of, paper, registration"

_encode = msgspec.json.Encoder().encode
_site: msgspec.json.Decoder[Snapshot] = msgspec.json.Decoder(Snapshot)
_ticket: msgspec.json.Decoder[Ticket] = msgspec.json.Decoder(Ticket)
_registration: msgspec.json.Decoder[RegisterTicket] = msgspec.json.Decoder(RegisterTicket)


class ReserveError(Exception):
    """The disk did not take it: no number was given."""


class ReserveUsedUp(Exception):
    """No number of this service is left for today."""


class Clocks(NamedTuple):
    """This machine's clocks: the time of day, which may be wrong, and one that only runs forward and begins anew with
    every ``boot``; both in milliseconds."""

    wall_ms: Callable[[], int]
    steady_ms: Callable[[], int]
    boot: str


class Moment(NamedTuple):
    """Now: milliseconds since 1970 UTC, the business day (``YYYY-MM-DD``), and whether the hub's clock says so."""

    at_ms: int
    day: str
    certain: bool


class Given(NamedTuple):
    """One number that was given; ``day`` is only believed where it is ``certain``."""

    id: str
    day: str
    certain: bool
    ticket: Ticket
    given_at_ms: int
    instead_of: str
    paper: str
    registration: bytes | None


def open_reserve(path: Path, device: str, clocks: Clocks) -> "Reserve":
    """The reserve in this file, new where there is none. A file that is damaged is set aside as ``….broken``.

    Raises ConfigError where no file can be kept there.
    """
    try:
        return Reserve(path, device, clocks)
    except sqlite3.OperationalError as error:
        raise ConfigError(
            f"data: {path} cannot be kept ({error}); a folder that the kiosk may write is expected"
        ) from error
    except OSError as error:
        raise ConfigError(f"data: {path.parent} cannot be used ({error.strerror}); a folder is expected") from error
    except sqlite3.DatabaseError as error:
        log.error("the kiosk's own numbers cannot be read, %s is set aside: %s", path.name, error)
        for file in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
            if file.exists():
                file.replace(file.with_name(file.name + ".broken"))
        return Reserve(path, device, clocks)


class Reserve:
    """One SQLite file; ``device`` is the kiosk's name at the hub. Every method belongs to one thread.

    Numbers begin anew only on a day that the hub's own clock has begun: heard from the hub, and since then counted on
    a clock that cannot be set. After a reboot without a hub the day is a guess, and what was used stays used.
    Each method that writes raises ReserveError where the disk refuses.
    """

    def __init__(self, path: Path, device: str, clocks: Clocks) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        path.chmod(0o600)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.executescript(_SCHEMA)
        (sound,) = self._db.execute("PRAGMA quick_check(1)").fetchone()
        if sound != "ok":
            raise sqlite3.DatabaseError(sound)
        self._device = device
        self._clocks = clocks

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def site(self) -> Snapshot | None:
        """The site as the hub last told of it, without tickets; None where this kiosk never met a hub of this
        version."""
        row = self._db.execute("SELECT site FROM known").fetchone()
        try:
            return _site.decode(row[0]) if row else None
        except msgspec.ValidationError:
            return None

    def now(self) -> Moment:
        """The moment as well as it is known. Raises LookupError where no hub was ever met."""
        site = self.site()
        if site is None:
            raise LookupError("this kiosk has met no hub")
        day, at_ms, steady_ms, boot = self._db.execute("SELECT day, at_ms, steady_ms, boot FROM known").fetchone()
        certain = boot == self._clocks.boot
        if certain:
            at_ms += self._clocks.steady_ms() - steady_ms
        else:
            wall_ms = self._clocks.wall_ms()
            at_ms = wall_ms if at_ms <= wall_ms <= at_ms + MOST_FORWARD_MS else at_ms
        return Moment(at_ms, max(day, _date(at_ms, site)), certain)

    def remember(self, site: Snapshot, at_ms: int, asked: frozenset[str]) -> None:
        """Keep what is needed without a hub: services, numbers and the time, which the hub says is ``at_ms``.

        ``asked`` are the services whose numbers this kiosk has just asked for. A block that it finds has been used by
        nobody knows whom: perhaps by itself, before its disk was changed. It is used from the next day on.
        """
        kept = replace(site, tickets={}, waiting={}, at_counter={}, calls=(), standings={})
        steady_ms, boot = self._clocks.steady_ms(), self._clocks.boot
        with self._writing():
            before = self._db.execute("SELECT day, at_ms, steady_ms, boot FROM known").fetchone()
            day = before[0] if before else ""
            if site.day and _date(at_ms, site) == site.day:
                day = max(day, site.day)
                clock = (at_ms, steady_ms, boot)
            else:  # the hub does not believe its own clock
                clock = before[1:] if before else (at_ms, steady_ms, "")
            self._db.execute("INSERT OR REPLACE INTO known VALUES (1, ?, ?, ?, ?, ?)", (_encode(kept), day, *clock))
            self._keep_blocks(site, asked)
            self._correct_days(site, clock)
            self._forget_before(day)

    def lacking(self, site: Snapshot) -> list[str]:
        """The services for which the hub has set no numbers aside that fit the catalogue."""
        leased = {lease.service for lease in self._leases(site)}
        return [service.id for service in site.catalogue.services if service.active and service.id not in leased]

    def spare(self) -> frozenset[str]:
        """The services that a number can be given for now."""
        site = self.site()
        if site is None:
            return frozenset()
        day = self._certain_day(self.now())
        active = [service.id for service in site.catalogue.services if service.active]
        return frozenset(service for service in active if self._next(service, day) is not None)

    def give(self, command: IssueTicket, ticket_id: str, *, sent: bool) -> Ticket:
        """The next number of the service, on the disk. ``sent``: the hub was asked by ``command`` and did not answer.

        Raises ReserveUsedUp where none is left.
        """
        with self._writing():
            now = self.now()
            following = self._next(command.service, self._certain_day(now))
            if following is None:
                raise ReserveUsedUp(command.service)
            prefix, number = following
            proven = priority_from(command.birth_date, now.day) if command.birth_date else Priority.NONE
            ticket = Ticket(
                id=ticket_id,
                label=f"{prefix}{number:03d}",
                number=number,
                service=command.service,
                document=command.document,
                issuer=self._device,
                issued_at_ms=now.at_ms,
                claim=command.claim if proven is Priority.NONE else proven,
            )
            self._db.execute(
                "INSERT INTO given (id, day, certain, prefix, number, ticket, given_at_ms, steady_ms, boot, instead_of)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(ticket.id, now.day, now.certain, prefix, number, _encode(ticket), now.at_ms),
                    *(self._clocks.steady_ms(), self._clocks.boot, command.id if sent else ""),
                ),
            )
        return ticket

    def note_paper(self, ticket_id: str, paper: str) -> bool:
        """Keep what became of a slip: ``printed`` or a fault. Whether the hub is to be told of it now: it is where the
        ticket is the hub's, or has become so."""
        row = self._db.execute("SELECT outcome FROM given WHERE id = ?", (ticket_id,)).fetchone()
        if row is None:
            return True
        with self._writing():
            self._db.execute(
                "UPDATE given SET paper = ? WHERE id = ? AND paper <> ?", (paper, ticket_id, PRINTED)
            )  # a second slip that fails does not undo the first
        return bool(row[0] == REGISTERED)

    def interrupted(self, within_ms: int) -> Ticket | None:
        """Note every slip that was being printed when the kiosk stopped as failed: it is never printed again by itself.

        The newest of them, where it was given so short a time ago that the person may still stand there.
        """
        with self._writing():
            rows = self._db.execute(
                "UPDATE given SET paper = ? WHERE paper = '' RETURNING seq, ticket, steady_ms, boot",
                (PrintFault.INTERRUPTED.value,),
            ).fetchall()
        for _, ticket, steady_ms, boot in sorted(rows, reverse=True)[:1]:
            recent = boot == self._clocks.boot and self._clocks.steady_ms() - steady_ms < within_ms
            return _ticket.decode(ticket) if recent else None
        return None

    def unregistered(self) -> list[Given]:
        """What the hub has not answered yet, in the order in which it was given."""
        rows = self._db.execute(f"SELECT {_GIVEN} FROM given WHERE outcome = '' ORDER BY seq").fetchall()  # noqa: S608
        return [
            Given(id_, day, bool(certain), _ticket.decode(ticket), at_ms, instead_of, paper, registration)
            for id_, day, certain, ticket, at_ms, instead_of, paper, registration in rows
        ]

    def registration(self, given: Given, day: str) -> RegisterTicket:
        """The command that takes a number into the queue; ``day`` is the hub's.

        It is kept as it is first sent, so that sending it again is the same command. A number whose day was never
        certain counts as today's: the person may sit in the hall.
        """
        if given.registration is not None:
            return _registration.decode(given.registration)
        command = RegisterTicket(
            id=given.id,
            service=given.ticket.service,
            number=given.ticket.number,
            day=given.day if given.certain else day,
            given_at_ms=given.given_at_ms,
            instead_of=given.instead_of,
            printed=given.paper == PRINTED,
            document=given.ticket.document,
            claim=given.ticket.claim,
        )
        with self._writing():
            self._db.execute("UPDATE given SET registration = ? WHERE id = ?", (_encode(command), given.id))
            self._db.execute("UPDATE OR IGNORE given SET day = ?, certain = 1 WHERE id = ?", (command.day, given.id))
        return command

    def settle(self, ticket_id: str, outcome: str) -> str:
        """Keep the hub's answer, ``registered`` or the reason of its refusal; what is known of the slip by now."""
        with self._writing():
            (paper,) = self._db.execute(
                "UPDATE given SET outcome = ? WHERE id = ? RETURNING paper", (outcome, ticket_id)
            ).fetchone()
        return str(paper)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise ReserveError(str(error)) from error

    def _leases(self, site: Snapshot) -> list[Lease]:
        """This kiosk's leases that fit the catalogue as it is now."""
        services = {service.id: service for service in site.catalogue.services}
        return [
            lease
            for lease in site.leases
            if lease.device == self._device
            and (service := services.get(lease.service)) is not None
            and lease.prefix == service.prefix
            and service.first_number <= lease.first <= lease.last <= service.last_number
        ]

    def _keep_blocks(self, site: Snapshot, asked: frozenset[str]) -> None:
        query = "SELECT service, prefix, first, last, from_day FROM blocks"
        held = {row[:4]: row[4] for row in self._db.execute(query)}
        tomorrow = (date.fromisoformat(site.day) + timedelta(days=1)).isoformat() if site.day else ""
        self._db.execute("DELETE FROM blocks")
        for lease in self._leases(site):
            block = (lease.service, lease.prefix, lease.first, lease.last)
            from_day = held.get(block, "" if lease.service in asked else tomorrow)
            self._db.execute("INSERT INTO blocks VALUES (?, ?, ?, ?, ?)", (*block, from_day))

    def _correct_days(self, site: Snapshot, clock: tuple[int, int, str]) -> None:
        """What was given since this boot on a guess gets its true time, now that the hub has told the time."""
        at_ms, steady_ms, boot = clock
        rows = self._db.execute(
            "SELECT id, steady_ms FROM given WHERE certain = 0 AND registration IS NULL AND boot = ?", (boot,)
        ).fetchall()
        for ticket_id, then_ms in rows:
            given_at_ms = at_ms + then_ms - steady_ms
            self._db.execute(
                "UPDATE OR IGNORE given SET given_at_ms = ?, day = ?, certain = 1 WHERE id = ?",
                (given_at_ms, _date(given_at_ms, site), ticket_id),
            )

    def _forget_before(self, day: str) -> None:
        if day:
            week_ago = (date.fromisoformat(day) - REFUSED_KEPT).isoformat()
            self._db.execute("DELETE FROM given WHERE outcome = ? AND certain AND day < ?", (REGISTERED, day))
            self._db.execute("DELETE FROM given WHERE outcome <> '' AND certain AND day < ?", (week_ago,))

    def _certain_day(self, now: Moment) -> str:
        """The last day that is certain, which is today where the clock is."""
        if now.certain:
            return now.day
        row = self._db.execute("SELECT day FROM known").fetchone()
        return str(row[0])

    def _next(self, service: str, day: str) -> tuple[str, int] | None:
        """Prefix and number that come next for a service, where ``day`` is the last day that is certain."""
        block = self._db.execute(
            "SELECT prefix, first, last FROM blocks WHERE service = ? AND from_day <= ?", (service, day)
        ).fetchone()
        if block is None:
            return None
        prefix, first, last = block
        (used,) = self._db.execute(
            "SELECT max(number) FROM given WHERE prefix = ? AND number BETWEEN ? AND ? AND (day >= ? OR NOT certain)",
            (prefix, first, last, day),
        ).fetchone()
        number = first if used is None else used + 1
        return (prefix, number) if number <= last else None


def _date(at_ms: int, site: Snapshot) -> str:
    return local_time(at_ms, site.catalogue.facility.time_zone).date().isoformat()


def this_machine() -> Clocks:
    """The clocks of the machine that the kiosk runs on. Source: random(4) for the boot's id."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return Clocks(lambda: time.time_ns() // 1_000_000, lambda: time.monotonic_ns() // 1_000_000, boot)
