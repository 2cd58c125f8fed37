"""moiso-update: check, apply, roll back, and tell how the updates of this machine stand."""

import argparse
import errno
import json
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge.daemon.config import ConfigError
from provisioning.update import index as offers
from provisioning.update import switch
from provisioning.update.apply import adopt, examine, guard, look, newest_of, prepare, python_version, read_public_keys
from provisioning.update.config import Update, read
from provisioning.update.fetch import Folder, NoSource, Web, is_web
from provisioning.update.index import Index, NoIndex, Offer, read_index
from provisioning.update.manifest import Manifest, is_version, numbers
from provisioning.update.plan import SPARE_BYTES, packages_of, why_not, why_not_now
from provisioning.update.signed import NotSigned, verified
from provisioning.update.store import Busy, Store, StoreError, write
from provisioning.update.words import N_, WHY, Refused, Say, said

FAILED, NOT_STARTED, TAKEN_BACK = 1, 2, 3

NO_SOURCE = N_("Chưa cấu hình nguồn cập nhật (update.toml, source). Cập nhật bằng tay: --from TỆP hoặc THƯ MỤC.")
BAD_INDEX = N_("Danh sách cập nhật không dùng được: {why}")
OLD_INDEX = N_("Danh sách cập nhật cũ hơn bản máy này đã thấy: không dùng.")
CANNOT_FETCH = N_("Không lấy được: {why}")
OTHER_VERSION = N_("Gói {file} không phải bản mà danh sách ghi.")
NOTHING = N_("Không có bản nào mới hơn {here}.")
TAKES = N_("Có bản {version}: máy này nhận được.")
NOT_TAKEN = N_("Có bản {version}, chưa nhận. {why}")
VERIFYING = N_("Kiểm tra {name}…")
BEGINS = N_("Cập nhật {here} → {version}…")
DONE = N_("Xong: máy này đang chạy {version}.")
BACK = N_("Không thành: máy này đã tự quay lại {version}. Xem: journalctl -u moiso-update, sudo moiso-doctor")
NO_WAY_BACK = N_("Không có bản nào trước bản {version} để quay lại.")
PENDING = N_("Một lần cập nhật chưa xong được làm nốt.")
BUSY = N_("Một moiso-update khác đang làm việc.")
ROOT = N_("Cần quyền root: sudo moiso-update {what}")
RUNS = N_("Đang chạy: {version}")
RUNS_OTHER = N_("Đang chạy: một bản cài không qua moiso-update")
WAY_BACK = N_("Quay lại được về: {version}")
UNDER_WAY = N_("Đang thay {before} bằng {to}: chưa xác nhận")
FAILED_ONES = N_("Đã thử và đã quay lại: {versions}")
SOURCE = N_("Nguồn: {source}; nhóm: {ring}; giờ: {window}")
OUTCOMES = {
    switch.CONFIRMED: N_("Lần gần nhất: {version} chạy tốt, đã xác nhận ({at})"),
    switch.TAKEN_BACK: N_("Lần gần nhất: {version} không chạy tốt, đã quay lại ({at})"),
    switch.ABANDONED: N_("Lần gần nhất: {version} bị ngắt trước khi bắt đầu ({at})"),
}


class _At(NamedTuple):
    """Everything that a command works with."""

    store: Store
    settings: Update
    keys: tuple[Ed25519PublicKey, ...]
    options: argparse.Namespace
    words: Callable[..., str]
    say: Say


