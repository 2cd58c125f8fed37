"""The kiosk's devices. A running kiosk is asked how they are; only without one they are opened."""

import queue
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TypeVar

from msgspec import Struct

from edge.daemon.config import ConfigError
from edge.devices.camera import CameraState
from edge.devices.card_reader import ReaderState, Slot
from edge.devices.links import DeviceUnavailable, open_link
from edge.devices.printer import PaperLevel, PrinterStatus
from edge.devices.registry import CameraConfig, open_camera, open_card_reader, open_printer, open_scanner
from edge.kiosk.config import KioskConfig
from provisioning.doctor import databases, hub_link
from provisioning.doctor.asking import Address
from provisioning.doctor.findings import N_, Finding, fail, ok, warn
from provisioning.doctor.programs import asked, holds_devices, page, running, told, unit_state, untried
from provisioning.doctor.site import UNITS, Configured

T = TypeVar("T")

CAMERA_S, READER_S = 25.0, 3.0  # a Pi 4 takes several seconds to load picamera2; systemd starts pcscd when it is wanted
PAGE_S = 20.0  # the page beats every 5 s
_SCANNER, _PRINTER, _READER, _CAMERA = N_("Đầu quét mã"), N_("Máy in"), N_("Đầu đọc thẻ"), N_("Camera")
_FACES, _SCREEN, _NUMBERS = N_("Khuôn mặt"), N_("Màn hình"), N_("Phát số")
_FREE = N_("Chương trình nào khác đang giữ thiết bị? Xem: sudo fuser -v {link}")

_FAULTS = {
    "unreachable": (
        N_("không kết nối được với máy in"),
        N_("Bật máy in, xem dây mạng hoặc dây USB, và địa chỉ trong kiosk.toml ({link})."),
    ),
    "no-answer": (
        N_("máy in nối được nhưng không trả lời"),
        N_("Tắt rồi bật lại máy in. Nếu vẫn vậy: máy in có hiểu ESC/POS không, tốc độ (baud) có đúng không?"),
    ),
    "cover-open": (N_("nắp máy in đang mở"), N_("Đóng chặt nắp máy in.")),
    "paper-out": (
        N_("máy in hết giấy"),
        N_("Lắp cuộn giấy mới (mặt nhiệt ra ngoài), đóng nắp, rồi bấm \"In lại\" ở kiosk cho số vừa rồi."),
    ),
    "offline": (N_("máy in đang ngoại tuyến"), N_("Bấm nút FEED hoặc ONLINE trên máy in; tắt rồi bật lại nó.")),
    "interrupted": (
        N_("lần in cuối bị đứt giữa chừng"),
        N_("Xem dây và nguồn của máy in, rồi in lại ở kiosk."),
    ),
    "cutter": (
        N_("máy in kẹt giấy hoặc kẹt dao cắt"),
        N_("Tắt máy in, mở nắp, lấy giấy kẹt ra, đóng nắp rồi bật lại."),
    ),
    "overheated": (N_("đầu in quá nóng"), N_("Đợi vài phút, máy in tự chạy tiếp. Nếu hay bị: để máy in nơi thoáng.")),
    "broken": (N_("máy in báo hỏng, không tự khắc phục được"), N_("Tắt rồi bật lại; nếu vẫn vậy thì thay máy in.")),
}  # fmt: skip
_OUTAGES = {
    "starting": (N_("kiosk chưa nhận được danh mục"), N_("Xem dòng Máy chủ hàng đợi ở dưới.")),
    "hub": (
        N_("kiosk không lấy được số: mất máy chủ và hết số dự trữ"),
        N_("Xem dòng Máy chủ hàng đợi ở dưới."),
    ),
    "clock": (
        N_("máy chủ chưa mở ngày: đồng hồ của nó không đáng tin"),
        N_("Trên máy chủ: timedatectl; đặt lại giờ, máy chủ tự chạy tiếp."),
    ),
    "shut": (N_("Sở Y tế đã cho kiosk tạm ngưng"), N_("Mở lại ở trang Cấu hình từ xa của Sở.")),
    "catalogue": (N_("danh mục không có dịch vụ nào"), N_("Xuất bản danh mục trong trang quản trị.")),
}


