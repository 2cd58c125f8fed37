"""``make run``: a whole site on this machine, with simulated devices; Ctrl-C stops it."""

import argparse
import fcntl
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from provisioning.demo.control import Control
from provisioning.demo.site import ACCOUNT, ADMINISTRATOR, FLOOR_LEAD, OFFICER, Ports, Site, clear, provision
from provisioning.demo.supervisor import ProgramFailed, Supervisor

FOLDER = Path(__file__).parents[2] / "demo-data"
WHAT = {
    "workbench": "bàn thiết bị mô phỏng · simulated hardware",
    "broker": "Mosquitto",
    "hub": "máy chủ hàng chờ · queue hub",
    "cloud": "bảng số liệu của Sở · dashboard",
    "ingest": "nhận sự kiện · event ingest",
    "fleet": "theo dõi thiết bị, cảnh báo · devices and alarms",
    "remote": "cấu hình từ xa · remote configuration",
    "phone": "số trên điện thoại · tickets on telephones",
    "kiosk": "kiosk lấy số · kiosk",
    "board": "loa, bảng LED, TV · boards",
}


def main() -> None:
    """Start the demo site and keep it running until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="make run", description=main.__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the site and its data live")
    parser.add_argument("--port-base", type=int, help="nine ports in a row from here, in place of 8000, 8081 …")
    parser.add_argument("--anew", action="store_true", help="delete the site and its data first")
    options = parser.parse_args()
    ports = Ports() if options.port_base is None else Ports.counted_from(options.port_base)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        _run(options.folder, ports, anew=options.anew)
    except KeyboardInterrupt:
        print("\nĐã dừng tất cả. Dữ liệu còn nguyên. · Everything is stopped; the data stays.")


def _run(folder: Path, ports: Ports, *, anew: bool) -> None:
    begin = time.monotonic()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit(f"error: a site already runs in {folder}; stop it first, or choose another --folder")
        _refuse_ports_in_use(ports)
        if anew:
            clear(folder)
        site = provision(folder, ports)
        print(f"MờiSố · {site.catalogue.facility.name} · {site.folder}\n", flush=True)
        programs = site.programs()
        supervisor = Supervisor(programs)
        control = Control(supervisor, site.control_socket)
        try:
            supervisor.start(on_ready=lambda name: _tell_ready(name, time.monotonic() - begin))
            print(_table(site, time.monotonic() - begin), flush=True)
            supervisor.wait()
        except ProgramFailed as error:
            sys.exit(f"error: {error}")
        finally:
            supervisor.stop()
            control.close()


def _refuse_ports_in_use(ports: Ports) -> None:
    busy = ports.in_use()
    if not busy:
        return
    for name, port in busy.items():
        what = name.replace("_", " ")
        print(f"error: port {port}, meant for the {what}, is used by another program", file=sys.stderr)
    sys.exit(
        "Cổng đang bận. Hãy dừng chương trình kia, hoặc chọn dãy cổng khác: make run PORT_BASE=9200\n"
        "Stop the other program, or choose other ports: make run PORT_BASE=9200"
    )


def _tell_ready(name: str, seconds: float) -> None:
    print(f"  ✓ {name:<10} {seconds:5.1f} s   {WHAT[name]}", flush=True)


def _table(site: Site, seconds: float) -> str:
    rows = (
        ("Bàn thiết bị · Workbench", site.addresses["workbench"], "bắt đầu ở đây · start here"),
        ("Kiosk", site.addresses["kiosk"], f"giữ đồng hồ 3 giây · hold the clock for 3 s: {site.passwords.staff_pin}"),
        ("Trang quầy · Counter", site.addresses["counter"], f"{OFFICER} / {site.passwords.officer}"),
        ("  trưởng phòng · floor lead", "", f"{FLOOR_LEAD} / {site.passwords.floor_lead}"),
        ("  quản trị · administrator", "", f"{ADMINISTRATOR} / {site.passwords.administrator}"),
        ("Màn hình TV · TV", site.addresses["tv"], ""),
        ("Số liệu · Dashboard", site.addresses["dashboard"], f"{ACCOUNT} / {site.passwords.account}"),
    )
    lines = [f"\nSẵn sàng sau {seconds:.1f} s · Ready after {seconds:.1f} s\n"]
    lines += _columns(rows)
    lines += ["\nDừng: Ctrl-C. Lần chạy sau tiếp tục với dữ liệu này; `make demo` xoá và làm mới."]
    lines += ["Stop with Ctrl-C. The next run goes on with these data; `make demo` begins anew."]
    return "\n".join(lines)


def _columns(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return [
        "  " + "   ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]


if __name__ == "__main__":
    main()