def main() -> None:
    """Run, and end with 0 (done), 1 (not done), 2 (could not start) or 3 (taken back)."""
    try:
        sys.exit(run(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(FAILED)


def run(arguments: Sequence[str]) -> int:
    """Do as these options say; the exit code."""
    options = _options().parse_args(arguments)
    words = said(options.lang)

    def say(sentence: str, **values: object) -> None:
        print(words(sentence, **values), flush=True)

    store = Store(options.root)
    if options.needs_root and options.root == Path("/") and os.geteuid() != 0:
        print(words(ROOT, what=options.command), file=sys.stderr)
        return NOT_STARTED
    try:
        settings = read(options.root)
        keys = read_public_keys(settings.keys) if options.needs_keys else ()
        code: int = options.work(_At(store, settings, keys, options, words, say))
        return code
    except Refused as error:
        print(words(error.sentence, **error.values), file=sys.stderr)
        return FAILED
    except Busy:
        print(words(BUSY), file=sys.stderr)
        return FAILED
    except (ConfigError, StoreError) as error:
        print(f"error: {error}", file=sys.stderr)
        return NOT_STARTED


def _check(at: _At) -> int:
    """Whether there is something to take; 0 where there is not, else 1."""
    at.store.folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    here = adopt(at.store)
    if at.options.place:
        manifest = examine(newest_of(at.options.place, at.keys, python_version(), os.uname().machine), at.keys)
        refusal = why_not(manifest, look(at.store, here, sorted(packages_of(manifest))), again=at.options.again)
        if refusal:
            at.say(NOT_TAKEN, version=manifest.version, why=at.words(WHY[refusal.reason], **refusal.values))
        else:
            at.say(TAKES, version=manifest.version)
        return FAILED
    offer = _offered(at, here)
    if offer is None:
        at.say(NOTHING, here=here)
        return 0
    why = _not_now(at, offer)
    if why:
        at.say(NOT_TAKEN, version=offer.version, why=why)
    else:
        at.say(TAKES, version=offer.version)
    return FAILED


def _apply(at: _At) -> int:
    """Take what is there, if it is to be taken; and finish first what was begun."""
    if at.store.pending() is not None:
        at.say(PENDING)
        return _told(at, guard(at.store, "resume"))
    with at.store.locked():
        at.store.tidy()
        here = adopt(at.store)
        if at.options.place:
            path = newest_of(at.options.place, at.keys, python_version(), os.uname().machine)
            taken = _prepare(at, path, examine(path, at.keys))
        else:
            offer = _offered(at, here)
            why = _not_now(at, offer) if offer else ""
            if offer is None or why:
                at.say(NOT_TAKEN, version=offer.version, why=why) if offer else at.say(NOTHING, here=here)
                return 0
            path = _bundle(at, offer)
            manifest = examine(path, at.keys)
            if manifest.version != offer.version:
                raise Refused(OTHER_VERSION, file=offer.file)
            taken = _prepare(at, path, manifest)
    at.say(BEGINS, here=here, version=taken)
    return _told(at, guard(at.store, "go"))


def _prepare(at: _At, path: Path, manifest: Manifest) -> str:
    at.say(VERIFYING, name=path.name)
    prepare(at.store, at.settings, at.keys, path, manifest, again=at.options.again)
    return manifest.version


def _roll_back(at: _At) -> int:
    """Put the release before in force again, judged as any update is."""
    with at.store.locked():
        here, before = adopt(at.store), at.store.fallback()
        if not before or before == here or not at.store.is_complete(before):
            raise Refused(NO_WAY_BACK, version=here)
        switch.arm(at.store, before, at.settings.within_s, at.settings.steady_s)
    at.say(BEGINS, here=here, version=before)
    return _told(at, guard(at.store, "go"))


def _confirm(at: _At) -> int:
    """Finish what was begun."""
    return _told(at, guard(at.store, "resume")) if at.store.pending() is not None else 0


def _told(at: _At, code: int) -> int:
    at.say(BACK if code else DONE, version=at.store.current())
    return TAKEN_BACK if code else 0


def _status(at: _At) -> int:
    """How it stands."""
    store, history, pending = at.store, at.store.history(), at.store.pending()
    current = store.current()
    known = bool(current) and store.environment() == store.environment_of(current)
    if at.options.json:
        told = {
            "current": current if known else "",
            "fallback": store.fallback(),
            "pending": pending._asdict() if pending else None,
            **history._asdict(),
        }
        print(json.dumps(told, indent=1))
        return 0
    at.say(RUNS, version=current) if known else at.say(RUNS_OTHER)
    if store.fallback() not in ("", current):
        at.say(WAY_BACK, version=store.fallback())
    if pending:
        at.say(UNDER_WAY, before=pending.before, to=pending.to)
    if history.outcome in OUTCOMES:
        when = datetime.fromtimestamp(history.at).astimezone().strftime("%d/%m/%Y %H:%M")
        at.say(OUTCOMES[history.outcome], version=history.version, at=when)
    if history.failed:
        at.say(FAILED_ONES, versions=" ".join(history.failed))
    at.say(SOURCE, source=at.settings.source or "—", ring=at.settings.ring, window=at.settings.window)
    return 0


def _fetch(at: _At) -> int:
    """Have what the Department offers lie in a folder of this machine, for ``apply``; nothing else is touched."""
    if not is_web(at.settings.source):
        return 0
    folder = _folder(at)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        web = Web(at.settings.source, at.settings.ca)
        document = web.index()
        index = _index(at, document)
        here = at.store.current() or version("moiso")
        offer = _choose(at, index, here if is_version(here) else "0.0.0")
        if offer and why_not_now(offer, at.settings.ring, 0, None, _now(), _now()) is None:
            for path in folder.glob("moiso-*"):
                if path.name != offer.file:
                    path.unlink()
            if shutil.disk_usage(folder).free < offer.size + SPARE_BYTES:
                raise Refused(CANNOT_FETCH, why=os.strerror(errno.ENOSPC))
            web.bundle(offer, folder)
        write(folder / offers.NAME, document)
    except NoSource as error:
        raise Refused(CANNOT_FETCH, why=error) from error
    except OSError as error:
        raise Refused(CANNOT_FETCH, why=error.strerror) from error
    return 0


def _folder(at: _At) -> Path:
    return at.store.root / "var/lib/moiso-update"


def _source(at: _At) -> Folder:
    """Where what is offered lies on this machine. Raises Refused where nothing is configured."""
    if not at.settings.source:
        raise Refused(NO_SOURCE)
    return Folder(str(_folder(at)) if is_web(at.settings.source) else at.settings.source)


def _index(at: _At, document: bytes) -> Index:
    """The list that this document is. Raises Refused where nobody vouches for it, or a newer one has been seen."""
    try:
        index = read_index(verified(offers.KIND, document, at.keys))
    except (NotSigned, NoIndex) as error:
        raise Refused(BAD_INDEX, why=error) from error
    if index.serial < at.store.history().serial:
        raise Refused(OLD_INDEX)
    return index


def _choose(at: _At, index: Index, here: str) -> Offer | None:
    """The newest release that is offered and newer than any that was here."""
    history = at.store.history()
    failed = () if at.options.again else history.failed
    offer = offers.newest(index, python_version(), os.uname().machine, failed)
    floor = max(here, history.highest or here, key=numbers)
    return offer if offer and numbers(offer.version) > numbers(floor) else None


def _offered(at: _At, here: str) -> Offer | None:
    """The same of what lies here, noting that it was seen. Raises Refused."""
    try:
        index = _index(at, _source(at).index())
    except NoSource as error:
        raise Refused(CANNOT_FETCH, why=error) from error
    offer, history = _choose(at, index, here), at.store.history()
    if offer and offer.version not in dict(history.seen):
        history = history._replace(seen=(*history.seen, (offer.version, int(_now().timestamp()))))
    at.store.set_history(history._replace(serial=index.serial))
    return offer


def _bundle(at: _At, offer: Offer) -> Path:
    try:
        return _source(at).bundle(offer)
    except NoSource as error:
        raise Refused(CANNOT_FETCH, why=error) from error


def _not_now(at: _At, offer: Offer) -> str:
    """Why it is not taken now, "" where it is time; a person who says --now waits for ring and signature alone."""
    seen = datetime.fromtimestamp(dict(at.store.history().seen)[offer.version], UTC)
    hours, window = (0, None) if at.options.now else (at.settings.not_before_hours, at.settings.hours)
    refusal = why_not_now(offer, at.settings.ring, hours, window, seen, _now())
    return at.words(WHY[refusal.reason], **refusal.values) if refusal else ""


def _now() -> datetime:
    return datetime.now().astimezone()


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="moiso-update",
        description="Signed releases: taken when it is time, confirmed when healthy, else taken back by themselves.",
        epilog="Ends with 0: done, or nothing to do; 1: not done, or with check: there is one; 2: it could not start; "
        "3: it was taken back.",
    )
    parser.add_argument("--lang", choices=("vi", "en"), default="vi", help="the language of the lines")
    parser.add_argument("--root", type=Path, default=Path("/"), help=argparse.SUPPRESS)
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    for name, work, keys, text in (
        ("check", _check, True, "say what there is, and whether it would be taken now"),
        ("apply", _apply, True, "take it"),
        ("fetch", _fetch, True, "have what the web offers lie here; put nothing in force"),
        ("rollback", _roll_back, False, "put the release before in force again"),
        ("confirm", _confirm, False, "finish what was begun: confirm it or take it back"),
        ("status", _status, False, "say how it stands"),
    ):
        command = commands.add_parser(name, help=text)
        command.set_defaults(
            work=work, needs_keys=keys, needs_root=name not in ("status", "fetch"), again=False, now=False
        )
        if name in ("check", "apply"):
            command.add_argument("--from", dest="place", type=Path, metavar="FILE|DIR", help="a bundle, or a stick")
            command.add_argument("--again", action="store_true", help="although it was taken back before")
            command.add_argument("--now", action="store_true", help="wait for no hour; the ring counts all the same")
        if name == "status":
            command.add_argument("--json", action="store_true", help="one JSON document, for machines")
    return parser


if __name__ == "__main__":
    main()