class Health(Struct):
    """What this reads of the kiosk's ``/health``; what an older or later kiosk does not tell is taken for good."""

    outage: str = ""
    alone: bool = False
    scanner: bool | None = True
    card_reader: str = "none"
    camera: str = "none"
    faces: str = "off"
    printer_fault: str = ""
    paper_low: bool = False
    page_seen_s: float | None = None


def look(site: Configured, config: KioskConfig, now: datetime) -> Iterator[Finding]:
    """Everything about the kiosk of this machine."""
    unit = unit_state(UNITS["kiosk"], under_systemd=site.under_systemd)
    host, _, port = config.listen.rpartition(":")
    where = Address(host.strip("[]"), int(port))
    answer = page(where, "/health")
    yield running("kiosk.program", UNITS["kiosk"], unit, answer, where)
    health = told(answer, Health)
    wrong = list(drivers(config))
    yield from wrong
    if health is not None:
        yield asked("kiosk")
        yield from as_told(config, health)
    elif holds_devices(unit, answer):
        yield untried("kiosk")
    elif not wrong:
        yield from devices(config)
    yield from packs(config)
    yield from databases.all_whole("kiosk.database", config.data)
    yield from hub_link.look("kiosk", config.hub, now)


def as_told(config: KioskConfig, health: Health) -> Iterator[Finding]:
    """What the running kiosk says of its devices, by its /health page."""
    yield numbers(health)
    link = config.scanner.link
    if health.scanner:
        yield ok("kiosk.scanner", _SCANNER, N_("có, ở {link}"), link=link)
    else:
        yield scanner_away(link, "")
    yield printer(health.printer_fault, low=health.paper_low, link=config.printer.link)
    if config.card_reader:
        if health.card_reader == "no-reader":
            yield reader_away(config.card_reader.link, "")
        else:
            yield ok("kiosk.card-reader", _READER, N_("sẵn sàng"))
    if config.camera:
        yield camera(health.camera, config.camera.link)
    if health.page_seen_s is None:
        yield warn(
            "kiosk.screen",
            _SCREEN,
            N_("từ khi kiosk chạy, chưa màn hình nào mở trang của nó"),
            N_("Xem: systemctl status moiso-screen. Màn hình có bật không?"),
        )
    elif health.page_seen_s > PAGE_S:
        yield fail(
            "kiosk.screen",
            _SCREEN,
            N_("trang kiosk không còn chạy trên màn hình từ {seconds} giây"),
            N_("sudo systemctl restart moiso-screen; xem dây màn hình."),
            seconds=f"{health.page_seen_s:.0f}",
        )
    else:
        yield ok("kiosk.screen", _SCREEN, N_("trang kiosk đang hiện"))


def numbers(health: Health) -> Finding:
    """Whether a number can be had now."""
    if health.outage == "withdrawn":
        return warn(
            "kiosk.numbers",
            _NUMBERS,
            N_("nhân viên đã cho kiosk tạm nghỉ"),
            N_("Mở lại ở kiosk: giữ đồng hồ trên màn hình 3 giây, nhập mã PIN."),
        )  # fmt: skip
    if health.outage:
        says, advice = _OUTAGES.get(
            health.outage, (N_("kiosk không phát được số ({why})"), N_("Xem: journalctl -u moiso-kiosk -n 30"))
        )
        return fail("kiosk.numbers", _NUMBERS, says, advice, why=health.outage)
    if health.alone:
        return warn(
            "kiosk.numbers",
            _NUMBERS,
            N_("kiosk đang phát số dự trữ vì không thấy máy chủ"),
            N_("Xem dòng Máy chủ hàng đợi ở dưới."),
        )
    return ok("kiosk.numbers", _NUMBERS, N_("lấy được số"))


