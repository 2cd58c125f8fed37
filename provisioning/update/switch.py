"""Puts a release in force, and confirms it or takes it back. Whatever step it is cut off at, ``resume`` and
``at_boot`` go on from there: each step is done whole or not at all, and done twice does nothing more.

The code here is always the older release's: what it judges cannot have broken it.
"""

import base64
import contextlib
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from provisioning.update import system
from provisioning.update.health import why_unhealthy
from provisioning.update.store import BACK, FORWARD, Pending, Store, StoreError, link, sync_folder, write
from provisioning.update.system import SystemFailed

INSTALL_S = 1800
MAX_ATTEMPTS = 2  # starts of the machine that may meet an update unfinished; at the third it is taken back
KEYS = "etc/moiso/update.pem"
_SPKI_ED25519 = bytes.fromhex("302a300506032b6570032100")  # RFC 8410, section 4: what stands before the raw key

CONFIRMED, TAKEN_BACK, ABANDONED, BROKEN = "confirmed", "taken-back", "abandoned", "broken"

Say = Callable[[str], None]


class SwitchFailed(Exception):
    """A release could not be put in force."""


def go(store: Store, say: Say) -> str:
    """Do what is pending, judge it, and confirm it or take it back; the outcome, "" where nothing is pending."""
    pending = store.pending()
    if pending is None:
        return ""
    if pending.phase == BACK:
        return _take_back(store, pending, say)
    try:
        _settle(store, pending.to, pending.before)
        system.restart(pending.units)
        say(f"{pending.to} is in force, and is confirmed when it has been healthy for {pending.steady_s} s")
        why = why_unhealthy(store, pending.units, pending.sound, pending.within_s, pending.steady_s)
    except (SwitchFailed, SystemFailed, StoreError, OSError) as error:
        why = str(error)
    if not why:
        return _confirm(store, pending, say)
    say(f"{pending.to} is not healthy: {why}")
    return _take_back(store, pending, say)


def resume(store: Store, say: Say) -> str:
    """The same for an update whose updater is gone."""
    pending = store.pending()
    if pending is None:
        store.tidy()
        return ""
    if pending.phase == FORWARD and store.current() == pending.before:
        return _abandon(store, pending, say)
    if pending.phase == FORWARD:
        pending = _count(store, pending)
    return go(store, say)


def at_boot(store: Store, say: Say) -> None:
    """Before the programs start: have the machine be whole, one release or the other. ``resume`` judges it later.

    An update that has met so many starts unconfirmed may be what made the machine start again: it is taken back.
    """
    pending = store.pending()
    if pending is None:
        return
    if pending.phase == FORWARD and store.current() == pending.before:
        _abandon(store, pending, say)
        return
    if pending.phase == FORWARD:
        pending = _count(store, pending)
    if pending.phase == FORWARD:
        try:
            _settle(store, pending.to, pending.before)
        except (SwitchFailed, SystemFailed, StoreError, OSError) as error:
            say(f"{pending.to} cannot be put in force: {error}")
            pending = pending._replace(phase=BACK)
            store.set_pending(pending)
    if pending.phase == BACK:
        say(f"{pending.to} is taken back: {pending.before} starts")
        _settle(store, pending.before, pending.to)


def arm(store: Store, to: str, within_s: int, steady_s: int, keys: tuple[str, ...] = ()) -> Pending:
    """Note that ``to`` is about to replace the release in force, and how the machine is now, to judge it by.

    Raises StoreError where one of them is not complete, and SystemFailed where systemd does not answer.
    """
    before = store.current()
    for version in (before, to):
        if not store.is_complete(version):
            raise StoreError(f"{version or 'nothing'} is not complete")
    units = system.running_units()
    try:
        sound = tuple(sorted(check for check, red in system.checks(store.link).items() if not red))
    except SystemFailed:
        sound = ()
    earlier = store.fallback()
    pending = Pending(to, before, earlier, FORWARD, 0, units, sound, within_s, steady_s, keys)
    store.set_pending(pending)
    store.set_fallback(before)
    return pending


def _count(store: Store, pending: Pending) -> Pending:
    """One more start has met it; after too many the way is back."""
    pending = pending._replace(attempts=pending.attempts + 1)
    if pending.attempts > MAX_ATTEMPTS:
        pending = pending._replace(phase=BACK)
    store.set_pending(pending)
    return pending


