"""Files that hold secrets: nobody but their program may read them, and their program can."""

import grp
import os
import pwd
import stat
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from provisioning.doctor.commands import CannotTell, output_of
from provisioning.doctor.findings import N_, Finding, fail, ok

SUBJECT = N_("Tệp bí mật")


class Account(NamedTuple):
    """The system account that a program runs as."""

    name: str
    uid: int
    groups: Collection[int]


def account_of(unit: str) -> Account | None:
    """Whom systemd runs this unit as; None where nobody can tell, or as root."""
    try:
        name = output_of("systemctl", "show", "--property=User", "--value", unit).strip()
        user = pwd.getpwnam(name)
    except (CannotTell, KeyError):
        return None
    more = added_groups(unit)
    return Account(name, user.pw_uid, {*os.getgrouplist(name, user.pw_gid), *more})


def added_groups(unit: str) -> set[int]:
    """The groups that the unit adds; those that exist."""
    try:
        names = output_of("systemctl", "show", "--property=SupplementaryGroups", "--value", unit).split()
    except CannotTell:
        return set()
    known = {group.gr_name: group.gr_gid for group in grp.getgrall()}
    return {known[name] for name in names if name in known}


def may_read(status: os.stat_result, account: Account) -> bool:
    """Whether this account may read the file, or look something up in the folder, that has this status."""
    if status.st_uid == account.uid:
        bits = status.st_mode >> 6
    elif status.st_gid in account.groups:
        bits = status.st_mode >> 3
    else:
        bits = status.st_mode
    return bool(bits & (1 if stat.S_ISDIR(status.st_mode) else 4))


def secret_files(check: str, files: Sequence[Path], account: Account | None) -> Iterator[Finding]:
    """A finding for each file that is missing, is open to everybody, or is closed to its program; else one for all."""
    wrong = False
    for path in dict.fromkeys(files):
        for finding in _secret_file(check, path, account):
            wrong = True
            yield finding
    if not wrong and files:
        yield ok(check, SUBJECT, N_("{count} tệp, chỉ chương trình của nó đọc được"), count=len(dict.fromkeys(files)))


def _secret_file(check: str, path: Path, account: Account | None) -> Iterator[Finding]:
    try:
        status = path.stat()
    except PermissionError:
        yield fail(
            check, SUBJECT, N_("không được phép đọc {path}"), N_("Chạy lại với sudo: sudo moiso-doctor."), path=path
        )
        return
    except OSError as error:
        yield fail(
            check,
            SUBJECT,
            N_("không có {path} ({why})"),
            N_("Cấp lại tệp này (docs/install.md, mục By hand) rồi khởi động lại chương trình."),
            path=path,
            why=error.strerror,
        )
        return
    if status.st_mode & (stat.S_IROTH | stat.S_IWOTH):
        yield fail(
            check,
            SUBJECT,
            N_("ai dùng máy này cũng đọc được {path} (quyền {mode})"),
            N_("sudo chmod o-rwx {path}. Nếu có người lạ từng dùng máy này, hãy cấp lại tệp."),
            path=path,
            mode=f"{stat.S_IMODE(status.st_mode):o}",
        )
    closed = closed_to(path, account) if account and not handed_over(path, status) else None
    if account and closed:
        yield fail(
            check,
            SUBJECT,
            N_("tài khoản {user} không đọc được {path}"),
            N_("sudo chgrp {user} {closed} && sudo chmod g+rX {closed}"),
            user=account.name,
            path=path,
            closed=closed,
        )


def handed_over(path: Path, status: os.stat_result) -> bool:
    """Whether it is root's alone, in a folder of which the unit gives its program copies: secrets/ROLE/FILE
    (``LoadCredential=secrets:…``, ``read_secret``)."""
    return status.st_uid == 0 and path.absolute().parent.parent.name == "secrets"


def closed_to(path: Path, account: Account) -> Path | None:
    """The first of the folders on the way, or the file itself, that keeps this account out; None: it can read it."""
    for step in (*reversed(path.absolute().parents), path):
        if not may_read(step.stat(), account):
            return step
    return None
