"""moiso-enrol: make the site's authority, let a device or a hub in, and renew what they prove themselves with."""

import argparse
import fcntl
import os
import pwd
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from edge.daemon import identity
from edge.daemon.addresses import own_hosts
from edge.daemon.config import ConfigError
from provisioning.enrol.words import N_, Failed, Revoked, Say, said

FAILED, NOT_STARTED, REVOKED = 1, 2, 3
DEVICES = ("kiosk", "board", "standby")
STATE = Path("/var/lib")
PROGRAMS = {"standby": "follower"}  # whose program bears another name

NO_USER = N_("Không có người dùng {user}: cài chương trình trước, hoặc chỉ thư mục bằng --folder.")
THERE = N_("{folder}: máy này đã có trong hệ thống. Muốn xin vào lại thì thêm --again.")
BUSY = N_("{folder}: một moiso-enrol khác đang làm việc ở đó.")
HUB_MADE = N_("Đã tạo CA của điểm này ở {folder}. Giữ kín site-ca.key; không chép nó ra khỏi máy này.")
HUB_KEPT = N_("CA của điểm này đã có ở {folder}.")
HUB_RENEWED = N_("Đã cấp chứng thư máy chủ cho: {hosts}")
HUB_WORDS = N_("Tám từ của CA (so với trang /trust):")
CANNOT = N_("Không làm được: {why}")
CLOUD_DONE = N_("Xong: chứng thư của {name} cho {broker}. Tệp ở {folder}.")


def main() -> None:
    """Run, and end with 0 (done), 1 (not done), 2 (could not start) or 3 (this machine was revoked)."""
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

    try:
        options.work(options, say)
    except Failed as error:
        print(words(error.sentence, **error.values), file=sys.stderr)
        return REVOKED if isinstance(error, Revoked) else FAILED
    except (ConfigError, identity.NotEnrolled) as error:
        print(f"error: {error}", file=sys.stderr)
        return NOT_STARTED
    except OSError as error:
        print(words(CANNOT, why=f"{error.filename or ''} {error.strerror}".strip()), file=sys.stderr)
        return FAILED
    return 0


def _hub(options: argparse.Namespace, say: Say) -> None:
    from provisioning.enrol import hub

    if os.geteuid() == 0 and not options.as_root:
        _become_owner(_own_folder("hub"))
    made = hub.prepare(options.config)
    say(HUB_MADE if made.new_authority else HUB_KEPT, folder=made.folder)
    if made.new_certificate:
        say(HUB_RENEWED, hosts=", ".join(made.hosts))
    say(HUB_WORDS)
    print(f"\n    {' · '.join(made.words)}\n\n    SHA-256 {made.fingerprint}\n", flush=True)


def _device(options: argparse.Namespace, say: Say) -> None:
    from provisioning.enrol import device, show

    with _folder(options) as folder:

        def shown(words: str, address: str) -> None:
            if options.html:
                show.on_page(options.html, "MờiSố", words, address)
            say(device.SHOW, page=address.partition("?")[0])
            show.on_terminal(words, address)

        def ask_words() -> str:
            say(device.ASK_WORDS)
            return sys.stdin.readline()

        hosts = tuple(options.host) or (serving_hosts() if options.role != "kiosk" else ())
        wanted = device.Wanted(options.hub, options.role, folder, hosts, options.ca_sha256)
        told = device.enrol(wanted, say, shown, ask_words)
        say(device.DONE, name=told.name, role=told.role, folder=folder)


def serving_hosts() -> tuple[str, ...]:
    """This machine's addresses, and its name as others on the same network can ask for it."""
    return tuple(host for host in own_hosts() if "." in host or ":" in host)


def _cloud(options: argparse.Namespace, say: Say) -> None:
    from provisioning.enrol import cloud

    with _folder(options) as folder:
        code = options.code or sys.stdin.readline().strip()
        told = cloud.enrol(cloud.Wanted(options.url, options.site, code, folder, options.ca))
        say(CLOUD_DONE, name=told.name, broker=told.broker, folder=folder)


