"""The machine itself: disk, memory, heat, power, clock, network. Each rule is pure; ``look`` reads what they judge."""

import os
import socket
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from zoneinfo import ZoneInfo

from provisioning.doctor.commands import CannotTell, output_of
from provisioning.doctor.findings import N_, Finding, fail, ok, warn

FREE_WARN, FREE_FAIL = 15, 5  # percent of the disk, and of its inodes
MEMORY_WARN, MEMORY_FAIL = 10, 4  # percent that is available
HOT_WARN, HOT_FAIL = 75, 82  # degrees Celsius; a Pi slows down from 80
NAME_S = 3.0  # for the resolver
SITE_ZONE = "Asia/Ho_Chi_Minh"

_DISK, _MEMORY, _HEAT, _POWER = N_("Đĩa"), N_("Bộ nhớ"), N_("Nhiệt độ"), N_("Nguồn điện")
_CARD, _CLOCK, _NETWORK = N_("Thẻ nhớ"), N_("Đồng hồ"), N_("Mạng")
_NEW_CARD = N_("Thay thẻ nhớ (loại bền, A2 hoặc High Endurance), cài lại máy theo docs/install.md.")

# Of vcgencmd get_throttled: bit, what it says now; the same bit 16 higher: it has happened since the start.
# Source: Raspberry Pi documentation, vcgencmd, get_throttled.
_UNDER_VOLTAGE, _CAPPED, _THROTTLED, _SOFT_LIMIT = 1, 2, 4, 8
_SINCE_START = 16


def look(folders: Sequence[Path], names: Sequence[str], now: datetime) -> Iterator[Finding]:
    """Everything about this machine; ``folders`` must be writable, and ``names`` are those that it must resolve."""
    yield about(version("moiso"), sys.version.split()[0], _text(Path("/proc/device-tree/model")).strip("\0\n"))
    devices = set()
    for folder in (Path("/"), *folders):
        existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
        room, device = os.statvfs(existing), existing.stat().st_dev
        if device not in devices:
            devices.add(device)
            yield from disk(existing, room)
        if folder != Path("/") and room.f_flag & os.ST_RDONLY:
            yield read_only(folder)
    yield from card_life(_block_devices())
    yield from file_system_errors(_ext4_errors())
    yield from memory(_text(Path("/proc/meminfo")), _text(Path("/proc/vmstat")))
    yield from heat(_temperatures())
    yield from power(_throttled())
    yield synchronised(_timedatectl())
    yield time_zone(now.astimezone().utcoffset() or timedelta(), SITE_ZONE, now)
    yield default_route(_text(Path("/proc/net/route")), _text(Path("/proc/net/ipv6_route")))
    yield resolved({name: _resolves(name) for name in names})


def about(moiso: str, python: str, model: str) -> Finding:
    """Which version runs on what; always green."""
    return ok(
        "machine.about",
        N_("Phiên bản"),
        N_("MờiSố {moiso}, Python {python}, {model}"),
        moiso=moiso,
        python=python,
        model=model or os.uname().machine,
    )


def read_only(folder: Path) -> Finding:
    """A folder that a program writes to cannot be written."""
    return fail(
        "machine.disk.read-only",
        _DISK,
        N_("{path} chỉ đọc được: không ghi được gì"),
        N_("Thẻ nhớ lỗi, hoặc lớp phủ chỉ đọc đang bật cho phân vùng dữ liệu. Xem: mount; dmesg | grep -i error."),
        path=folder,
    )


def disk(path: Path, room: os.statvfs_result) -> Iterator[Finding]:
    """How much of a file system is left, in bytes and in files, as ``df`` counts."""
    usable = room.f_blocks - room.f_bfree + room.f_bavail
    if usable:
        yield _left("machine.disk", path, 100 * room.f_bavail / usable, room.f_bavail * room.f_frsize)
    if room.f_files:  # 0 where the file system counts none
        percent = 100 * room.f_favail / room.f_files
        if percent < FREE_WARN:
            judge = fail if percent < FREE_FAIL else warn
            yield judge(
                "machine.inodes",
                _DISK,
                N_("{path}: chỉ còn {percent} % số tệp (inode)"),
                N_("Có thư mục chứa rất nhiều tệp nhỏ. Xem: df -i; sudo du --inodes -xd2 {path} | sort -n | tail."),
                path=path,
                percent=f"{percent:.0f}",
            )


