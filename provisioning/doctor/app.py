"""moiso-doctor: one command on any machine of the site; a line for each thing that it needs, and what to do."""

import argparse
import io
import ipaddress
import json
import logging
import os
import socket
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

from provisioning.doctor import machine
from provisioning.doctor.commands import CannotTell, output_of
from provisioning.doctor.findings import N_, Finding, Room, Verdict
from provisioning.doctor.report import Style, Words, as_json, worst
from provisioning.doctor.site import PROGRAMS, SYSTEM_FOLDER, Configured, read

FAILED, NOT_STARTED = 1, 2  # argparse ends with 2, too
TITLES = {
    "hub": N_("Máy chủ hàng đợi (moiso-hub)"),
    "kiosk": N_("Kiosk (moiso-kiosk)"),
    "screen": N_("Trình duyệt của màn hình (moiso-screen)"),
    "board": N_("Bộ điều khiển bảng (moiso-board)"),
    "cloud": N_("Máy chủ của Sở (moiso-cloud, moiso-ingest)"),
}


def main() -> None:
    """Run, and end with 0 (nothing is red), 1 (something is) or 2 (it could not start)."""
    logging.disable(logging.CRITICAL)  # drivers log what they meet; here it is told in lines
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a console without Vietnamese letters
    try:
        sys.exit(run(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(NOT_STARTED)
    except BrokenPipeError:  # whoever read the lines, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(NOT_STARTED)


def run(arguments: Sequence[str]) -> int:
    """Do as these options say; the exit code. Lines or JSON go to standard output as they are found."""
    options = _options().parse_args(arguments)
    words = Words(options.lang)
    folder: Path = options.config
    why = ""
    site = Configured(folder)
    if not os.access(folder, os.R_OK | os.X_OK):
        why = N_("Không đọc được {folder}. Chạy với sudo, hoặc chỉ thư mục khác bằng --config.")
    elif not (site := read(folder)).found:
        why = N_("{folder} không có hub.toml, kiosk.toml, screen.toml, board.toml hay cloud.toml.")
    if why:
        print(words.say(why, {"folder": str(folder)}), file=sys.stderr)
        return NOT_STARTED
    found: list[tuple[str, list[Finding]]] = []
    style = Style(
        coloured=sys.stdout.isatty() and not os.environ.get("NO_COLOR"),
        signs=sys.stdout.encoding.lower() == "utf-8" and os.environ.get("TERM") != "linux",
    )
    for room in rooms(site, datetime.now(UTC)):
        findings: list[Finding] = []
        found.append((room.name, findings))
        if not options.json:
            print(words.heading(room.title, style))
        for finding in room.findings:
            findings.append(finding)
            if not options.json:
                print(*words.lines(finding, style), sep="\n", flush=True)
    everything = [finding for _, findings in found for finding in findings]
    print(
        as_json(found, words, datetime.now().astimezone(), version("moiso"))
        if options.json
        else words.total(everything)
    )
    return FAILED if worst(everything) is Verdict.FAIL else 0


def rooms(site: Configured, now: datetime) -> Iterator[Room]:
    """Every room of this machine, in the order in which it is looked at."""
    yield Room("machine", N_("Máy"), machine.look(site.data_folders, names_needed(site), now))
    for program in PROGRAMS:
        if program in site.found:
            yield Room(program, TITLES[program], _program(site, program, now))


def _program(site: Configured, program: str, now: datetime) -> Iterator[Finding]:
    """One program's room; its own code, and so its libraries, are imported only where it is configured."""
    yield from site.files(program)
    match program:
        case "hub" if site.hub:
            from provisioning.doctor import hub

            yield from hub.look(site, site.hub, now, own_names())
        case "kiosk" if site.kiosk:
            from provisioning.doctor import kiosk

            yield from kiosk.look(site, site.kiosk, now)
        case "board" if site.board:
            from provisioning.doctor import board

            yield from board.look(site, site.board, now, own_names())
        case "screen" if site.screen:
            from provisioning.doctor import screen

            yield from screen.look(site, site.screen, now)
        case "cloud" if site.cloud:
            from provisioning.doctor import cloud

            yield from cloud.look(site, site.cloud, now)


def names_needed(site: Configured) -> list[str]:
    """The host names that the configurations need to be resolved; addresses and this machine are none."""
    hosts = [urlsplit(config.hub.url).hostname for config in (site.kiosk, site.board) if config]
    if site.hub and site.hub.uplink:
        hosts.append(site.hub.uplink.host_port[0])
    if site.hub and site.hub.insurance:
        hosts.append(urlsplit(site.hub.insurance.url).hostname)
    if site.cloud:
        hosts.append(site.cloud.broker.host_port[0])
    return list(dict.fromkeys(host for host in hosts if host and host != "localhost" and not _is_address(host)))


def own_names() -> frozenset[str]:
    """The names and addresses of this machine, in lower case; empty where nobody can tell."""
    try:
        shown = json.loads(output_of("ip", "-json", "address"))
    except (CannotTell, ValueError):
        return frozenset()
    addresses = {info["local"] for link in shown for info in link.get("addr_info", ()) if "local" in info}
    name = socket.gethostname().lower()
    return frozenset({*addresses, name, f"{name}.local", socket.getfqdn().lower(), "localhost"})


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="moiso-doctor",
        description="Look at everything that the MoiSo programs of this machine need, and say what to do.",
        epilog="Nothing is changed, and a device that a running program holds is not touched: the program is asked. "
        "Ends with 0: nothing is red, 1: something is, 2: it could not start.",
    )
    parser.add_argument(
        "--config", metavar="DIR", type=Path, default=SYSTEM_FOLDER, help="the folder of the configuration files"
    )
    parser.add_argument("--lang", choices=("vi", "en"), default="vi", help="the language of the lines")
    parser.add_argument("--json", action="store_true", help="one JSON document, for machines")
    return parser


if __name__ == "__main__":
    main()
