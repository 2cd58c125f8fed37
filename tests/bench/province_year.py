"""A synthetic province: a year of its facilities' counts, written straight into a ledger's rollups.

``python -m tests.bench.province_year FOLDER [--sites 130] [--days 365]``. No event lies behind the counts: they are
what a year of them would have left, so that pages, reports and projections have something of the real size to read.
"""

import argparse
import contextlib
import sqlite3
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import product
from math import erf, log, sqrt
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from cloud.ledger import open_ledger, sum_up, transaction
from cloud.rollups import (
    AGREED,
    CHIP_FACES,
    CONTESTS,
    EDGES_MIN,
    INSURED,
    ISSUED,
    MEASURES,
    PAID,
    RATINGS,
    READ,
    READ_FAILED,
    SERVICE_TIMES,
    UNREAD,
    WAITS,
)
from edge.contracts.eligibility import Outcome
from edge.contracts.face import ChipVerdict, ContestVerdict, Purpose
from edge.contracts.payment import PaymentMeans
from edge.contracts.reading import ReadingFault
from edge.contracts.ticket import Document

ZONE = "Asia/Ho_Chi_Minh"
TICKETS_A_DAY = 268  # of the mean facility on a working day: 10 million in a year of 130
HOURS = np.arange(7, 17)
LOAD = np.array([1.5, 1.7, 1.3, 0.9, 0.25, 0.05, 0.9, 1.0, 0.7, 0.3])  # the morning's rush, lunch, the afternoon
WEEK = np.array([1.35, 1.1, 1.0, 1.0, 0.95, 0.4, 0.0])  # Monday first; Saturday mornings, closed on Sundays
HOLIDAYS = {"01-01", "04-30", "05-01", "09-02", "09-03", *(f"02-{day}" for day in range(16, 21))}
# service: its share of the day's visits, whether numbers are taken for it, minutes of serving
SERVICES = {
    "general": (0.33, True, 6.0),
    "insurance": (0.42, True, 7.0),
    "children": (0.15, True, 8.0),
    "maternity": (0.10, True, 11.0),
    "laboratory": (0.34, False, 4.0),
    "x-ray": (0.14, False, 9.0),
    "cashier": (0.55, False, 2.0),
    "pharmacy": (0.62, False, 2.5),
}
NAMES = {
    "general": ("Khám dịch vụ", "General examination"),
    "insurance": ("Khám BHYT", "Examination with insurance"),
    "children": ("Khám nhi", "Children"),
    "maternity": ("Khám thai sản", "Maternity"),
    "laboratory": ("Xét nghiệm", "Laboratory"),
    "x-ray": ("Chụp X-quang", "X-ray"),
    "cashier": ("Thu viện phí", "Cashier"),
    "pharmacy": ("Phát thuốc", "Pharmacy"),
}
NO_SERVICE = len(SERVICES)
SILENT_DAYS = 6  # how long the facility was silent that is silent at the end
OPEN_AT_END = 40
NOTING_FEES = 0.8  # of the facilities note how fees are paid

K = TypeVar("K")
Counts = NDArray[np.int64]
Shares = NDArray[np.float64]
_AT = {measure: place for place, measure in enumerate(MEASURES)}
_INTO = f"(site, day, {{part}}, {', '.join(MEASURES)}) VALUES ({', '.join('?' * (3 + len(MEASURES)))})"