def _left(check: str, path: Path, percent: float, free: int) -> Finding:
    told = {"path": path, "percent": f"{percent:.0f}", "free": f"{free / 1e9:.1f}"}
    if percent >= FREE_WARN:
        return ok(check, _DISK, N_("{path}: còn {percent} % ({free} GB)"), **told)
    judge = fail if percent < FREE_FAIL else warn
    return judge(
        check,
        _DISK,
        N_("{path}: chỉ còn {percent} % ({free} GB)"),
        N_("Dọn bớt: sudo journalctl --vacuum-size=100M; sudo apt-get clean. Xem: sudo du -xd2 {path} | sort -n"),
        **told,
    )


def card_life(devices: Mapping[str, tuple[str, str]]) -> Iterator[Finding]:
    """What eMMC and industrial cards tell of themselves: device → (``life_time``, ``pre_eol_info``) of /sys.

    Source: Linux, Documentation/driver-api/mmc/mmc-dev-attrs; JESD84-B51, 7.4.38 and 7.4.39: life times 0x01 to
    0x0A are tenths that are used up, 0x0B is beyond; pre_eol_info 1 is normal, 2 warns, 3 is urgent.
    """
    for name, (life_time, pre_eol) in devices.items():
        tenths = max((int(word, 16) for word in life_time.split()), default=0)
        end = int(pre_eol, 16) if pre_eol.strip() else 0
        if not tenths and not end:
            continue
        told = {"name": name, "percent": min(tenths, 11) * 10}
        if tenths >= 11 or end >= 3:
            yield fail("machine.card", _CARD, N_("{name} đã dùng hết tuổi thọ ghi"), _NEW_CARD, **told)
        elif tenths >= 9 or end == 2:
            yield warn("machine.card", _CARD, N_("{name} đã dùng tới {percent} % tuổi thọ ghi"), _NEW_CARD, **told)
        else:
            yield ok("machine.card", _CARD, N_("{name} đã dùng tới {percent} % tuổi thọ ghi"), **told)


def file_system_errors(errors: Mapping[str, int]) -> Iterator[Finding]:
    """ext4's own count of errors, by device; it is kept on the disk until fsck has put them right."""
    for name, count in errors.items():
        if count:
            yield fail(
                "machine.file-system",
                _CARD,
                N_("hệ thống tệp trên {name} đã gặp {count} lỗi"),
                N_("Sao lưu ngay, rồi thay thẻ nhớ. Xem: dmesg | grep -i ext4; kiểm tra lúc tắt máy: fsck."),
                name=name,
                count=count,
            )


def memory(meminfo: str, vmstat: str) -> Iterator[Finding]:
    """How much memory is available, and whether the kernel has killed programs for want of it."""
    figures = _figures(meminfo)
    if "MemAvailable:" in figures and figures.get("MemTotal:"):
        percent = 100 * figures["MemAvailable:"] / figures["MemTotal:"]
        told = {"percent": f"{percent:.0f}", "free": f"{figures['MemAvailable:'] / 1024:.0f}"}
        if percent >= MEMORY_WARN:
            yield ok("machine.memory", _MEMORY, N_("còn {percent} % ({free} MB)"), **told)
        else:
            judge = fail if percent < MEMORY_FAIL else warn
            yield judge(
                "machine.memory",
                _MEMORY,
                N_("chỉ còn {percent} % ({free} MB)"),
                N_("Xem chương trình nào dùng nhiều: ps aux --sort=-rss | head. Khởi động lại máy ngoài giờ."),
                **told,
            )
    killed = _figures(vmstat).get("oom_kill", 0)
    if killed:
        yield warn(
            "machine.oom",
            _MEMORY,
            N_("từ lúc khởi động, {count} chương trình đã bị dừng vì hết bộ nhớ"),
            N_("Xem: journalctl -k | grep -i 'out of memory'. Máy cần nhiều bộ nhớ hơn, hoặc bớt việc."),
            count=killed,
        )


