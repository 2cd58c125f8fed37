"""A copy becomes a hub's journal: one transaction, which begins the next generation and its epoch."""

import json
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec
from msgspec import Struct

from edge.contracts.events import Entry, HubSucceeded, Lease, NumbersLeased, TicketIssued
from edge.contracts.term import RESTORED, Term, block_of
from edge.daemon.config import Listen
from edge.daemon.durable import write_durably
from edge.follower.copy import FILE, HUB, ROLE
from edge.hub.audit import DONE, AuditLine, insert
from edge.hub.config import load_catalogue
from edge.hub.deeds import Deed
from edge.hub.journal import Journal
from edge.hub.succession.belongings import CONFIG
from edge.hub.succession.fence import KEY_FILE
from edge.hub.succession.lineage import Epoch, read_epochs, written
from edge.queueing.queue import Queue, apply, new_queue
from edge.queueing.succession import block_for, highest_gap, size_for

SITE_SECRET = "site.key"  # noqa: S105 - the name of a file
HERE = "hub-here.toml"
_encode = msgspec.json.Encoder().encode


class NotPromotable(Exception):
    """There is nothing that a hub could begin with; the text says what is missing."""


class Standing(Struct, frozen=True):
    """What a journal has come to: for whoever decides whether to go on with it, and for the report after it."""

    seq: int
    at_ms: int
    day: str
    term: Term
    tickets: int
    live: int
    last_label: str
    last_issued_ms: int


class Promoted(Struct, frozen=True):
    """What came of it. ``unreserved`` are the services of which no numbers were set aside: of these none is given until
    the next day after the old hub has stopped."""

    generation: int
    epoch: str
    standing: Standing
    unreserved: tuple[str, ...]


def queue_of(journal: Journal, catalogue_file: Path) -> tuple[Queue, str, int]:
    """The queue that this journal comes to, and the label and time of the last number that was given."""
    before = journal.day() - 1
    queue = new_queue(load_catalogue(catalogue_file), seq=before)
    label, at_ms = "", 0
    for entry in journal.entries(before):
        queue = apply(queue, entry)
        if isinstance(entry.event, TicketIssued):
            label, at_ms = entry.event.label, entry.at_ms
    return queue, label, at_ms


def standing_of(queue: Queue, label: str, issued_ms: int) -> Standing:
    """In figures."""
    live = sum(1 for ticket in queue.tickets.values() if ticket.state.value in ("waiting", "called", "parked"))
    return Standing(queue.seq, queue.at_ms, queue.day, queue.term, len(queue.tickets), live, label, issued_ms)


def promote(folder: Path, config_folder: Path, who: str, *, restored: bool = False) -> Promoted:
    """Make the copy in ``folder`` the journal of the next hub. ``who`` is the officer, for the audit log.

    ``restored``: not a standby but a machine that is set up from a copy; its numbers come from another block, so that
    even beside a standby that takes over it gives none twice. Raises NotPromotable.
    """
    catalogue = config_folder / "catalogue"
    if not catalogue.exists() or not (config_folder / CONFIG).exists():
        raise NotPromotable("the hub's configuration was never copied")
    if not (config_folder / SITE_SECRET).exists():
        write_durably(config_folder / SITE_SECRET, secrets.token_urlsafe(32).encode() + b"\n")
    if (config_folder / KEY_FILE).exists():
        write_durably(folder / KEY_FILE, (config_folder / KEY_FILE).read_bytes())
    journal = Journal(folder / FILE)
    try:
        queue, label, issued_ms = queue_of(journal, catalogue)
        epochs = read_epochs(journal.epochs(), journal.epoch)
    finally:
        journal.close()
    if not queue.seq:
        raise NotPromotable("nothing of the hub's journal was copied")
    term = queue.term
    generation = term.generation + 1
    block = RESTORED if restored and term.block != RESTORED else block_of(generation)
    before = epochs[-1]
    epoch = secrets.token_hex(16)
    entries = [
        Entry(
            queue.seq + 1,
            queue.at_ms,
            HubSucceeded(generation, before.epoch, queue.seq - before.first + 1, block),
        )
    ]
    unreserved = [s for s in queue.catalogue.services if s.active and block_for(block, queue.leases, s) is None]
    if restored:  # nobody set any aside for this machine: the highest that nobody holds
        leases = list(queue.leases)
        for service in list(unreserved):
            size = size_for(block, 0, service.first_number, service.last_number)
            held = [lease for lease in leases if lease.prefix == service.prefix]
            first, last = highest_gap(service.first_number, service.last_number, held, size)
            if first > queue.numbers.get(service.prefix, 0) + size:
                lease = Lease(block, service.id, service.prefix, first, last)
                leases.append(lease)
                entries.append(Entry(entries[-1].seq + 1, queue.at_ms, NumbersLeased(lease)))
                unreserved.remove(service)
    deed = Deed.RESTORE if restored else Deed.PROMOTE
    with _committed(folder / FILE) as db:
        db.executemany("INSERT INTO entries VALUES (?, ?, ?)", [(e.seq, e.at_ms, _encode(e.event)) for e in entries])
        insert(db, [AuditLine(queue.at_ms, who, deed.value, f"→ {generation}", DONE)])
        facts = {
            "epoch": epoch,
            "epochs": written([*epochs, Epoch(queue.seq + 1, epoch)]),
            ROLE: HUB,
        }
        db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", facts.items())
    return Promoted(generation, epoch, standing_of(queue, label, issued_ms), tuple(s.id for s in unreserved))


def config_text(copied: str, data: Path, listens: tuple[Listen, ...]) -> str:
    """The hub's configuration with what is this machine's own: where its data is, its secret, where it listens."""
    lines = [f"data = {_quoted(data)}", f'site_secret_file = "{SITE_SECRET}"', "listen = ["]
    for listen in listens:
        parts = [f'address = "{listen.address}"']
        parts += [f"certificate = {_quoted(listen.certificate)}"] if listen.certificate else []
        parts += [f"key = {_quoted(listen.key)}"] if listen.key else []
        lines.append("  {" + ", ".join(parts) + "},")
    return "\n".join([*lines, "]", copied])


def write_config(config_folder: Path, data: Path, listens: tuple[Listen, ...]) -> Path:
    """The same beside the copied file, for a standby that has become the hub."""
    text = config_text((config_folder / CONFIG).read_text(encoding="utf-8"), data, listens)
    write_durably(config_folder / HERE, text.encode())
    return config_folder / HERE


def _quoted(path: Path) -> str:
    return json.dumps(str(path.absolute()), ensure_ascii=False)


@contextmanager
def _committed(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, isolation_level=None, timeout=10)) as db:
        db.execute("PRAGMA synchronous=FULL")
        db.execute("BEGIN IMMEDIATE")
        try:
            yield db
        except BaseException:
            db.execute("ROLLBACK")
            raise
        db.execute("COMMIT")