def fill(data: Path, *, sites: int, days: int, until: date, seed: int = 1) -> None:
    """Write ``sites`` facilities ``mau-001``, … and their last ``days`` days, up to and with ``until``.

    The same arguments give the same rows. Facilities differ in size, waits and documents; chips are read more often
    from month to month; each facility was silent on a few days, and the last of several still is. Raises
    sqlite3.IntegrityError where the folder ``data`` has these facilities already.
    """
    with contextlib.closing(open_ledger(data)) as db:
        db.execute("PRAGMA synchronous = OFF")  # it can be made again
        sizes = np.random.default_rng(seed).lognormal(0, 0.6, sites)
        sizes *= TICKETS_A_DAY / sizes.mean()
        with transaction(db):
            for number, size in enumerate(sizes, 1):
                _fill_site(db, number, sites, float(size), days, until, np.random.default_rng((seed, number)))
            sum_up(db)
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _fill_site(
    db: sqlite3.Connection, number: int, of: int, size: float, days: int, until: date, random: np.random.Generator
) -> None:
    site = f"mau-{number:03d}"
    last = until - timedelta(days=SILENT_DAYS) if number == of and of > 1 else until
    wanted = [until - timedelta(days=back) for back in range(days - 1, -1, -1)]
    open_days = [day for day in wanted if day <= last and WEEK[day.weekday()] and f"{day:%m-%d}" not in HOLIDAYS]
    heard = random.random(len(open_days)) > 0.012
    open_days = [day for day, known in zip(open_days, heard, strict=True) if known]
    cells = _cells(size, open_days, until, random)
    named = [day.isoformat() for day in open_days]
    _insert(db, "hours", site, named, HOURS.tolist(), cells.sum(axis=1))
    _insert(db, "days", site, named, [*SERVICES, ""], cells.sum(axis=2))
    day = named[-1] if named else ""
    journal = db.execute(
        "INSERT INTO journals (site, epoch, seq, time_zone, day) VALUES (?, ?, ?, ?, ?) RETURNING id",
        (site, f"{number:032x}", int(cells.sum()) // 2, ZONE, day),
    ).fetchone()[0]
    end = datetime.combine(open_days[-1] if open_days else last, datetime.min.time(), ZoneInfo(ZONE))
    end_ms = int(end.timestamp() * 1000) + 16 * 3_600_000
    name, name_en = f"Trung tâm Y tế khu vực Mẫu {number}", f"Sample Area Health Centre {number}"
    db.execute("INSERT INTO sites VALUES (?, ?, ?, ?, ?)", (site, journal, name, name_en, end_ms))
    db.executemany(
        "INSERT INTO services VALUES (?, ?, ?, ?)", [(site, service, *names) for service, names in NAMES.items()]
    )
    entries = [service for service, (_, entry, _) in SERVICES.items() if entry]
    db.executemany(
        "INSERT INTO open_tickets VALUES (?, ?, ?, ?, ?)",
        [
            (journal, f"{number:016x}{place:016x}", entries[place % len(entries)], end_ms - place * 60_000, 0)
            for place in range(random.poisson(OPEN_AT_END * size / TICKETS_A_DAY))
        ],
    )


def _insert(
    db: sqlite3.Connection, table: str, site: str, days: Sequence[str], parts: Sequence[str | int], cells: Counts
) -> None:
    """Write (day, part, measure) cells; rows in which nothing was counted are left out, as the ingest leaves them."""
    part = {"hours": "hour", "days": "service"}[table]
    keys = product(days, parts)
    rows = zip(keys, cells.reshape(-1, len(MEASURES)).tolist(), strict=True)
    db.executemany(
        f"INSERT INTO {table} {_INTO.format(part=part)}",
        [(site, *key, *values) for key, values in rows if any(values)],
    )


def _cells(size: float, days: Sequence[date], until: date, random: np.random.Generator) -> Counts:
    """Counts by (day, service, hour, measure); the last service is "", for what is about none."""
    cells = np.zeros((len(days), len(SERVICES) + 1, len(HOURS), len(MEASURES)), np.int64)
    at_services = cells[:, :NO_SERVICE]
    share = np.array([part for part, _, _ in SERVICES.values()])
    is_entry = np.array([entry for _, entry, _ in SERVICES.values()])
    season = np.array([WEEK[day.weekday()] * (1 + 0.15 * np.sin(day.timetuple().tm_yday / 58)) for day in days])
    mean = (size * season)[:, None, None] * share[:, None] * (LOAD / LOAD.sum())
    arrived = random.poisson(mean)
    taken = arrived * is_entry[:, None]
    progress = np.array([1 - (until - day).days / 365 for day in days])
    _spread(at_services, ISSUED.values(), random.multinomial(taken, _documents(progress, random)[:, None, None]))
    called = random.binomial(arrived, 0.97)
    _put(at_services, "called", called)
    slow = random.uniform(0.6, 1.8)
    busy = 4 + 26 * slow * LOAD / LOAD.max()
    waits = np.array([[_lognormal(median * (1.0 if entry else 0.35), 0.75) for median in busy] for entry in is_entry])
    _spread(at_services, WAITS, random.multinomial(called, waits))
    finished = random.binomial(called, random.uniform(0.93, 0.985))
    _put(at_services, "finished", finished)
    _put(at_services, "no_shows", called - finished)
    serving = np.array([_lognormal(minutes, 0.5) for _, _, minutes in SERVICES.values()])
    _spread(at_services, SERVICE_TIMES, random.multinomial(finished, serving[:, None]))
    _put(at_services, "issued_priority", random.binomial(taken, 0.17))
    _put(at_services, "cancelled", random.binomial(arrived - called, 0.5))
    _put(at_services, "transfers", random.binomial(finished, 0.02))
    content = random.dirichlet(np.array([2, 3, 10, 40, 60]) * 0.7)
    _spread(at_services, RATINGS, random.multinomial(random.binomial(finished, 0.09), content))
    _at_kiosks(cells[:, NO_SERVICE], cells, random)
    if random.random() < NOTING_FEES:  # the last of all draws: what is above is as it was
        _at_cashier(
            cells[:, list(SERVICES).index("cashier")], finished[:, list(SERVICES).index("cashier")], progress, random
        )
    return cells


def _documents(progress: Shares, random: np.random.Generator) -> Shares:
    """The shares of the documents that numbers are taken with, one row a day; the chip's grows as QR codes shrink."""
    keen = random.uniform(0.1, 0.5)
    chip = keen * (0.5 + 0.5 * progress)
    shares = {
        Document.CCCD_CHIP: chip,
        Document.CCCD_QR: 0.62 - chip,
        Document.VNEID_QR: np.full_like(chip, 0.08),
        Document.BHYT_QR: np.full_like(chip, 0.14),
        Document.NONE: np.full_like(chip, 0.16),
    }
    return np.stack([shares.get(document, np.zeros_like(chip)) for document in ISSUED], axis=-1)


def _at_kiosks(kiosks: Counts, cells: Counts, random: np.random.Generator) -> None:
    """What is counted for no service: documents, the insurance portal, faces. ``kiosks`` is a part of ``cells``."""
    failed_of = random.uniform(0.02, 0.2)
    failed = np.zeros(kiosks.shape[:2], np.int64)
    for document, measure in ISSUED.items():
        if document is Document.NONE:
            continue
        read = cells[:, :NO_SERVICE, :, _AT[measure]].sum(axis=1)
        missed = random.poisson(read * failed_of)
        _put(kiosks, READ[document], read)
        _put(kiosks, READ_FAILED[document], missed)
        failed += missed
    common = {ReadingFault.CARD_REMOVED: 40, ReadingFault.QR_DAMAGED: 30, ReadingFault.NO_ANSWER: 10}
    _spread(kiosks, UNREAD.values(), random.multinomial(failed, _weights(UNREAD, common, 1.0)))
    asked = kiosks[..., [_AT[measure] for measure in READ.values()]].sum(axis=-1)
    outcomes = {Outcome.VALID: 600, Outcome.NEW_CARD: 60, Outcome.EXPIRED: 30, Outcome.UNREACHABLE: 20}
    _spread(kiosks, INSURED.values(), random.multinomial(random.binomial(asked, 0.8), _weights(INSURED, outcomes, 4.0)))
    agreed = random.binomial(asked, random.uniform(0.2, 0.7))
    _put(kiosks, "agreed", agreed)
    for purpose in Purpose:
        _put(kiosks, AGREED[purpose], random.binomial(agreed, 0.8))
    chips = kiosks[..., _AT[READ[Document.CCCD_CHIP]]]
    verdicts = _weights(CHIP_FACES, {ChipVerdict.MATCH: 93, ChipVerdict.UNSURE: 5}, 2.0)
    _spread(kiosks, CHIP_FACES.values(), random.multinomial(np.minimum(chips, agreed), verdicts))
    contests = _weights(CONTESTS, {ContestVerdict.DIFFERENT: 6}, 2.0)
    _spread(kiosks, CONTESTS.values(), random.multinomial(random.binomial(agreed, 0.002), contests))
    _put(kiosks, "erased", random.binomial(agreed, 0.0005))


def _at_cashier(cashier: Counts, served: Counts, progress: Shares, random: np.random.Generator) -> None:
    """How fees were paid: without cash more often from month to month. ``cashier`` is a part of the cells."""
    qr = random.uniform(0.3, 0.7) * (0.6 + 0.4 * progress)
    shares = {PaymentMeans.QR: qr, PaymentMeans.CARD: np.full_like(qr, 0.05), PaymentMeans.CASH: 0.95 - qr}
    by_means = np.stack([shares[means] for means in PAID], axis=-1)
    _spread(cashier, PAID.values(), random.multinomial(random.binomial(served, 0.96), by_means[:, None]))


def _weights(measures: Mapping[K, str], weights: Mapping[K, float], others: float) -> Shares:
    total = sum(weights.get(key, others) for key in measures)
    return np.array([weights.get(key, others) / total for key in measures])


def _put(cells: Counts, measure: str, counts: Counts) -> None:
    cells[..., _AT[measure]] = counts


def _spread(cells: Counts, measures: Iterable[str], counts: Counts) -> None:
    cells[..., [_AT[measure] for measure in measures]] = counts


def _lognormal(median: float, spread: float) -> Shares:
    """The share of each bin of ``cloud.rollups`` under a log-normal law."""
    below = [0.0, *(0.5 * (1 + erf(log(edge / median) / spread / sqrt(2))) for edge in EDGES_MIN), 1.0]
    return np.diff(np.array(below))


def figures() -> Iterator[tuple[str, str]]:
    """How long a year of 130 facilities takes, and how large it is."""
    with tempfile.TemporaryDirectory(prefix="moiso-bench-") as folder:
        yield from _measured(Path(folder), 130, 365)


def _measured(folder: Path, sites: int, days: int) -> Iterator[tuple[str, str]]:
    begun = time.monotonic()
    fill(folder, sites=sites, days=days, until=date(2026, 11, 25))
    took_s = time.monotonic() - begun
    with contextlib.closing(open_ledger(folder)) as db:
        rows = db.execute("SELECT (SELECT COUNT(*) FROM hours) + (SELECT COUNT(*) FROM days)").fetchone()[0]
        tickets = db.execute(f"SELECT SUM({' + '.join(ISSUED.values())}) FROM months").fetchone()[0]  # noqa: S608
    size = (folder / "ledger.db").stat().st_size / 2**20
    yield f"synthetic province of {sites} sites, {days} days", f"{tickets:,} tickets, {rows:,} rows, {took_s:.0f} s"
    yield "  its rollups on disk", f"{size:.0f} MiB"


def main() -> None:
    """Fill the folder named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sites", type=int, default=130)
    parser.add_argument("--days", type=int, default=365)
    asked = parser.parse_args()
    for figure, value in _measured(asked.folder, asked.sites, asked.days):
        print(f"{figure:<58} {value}")


if __name__ == "__main__":
    main()