def _renew(options: argparse.Namespace, say: Say) -> None:
    from provisioning.enrol.renewal import renew

    folder: Path = options.folder
    if os.geteuid() == 0 and not options.as_root:
        _become_owner(folder)
    with _locked(folder):
        say(renew(folder, now=options.now), folder=folder)


@contextmanager
def _folder(options: argparse.Namespace) -> Iterator[Path]:
    """The folder of the identity, as the user whose it is; nobody else works in it for as long as the block lasts."""
    folder: Path = options.folder or _own_folder(options.role) / "identity"
    if os.geteuid() == 0 and not options.as_root:
        _become_owner(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    with _locked(folder):
        if not options.again:
            try:
                identity.current(folder)
            except identity.NotEnrolled:
                pass
            else:
                raise Failed(THERE, folder=folder)
        yield folder


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    at = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(at, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(at)
        raise Failed(BUSY, folder=folder) from None
    try:
        yield
    finally:
        os.close(at)


def _own_folder(role: str) -> Path:
    """Where systemd keeps the state of this role's program; made as systemd would where it never started yet."""
    name = f"moiso-{PROGRAMS.get(role, role)}"
    folder = STATE / name
    if os.geteuid() == 0 and not folder.exists():
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            raise Failed(NO_USER, user=name) from None
        folder.mkdir(mode=0o700)
        os.chown(folder, user.pw_uid, user.pw_gid)
    return folder


def _become_owner(folder: Path) -> None:
    """Give up being root for good: whatever is written is the program's own, wherever its folder's links may lead."""
    owner = folder.stat()
    os.setgroups([])
    os.setgid(owner.st_gid)
    os.setuid(owner.st_uid)


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="moiso-enrol",
        description="Certificates and tokens of a site: made on the machine that uses them, approved at the hub.",
        epilog="Ends with 0: done, 1: not done, 2: it could not start, 3: this machine was revoked.",
    )
    parser.add_argument("--lang", choices=("vi", "en"), default="vi", help="the language of the lines")
    parser.add_argument("--as-root", action="store_true", help="do not become the user who owns the folder")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    hub = commands.add_parser("hub", help="make the site's authority and the hub's certificate, where they are missing")
    hub.add_argument("--config", type=Path, default=Path("/etc/moiso/hub.toml"))
    hub.set_defaults(work=_hub)
    for role in DEVICES:
        device = commands.add_parser(role, help=f"let this {role} in")
        device.add_argument("--hub", required=True, metavar="URL", help="https://HOST:PORT of the hub")
        device.add_argument("--host", action="append", default=[], help="an address at which this machine serves pages")
        device.add_argument(
            "--ca-sha256", default="", metavar="HEX", help="the authority's fingerprint, if it is known"
        )
        device.add_argument("--html", type=Path, metavar="FILE", help="write a page with the code, too")
        _add_folder(device)
        device.set_defaults(work=_device, role=role)
    cloud = commands.add_parser("cloud", help="get this site's certificate for the broker")
    cloud.add_argument("--url", required=True, help="https://NAME of the dashboard")
    cloud.add_argument("--site", required=True, help="the site's id")
    cloud.add_argument("--code", default="", help="six words; without it they are read from standard input")
    cloud.add_argument("--ca", default="", metavar="FILE", help="the only authority that may vouch for the dashboard")
    _add_folder(cloud)
    cloud.set_defaults(work=_cloud, role="hub")
    renew = commands.add_parser("renew", help="renew an identity where it is time")
    renew.add_argument("--folder", type=Path, required=True)
    renew.add_argument("--now", action="store_true", help="whether or not it is time")
    renew.set_defaults(work=_renew)
    return parser


def _add_folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--folder", type=Path, help="the identity's folder (/var/lib/moiso-ROLE/identity)")
    parser.add_argument("--again", action="store_true", help="although there is an identity already")


if __name__ == "__main__":
    main()