def _settle(store: Store, version: str, other: str) -> None:
    """Make the machine what a release says: links, environment, files and units. ``other``'s own units go."""
    store.set_current(version)
    store.put_in_force(version)
    if store.installer.is_symlink() or not store.installer.exists():
        with contextlib.suppress(FileNotFoundError):  # no /usr/bin there yet: a folder in a test
            link(store.installer, str(Path("/", store.folder.relative_to(store.root), "current/provisioning/install")))
    surplus = [unit for unit in _units(store, other) - _units(store, version) if (store.units / unit).exists()]
    system.drop(sorted(surplus))
    for unit in surplus:
        (store.units / unit).unlink(missing_ok=True)
    _install(store.release(version))
    if surplus:
        system.reload()
    if store.units.is_dir():
        sync_folder(store.units)


def _units(store: Store, version: str) -> set[str]:
    folder = store.release(version) / "systemd"
    return {path.name for path in folder.iterdir()} if folder.is_dir() else set()


def _install(release: Path) -> None:
    """Have a release's own installer put its files where they belong. Raises SwitchFailed."""
    command = [str(release.resolve() / "provisioning/install"), "--no-apt", "--any-system", "--lang", "en"]
    try:
        done = subprocess.run(command, cwd="/", capture_output=True, text=True, errors="replace", timeout=INSTALL_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SwitchFailed(f"{command[0]}: {type(error).__name__}") from error
    if done.returncode:
        raise SwitchFailed(f"{command[0]}: status {done.returncode} {(done.stderr or done.stdout).strip()[-500:]}")


def _confirm(store: Store, pending: Pending, say: Say) -> str:
    if pending.keys:
        blocks = (_pem(bytes.fromhex(key)) for key in pending.keys)
        write(store.root / KEYS, "".join(blocks).encode())
    history = store.history()
    highest = max(history.highest, pending.to, pending.before, key=_numbers)
    failed = tuple(version for version in history.failed if version != pending.to)
    _remember(store, CONFIRMED, pending.to, highest=highest, failed=failed)
    store.prune((pending.to, pending.before))
    store.clear_pending()
    say(f"{pending.to} is confirmed")
    return CONFIRMED


def _take_back(store: Store, pending: Pending, say: Say) -> str:
    """Put the release before in force again. It is judged too, but where it is unhealthy there is no other way."""
    store.set_pending(pending._replace(phase=BACK))
    why = ""
    try:
        _settle(store, pending.before, pending.to)
        system.restart(pending.units)
        why = why_unhealthy(store, pending.units, (), pending.within_s, pending.steady_s)
    except (SwitchFailed, SystemFailed, StoreError, OSError) as error:
        why = str(error)
    if store.current() != pending.before or store.environment() != store.environment_of(pending.before):
        say(f"{pending.before} could not be put in force again: {why}")  # the next start of the machine tries again
        return BROKEN
    failed = (*(version for version in store.history().failed if version != pending.to), pending.to)
    _remember(store, TAKEN_BACK, pending.to, failed=failed)
    _leave(store, pending)
    say(
        f"{pending.to} was taken back, {pending.before} is in force"
        + (f", but it is not healthy: {why}" if why else "")
    )
    return TAKEN_BACK


def _abandon(store: Store, pending: Pending, say: Say) -> str:
    """It was cut off before anything was changed."""
    _remember(store, ABANDONED, pending.to)
    _leave(store, pending)
    say(f"the update to {pending.to} was cut off before it began; {pending.before} is in force")
    return ABANDONED


def _leave(store: Store, pending: Pending) -> None:
    earlier = pending.earlier if store.is_complete(pending.earlier) else ""
    store.set_fallback(earlier)
    store.prune((pending.before, earlier))
    store.clear_pending()


def _remember(
    store: Store, outcome: str, version: str, *, highest: str = "", failed: tuple[str, ...] | None = None
) -> None:
    history = store.history()
    failed = history.failed if failed is None else failed
    changed = history._replace(outcome=outcome, version=version, at=int(time.time()), failed=failed)
    store.set_history(changed._replace(highest=highest or history.highest))


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")) if version else ()


def _pem(raw: bytes) -> str:
    told = base64.b64encode(_SPKI_ED25519 + raw).decode()
    return f"-----BEGIN PUBLIC KEY-----\n{told}\n-----END PUBLIC KEY-----\n"


def python() -> str:
    """Debian's own Python, which no release brings."""
    return shutil.which("python3", path="/usr/bin:/bin") or sys.executable