def heat(degrees: Mapping[str, float]) -> Iterator[Finding]:
    """The hottest sensor, in degrees Celsius by its name; nothing where there is none."""
    if not degrees:
        return
    hottest = max(degrees.values())
    told = {"degrees": f"{hottest:.0f}"}
    if hottest < HOT_WARN:
        yield ok("machine.heat", _HEAT, N_("{degrees} °C"), **told)
        return
    judge = fail if hottest >= HOT_FAIL else warn
    yield judge(
        "machine.heat",
        _HEAT,
        N_("{degrees} °C: máy sắp hoặc đang chạy chậm lại vì nóng"),
        N_("Làm sạch bụi, gắn tản nhiệt hoặc quạt, đừng để máy trong hộp kín hay nơi có nắng."),
        **told,
    )


def power(throttled: int | None) -> Iterator[Finding]:
    """What a Raspberry Pi says of its supply and of slowing down; None: this is none, and nothing is said."""
    if throttled is None:
        return
    adapter = N_("Dùng bộ nguồn chính hãng (Pi 4: 5,1 V 3 A; Pi 5: 5,1 V 5 A), dây ngắn; bớt thiết bị USB.")
    slow = N_("Làm mát máy; xem thêm dòng Nhiệt độ và Nguồn điện.")
    since = throttled >> _SINCE_START
    if throttled & _UNDER_VOLTAGE:
        yield fail("machine.power", _POWER, N_("ĐANG thiếu điện áp"), adapter)
    elif since & _UNDER_VOLTAGE:
        yield warn("machine.power", _POWER, N_("đã có lúc thiếu điện áp từ khi bật máy"), adapter)
    else:
        yield ok("machine.power", _POWER, N_("đủ điện áp từ khi bật máy"))
    if throttled & (_CAPPED | _THROTTLED | _SOFT_LIMIT):
        yield warn("machine.throttled", _HEAT, N_("máy ĐANG tự chạy chậm lại"), slow)
    elif since & (_CAPPED | _THROTTLED | _SOFT_LIMIT):
        yield warn("machine.throttled", _HEAT, N_("đã có lúc máy tự chạy chậm lại từ khi bật"), slow)


def synchronised(shown: Mapping[str, str] | None) -> Finding:
    """Whether the clock is set over the network, by what ``timedatectl show`` gives; None: it gives nothing."""
    if shown is None:
        return warn(
            "machine.ntp",
            _CLOCK,
            N_("không biết đồng hồ có được đồng bộ qua mạng hay không"),
            N_("Xem: timedatectl (cần systemd)."),
        )
    if shown.get("NTPSynchronized") == "yes":
        return ok("machine.ntp", _CLOCK, N_("được đồng bộ qua mạng"))
    if shown.get("NTP") != "yes":
        return warn(
            "machine.ntp",
            _CLOCK,
            N_("không được đồng bộ qua mạng: đang tắt"),
            N_("sudo timedatectl set-ntp true; mạng kín: đặt máy chủ giờ trong /etc/systemd/timesyncd.conf."),
        )
    return warn(
        "machine.ntp",
        _CLOCK,
        N_("chưa được đồng bộ qua mạng"),
        N_("Xem: timedatectl timesync-status. Tường lửa có cho UDP 123 ra ngoài không?"),
    )