def drivers(config: KioskConfig) -> Iterator[Finding]:
    """What is wrong with the drivers' names and links; no device is touched."""
    try:
        open_scanner(config.scanner, lambda _scan: None, lambda _present: None)
        open_printer(config.printer)
        if config.card_reader:
            open_card_reader(config.card_reader, lambda _state: None)
        if config.camera:
            open_camera(config.camera, lambda _state: None)
    except ConfigError as error:
        advice = N_("Sửa tệp theo docs/configure.md, rồi: sudo systemctl restart {unit}")
        yield fail("kiosk.drivers", N_("Cấu hình"), "{error}", advice, error=error, unit=UNITS["kiosk"])


def devices(config: KioskConfig) -> Iterator[Finding]:
    """The devices themselves, opened by the kiosk's own drivers and let go again."""
    yield scanner(config)
    device = open_printer(config.printer)
    yield printer_status(device.status(), config.printer.link)
    if config.card_reader:
        states: queue.SimpleQueue[ReaderState] = queue.SimpleQueue()
        reader = open_card_reader(config.card_reader, states.put)
        reader.start()
        state = _last(states.get, lambda seen: seen.slot is not Slot.NO_READER, READER_S)
        reader.stop()
        if state is None or state.slot is Slot.NO_READER:
            yield reader_away(config.card_reader.link, _pcsc_reason(config.card_reader.driver))
        else:
            yield ok("kiosk.card-reader", _READER, "{name}", name=state.reader)
    if config.camera:
        yield camera(_camera_state(config.camera), config.camera.link)


def scanner(config: KioskConfig) -> Finding:
    """Whether the scanner's line opens."""
    link = config.scanner.link
    try:
        open_link(link, config.scanner.baud).close()
    except DeviceUnavailable as error:
        return scanner_away(link, str(error))
    return ok("kiosk.scanner", _SCANNER, N_("có, ở {link}"), link=link)


def scanner_away(link: str, details: str) -> Finding:
    """The scanner is not there."""
    if "lock" in details or "busy" in details.lower():
        return fail("kiosk.scanner", _SCANNER, N_("{link} đang bị chương trình khác giữ"), _FREE, link=link)
    return fail(
        "kiosk.scanner",
        _SCANNER,
        N_("không thấy đầu quét ở {link}"),
        N_("Cắm lại dây USB. Xem: ls -l /dev/serial/by-id/. Đầu quét phải ở chế độ USB-COM (virtual serial)."),
        link=link,
        details=details,
    )


def printer_status(status: PrinterStatus, link: str) -> Finding:
    """What the printer itself has answered."""
    fault = status.fault
    return printer(fault.value if fault else "", low=status.paper is PaperLevel.LOW, link=link, paper=status.paper)


def printer(fault: str, *, low: bool, link: str, paper: PaperLevel | None = None) -> Finding:
    """The line on the printer; ``fault`` is a PrintFault's value, empty where there is none."""
    if fault:
        says, advice = _FAULTS.get(fault, (N_("máy in báo lỗi: {fault}"), N_("Xem máy in và sách của nó.")))
        return fail("kiosk.printer", _PRINTER, says, advice, fault=fault, link=link)
    if low:
        return warn("kiosk.printer", _PRINTER, N_("sắp hết giấy"), N_("Chuẩn bị và thay cuộn giấy sớm."))
    if paper is PaperLevel.UNKNOWN:
        return warn(
            "kiosk.printer",
            _PRINTER,
            N_("sẵn sàng ở {link}, nhưng không cho biết còn giấy hay không"),
            N_("Máy in này không trả lời DLE EOT 4: nhìn cuộn giấy mỗi ngày."),
            link=link,
        )
    return ok("kiosk.printer", _PRINTER, N_("sẵn sàng, có giấy ({link})"), link=link)


def reader_away(link: str, details: str) -> Finding:
    """No card reader, or none whose name fits."""
    told_reason = {"link": link, "details": details}
    if "does not run" in details or "was stopped" in details:
        return fail(
            "kiosk.card-reader", _READER, N_("pcscd không chạy"), N_("sudo systemctl enable --now pcscd.socket")
        )
    if "does not let" in details:
        return fail(
            "kiosk.card-reader",
            _READER,
            N_("pcscd không cho tài khoản này dùng"),
            N_("Thêm quy tắc polkit theo docs/install.md, mục Card readers."),
        )
    return fail(
        "kiosk.card-reader",
        _READER,
        N_("không thấy đầu đọc thẻ nào hợp với {link}"),
        N_("Cắm lại dây USB. Xem: lsusb; systemctl status pcscd.socket. Tên đầu đọc: pcsc_scan -r."),
        **told_reason,
    )


