"""SQLite files: looked at without writing a byte, while their program goes on."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from provisioning.doctor.findings import N_, Finding, fail, ok, warn

MOST_S = 20.0  # for one file; the check reads all of it
_STEPS = 20_000  # of SQLite's machine between two looks at the clock


def quick_check(check: str, path: Path, most_s: float = MOST_S) -> Finding:
    """SQLite's own word on the file: its pages and indexes are whole, or what is wrong first.

    Source: sqlite.org, PRAGMA quick_check.
    """
    subject = N_("Cơ sở dữ liệu")
    give_up_at = time.monotonic() + most_s
    try:
        with read_only(path) as db:
            db.set_progress_handler(lambda: time.monotonic() > give_up_at, _STEPS)
            (said,) = db.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
            return warn(
                check,
                subject,
                N_("{path} lớn: sau {seconds} giây vẫn chưa xem hết, chưa thấy lỗi"),
                N_("Nếu muốn xem hết, chạy ngoài giờ: sqlite3 -readonly {path} 'PRAGMA quick_check'."),
                path=path,
                seconds=f"{most_s:g}",
            )
        return _damaged(check, subject, path, str(error))
    except sqlite3.DatabaseError as error:
        return _damaged(check, subject, path, str(error))
    if said != "ok":
        return _damaged(check, subject, path, "quick_check")
    return ok(check, subject, N_("{path} nguyên vẹn"), path=path)


def all_whole(check: str, folder: Path) -> Iterator[Finding]:
    """Every database of a folder: those that are damaged, else one green line for all."""
    files = sorted(folder.glob("*.db"))
    wrong = [found for found in (quick_check(check, path) for path in files) if found.advice]
    yield from wrong
    if files and not wrong:
        names = ", ".join(path.name for path in files)
        yield ok(check, N_("Cơ sở dữ liệu"), N_("nguyên vẹn: {names}"), names=names)


def read_only(path: Path) -> "closing[sqlite3.Connection]":
    """The database at ``path``, only to be read, closed at the end of the block. Raises sqlite3.Error."""
    return closing(sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True, timeout=2.0))


def _damaged(check: str, subject: str, path: Path, why: str) -> Finding:
    return fail(
        check,
        subject,
        N_("{path} hỏng hoặc không đọc được ({why})"),
        N_("Dừng chương trình, thay thẻ nhớ, lấy lại bản sao (docs/operate.md, mục Backup). Đừng xoá tệp hỏng."),
        path=path,
        why=why,
    )