def time_zone(ours: timedelta, site: str, now: datetime) -> Finding:
    """Whether this machine's logs show the site's local time; the programs themselves go by the catalogue's."""
    if now.astimezone(ZoneInfo(site)).utcoffset() == ours:
        return ok("machine.time-zone", _CLOCK, N_("cùng múi giờ với điểm này ({zone})"), zone=site)
    return warn(
        "machine.time-zone",
        _CLOCK,
        N_("múi giờ của máy khác {zone}: giờ trong nhật ký sẽ lệch, số thứ tự thì không"),
        N_("sudo timedatectl set-timezone {zone}"),
        zone=site,
    )


def default_route(ipv4: str, ipv6: str) -> Finding:
    """Whether there is a way out of this network, by /proc/net/route and /proc/net/ipv6_route."""
    rows = (line.split() for line in ipv4.splitlines()[1:])
    out = [row[0] for row in rows if len(row) > 7 and row[1] == "00000000" and row[7] == "00000000"]
    rows = (line.split() for line in ipv6.splitlines())
    out += [row[9] for row in rows if len(row) > 9 and row[0] == "0" * 32 and row[1] == "00" and row[9] != "lo"]
    if out:
        return ok("machine.route", _NETWORK, N_("có đường ra qua {interface}"), interface=out[0])
    return warn(
        "machine.route",
        _NETWORK,
        N_("không có đường ra ngoài (default route)"),
        N_("Dây mạng có cắm không? Xem: ip route; ip addr. Trong một mạng kín thì bỏ qua dòng này."),
    )


def resolved(names: Mapping[str, bool]) -> Finding:
    """Whether the names that the configuration needs can be resolved; the site itself works without."""
    missing = [name for name, found in names.items() if not found]
    if missing:
        return warn(
            "machine.dns",
            _NETWORK,
            N_("không phân giải được tên {names}"),
            N_("Xem DNS: resolvectl, /etc/resolv.conf. Điểm này vẫn phát và gọi số khi không có internet."),
            names=", ".join(missing),
        )
    if not names:
        return ok("machine.dns", _NETWORK, N_("cấu hình không cần phân giải tên nào"))
    return ok("machine.dns", _NETWORK, N_("phân giải được {names}"), names=", ".join(names))


def _figures(text: str) -> dict[str, int]:
    rows = (line.split() for line in text.splitlines())
    return {row[0]: int(row[1]) for row in rows if len(row) > 1 and row[1].isdecimal()}


def _text(path: Path) -> str:
    """Empty where this machine has no such file."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _block_devices() -> dict[str, tuple[str, str]]:
    return {
        folder.name: (_text(folder / "device/life_time"), _text(folder / "device/pre_eol_info"))
        for folder in sorted(Path("/sys/block").glob("mmcblk[0-9]"))
    }


def _ext4_errors() -> dict[str, int]:
    """Of every disk; a loop device is a file on one of them."""
    files = sorted(Path("/sys/fs/ext4").glob("*/errors_count"))
    return {at.parent.name: int(_text(at).strip() or 0) for at in files if not at.parent.name.startswith("loop")}


def _temperatures() -> dict[str, float]:
    texts: Iterable[tuple[str, str]] = (
        (_text(zone / "type").strip(), _text(zone / "temp").strip())
        for zone in Path("/sys/class/thermal").glob("*zone*")
    )
    return {name: int(milli) / 1000 for name, milli in texts if milli.isdecimal()}


def _throttled() -> int | None:
    try:
        return int(output_of("vcgencmd", "get_throttled").strip().partition("=")[2], 16)
    except (CannotTell, ValueError):
        return None


def _timedatectl() -> dict[str, str] | None:
    try:
        shown = output_of("timedatectl", "show")
    except CannotTell:
        return None
    return dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)


def _resolves(name: str) -> bool:
    """Whether the resolver finds it in time; a thread of its own, since it knows no limit itself."""
    found: list[bool] = []

    def ask() -> None:
        try:
            found.append(bool(socket.getaddrinfo(name, None)))
        except OSError:
            found.append(False)

    thread = threading.Thread(target=ask, name="resolver", daemon=True)
    thread.start()
    thread.join(NAME_S)
    return bool(found and found[0])