def camera(state: str, link: str) -> Finding:
    """The line on the camera; ``state`` is a CameraState's value."""
    match state:
        case "up":
            return ok("kiosk.camera", _CAMERA, N_("cho hình ({link})"), link=link)
        case "busy":
            return fail("kiosk.camera", _CAMERA, N_("camera {link} đang bị chương trình khác giữ"), _FREE, link=link)
        case "starting":
            return warn(
                "kiosk.camera", _CAMERA, N_("camera {link} đang khởi động"), N_("Chạy lại sau một phút."), link=link
            )
        case "stuck":
            return fail(
                "kiosk.camera",
                _CAMERA,
                N_("camera {link} có mà không cho hình"),
                N_("Rút ra cắm lại; với cáp ruy-băng: tắt máy trước khi cắm."),
                link=link,
            )
        case _:
            return fail(
                "kiosk.camera",
                _CAMERA,
                N_("không thấy camera {link}"),
                N_("Cắm lại. Xem: v4l2-ctl --list-devices, với camera của Pi: rpicam-hello --list-cameras."),
                link=link,
            )


def packs(config: KioskConfig) -> Iterator[Finding]:
    """The files that the kiosk was given: trusted issuers of cards, and the models that compare faces."""
    if config.card_reader and config.card_reader.csca:
        from edge.devices.trust import load_csca

        folder = config.card_reader.csca
        try:
            count = len(load_csca(folder))
        except ConfigError as error:
            yield fail(
                "kiosk.csca",
                _READER,
                "{error}",
                N_("Chép lại chứng thư CSCA vào {folder}."),
                error=error,
                folder=folder,
            )
        else:
            if count:
                yield ok("kiosk.csca", _READER, N_("tin {count} chứng thư CSCA"), count=count)
            else:
                yield warn(
                    "kiosk.csca",
                    _READER,
                    N_("{folder} không có chứng thư CSCA nào: chip đọc được nhưng không xác thực được"),
                    N_("Xin chứng thư CSCA của cơ quan cấp, đặt vào {folder} rồi khởi động lại moiso-kiosk."),
                    folder=folder,
                )
    if config.face.pack:
        from edge.face.model_pack import PackError, load_pack
        from edge.face.runtime import FaceUnavailable

        try:
            pack = load_pack(config.face.pack)
        except (PackError, FaceUnavailable) as error:
            yield fail(
                "kiosk.faces",
                _FACES,
                "{error}",
                N_("Cài lại gói mô hình (docs/face.md); xem: moiso-face check"),
                error=error,
            )
        else:
            parts = [name for name, there in (("embedding", pack.embedder), ("liveness", pack.liveness)) if there]
            yield ok("kiosk.faces", _FACES, N_("gói mô hình dùng được: {parts}"), parts=", ".join(parts))


def _camera_state(config: CameraConfig) -> str:
    states: queue.SimpleQueue[CameraState] = queue.SimpleQueue()
    device = open_camera(config, states.put)
    device.start()
    try:
        return states.get(timeout=CAMERA_S).value
    except queue.Empty:
        return CameraState.STUCK.value
    finally:
        device.stop()


def _last(get: Callable[..., T], good: Callable[[T], bool], within_s: float) -> T | None:
    """The first good thing that comes, else the last one that came in time; None where nothing did."""
    last: T | None = None
    try:
        while last is None or not good(last):
            last = get(timeout=within_s)
    except queue.Empty:
        return last
    return last


def _pcsc_reason(driver: str) -> str:
    """Why there is no reader, in the words of ``edge.devices.pcsc``."""
    if driver != "pcsc":
        return ""
    from edge.devices.pcsc import PcscReaders

    readers = PcscReaders("any")
    try:
        readers.watch(0)
    except DeviceUnavailable as error:
        return str(error)
    finally:
        readers.release()
    return ""
