"""The board controller: LED boards, buttons, loudspeakers, media. A running one is asked, as with the kiosk."""

import shutil
import time
from collections.abc import Iterator, Sequence
from datetime import datetime

from board_controller.buttons import Buttons, open_pins
from board_controller.config import MOCK, BoardConfig
from board_controller.displays import LedBoards
from board_controller.health import Health, LedBoardHealth
from board_controller.press import Action, Answer, Rating
from edge.daemon.config import ConfigError
from edge.devices.links import DeviceUnavailable, open_link
from provisioning.doctor import hub_link, sound
from provisioning.doctor.asking import own_address
from provisioning.doctor.certificates import server_files
from provisioning.doctor.findings import N_, Finding, fail, ok, warn
from provisioning.doctor.programs import asked, holds_devices, page, running, told, unit_state, untried
from provisioning.doctor.site import UNITS, Configured

LED_S = 6.0  # a silent board has been asked three times by then
ROOM_BYTES = 200_000_000  # what a board controller needs beside its media
_LED, _BUTTONS, _SPEAKER, _MEDIA = N_("Bảng LED"), N_("Nút bấm"), N_("Loa"), N_("Ảnh và phim")


def look(site: Configured, config: BoardConfig, now: datetime, own: frozenset[str]) -> Iterator[Finding]:
    """Everything about the board controller of this machine; ``own`` are this machine's names and addresses."""
    unit = unit_state(UNITS["board"], under_systemd=site.under_systemd)
    for listen in config.listen:
        if listen.certificate and listen.key:
            files = server_files(
                "board.certificate", N_("Chứng thư của bảng điều khiển"), listen.certificate, listen.key, now, own
            )
            yield from files
    try:
        where = own_address(config.listen[0])
    except OSError:  # told above
        return
    answer = page(where, "/health")
    yield running("board.program", UNITS["board"], unit, answer, where)
    health = told(answer, Health)
    if health is not None:
        yield asked("board")
        yield from as_told(config, health)
    elif holds_devices(unit, answer):
        yield untried("board")
    else:
        yield from led_boards(config)
        yield from buttons(config)
    if config.speaker:
        yield sound.voices("board.voices")
    for speaker in config.speaker:
        yield sound.player("board.player", speaker.player)
    yield from media_room(config)
    named = {counter.id for counter in config.counter} | {name for led in config.led_board for name in led.counters}
    yield from hub_link.look("board", config.hub, now, frozenset(named))


def as_told(config: BoardConfig, health: Health) -> Iterator[Finding]:
    """What the running board controller says of its devices, by its /health page."""
    for led in health.led_boards:
        yield led_board(led)
    if config.counter:
        yield from button_faults(health.stuck_buttons, health.bouncing_buttons)
    for fault in health.speaker_faults:
        yield fail(
            "board.speaker",
            _SPEAKER,
            N_("im tiếng: {fault}"),
            N_("Xem: aplay -l; speaker.player trong board.toml; dây loa và nguồn của âm-ly."),
            fault=fault,
        )
    yield ok("board.screens", N_("TV"), N_("{count} màn hình đang nối"), count=health.screens)
    if health.media_fault:
        yield fail(
            "board.media",
            _MEDIA,
            N_("không giữ được tệp: {fault}"),
            N_("Dọn đĩa (df -h), tăng [media] most_mb, hoặc xoá bớt tệp trong trang quản trị."),
            fault=health.media_fault,
        )
    elif health.media_missing:
        yield warn(
            "board.media",
            _MEDIA,
            N_("còn {count} tệp chưa tải về"),
            N_("Đợi vài phút rồi chạy lại; nếu vẫn vậy, xem dòng Máy chủ hàng đợi."),
            count=len(health.media_missing),
        )
    if health.unplayable:
        yield warn(
            "board.media.unplayable",
            _MEDIA,
            N_("TV không phát được: {names}"),
            N_("Chuyển phim sang MP4 (H.264, AAC) rồi tải lên lại."),
            names=", ".join(health.unplayable),
        )


def led_board(led: LedBoardHealth) -> Finding:
    """The line on one LED board."""
    where = {"link": led.link, "address": led.address}
    match led.state:
        case "showing":
            return ok("board.led", _LED, N_("{link} địa chỉ {address}: đang hiện đúng"), **where)
        case "sent":
            return ok("board.led", _LED, N_("{link} địa chỉ {address}: đã gửi (loại bảng này không trả lời)"), **where)
        case "silent":
            return fail(
                "board.led",
                _LED,
                N_("{link} địa chỉ {address}: không trả lời"),
                N_("Xem nguồn của bảng, dây RS-485 (A/B có đảo không), địa chỉ và tốc độ trong board.toml."),
                **where,
            )
        case "refusing":
            return fail(
                "board.led",
                _LED,
                N_("{link} địa chỉ {address}: trả lời nhưng không nhận nội dung"),
                N_("Số hàng, thanh ghi hoặc loại bảng trong board.toml không khớp với bảng (docs/configure.md)."),
                **where,
            )
        case _:
            return fail(
                "board.led",
                _LED,
                N_("{link} địa chỉ {address}: không mở được đường dây"),
                N_("Cắm lại bộ chuyển USB-RS485 hoặc dây mạng của bảng. Xem: ls -l /dev/serial/by-id/"),
                **where,
            )


def led_boards(config: BoardConfig) -> Iterator[Finding]:
    """The LED boards themselves, by their drivers; each stays dark until the board controller runs."""
    closed = set()
    for link, baud in {board.link: board.baud for board in config.led_board}.items():
        try:
            open_link(link, baud).close()
        except DeviceUnavailable:
            closed.add(link)
    for board in config.led_board:
        if board.link in closed:
            yield led_board(LedBoardHealth(board.link, board.address, "unknown"))
    open_boards = [board for board in config.led_board if board.link not in closed]
    if not open_boards:
        return
    lines = LedBoards(open_boards)
    lines.start()
    give_up_at = time.monotonic() + LED_S
    while time.monotonic() < give_up_at and any(led.state == "unknown" for led in lines.health()):
        time.sleep(0.05)
    health = lines.health()
    lines.close()
    for led in health:
        yield led_board(led)


def buttons(config: BoardConfig) -> Iterator[Finding]:
    """The buttons' pins themselves: they can be had, and no button is pressed."""
    if not config.counter:
        return
    if config.buttons and config.buttons.pins.startswith(MOCK):
        yield ok("board.buttons", _BUTTONS, N_("chân giả lập: không thử"))
        return
    try:
        found = Buttons(config.counter, open_pins(config.buttons).factory, _nobody)
    except ConfigError as error:
        yield fail(
            "board.buttons",
            _BUTTONS,
            N_("không dùng được các chân GPIO ({error})"),
            N_("Máy này có phải Raspberry Pi không? Chương trình khác giữ chân? Xem: ls -l /dev/gpiochip*; gpioinfo"),
            error=error,
        )
        return
    try:
        yield from button_faults(found.stuck(), [])
    finally:
        found.close()


def button_faults(stuck: Sequence[str], bouncing: Sequence[str]) -> Iterator[Finding]:
    """The lines on buttons; names are ``counter/action``."""
    if stuck:
        yield fail(
            "board.buttons",
            _BUTTONS,
            N_("bị kẹt: {names}"),
            N_("Nhả nút; nếu không ai bấm: nút hỏng, hoặc dây chạm đất."),
            names=", ".join(stuck),
        )
    if bouncing:
        yield warn(
            "board.buttons.bouncing",
            _BUTTONS,
            N_("tiếp xúc chập chờn: {names}"),
            N_("Thay nút, siết lại dây, tách dây khỏi dây điện lưới."),
            names=", ".join(bouncing),
        )
    if not stuck and not bouncing:
        yield ok("board.buttons", _BUTTONS, N_("không nút nào bị kẹt"))


def media_room(config: BoardConfig) -> Iterator[Finding]:
    """Whether the disk has room for as much media as the configuration allows."""
    if config.media is None or not config.media.folder.is_dir():
        return
    used = sum(path.stat().st_size for path in config.media.folder.rglob("*") if path.is_file())
    yield room_for(config.media.most_mb * 1_000_000, used, shutil.disk_usage(config.media.folder).free)


def room_for(most: int, used: int, free: int) -> Finding:
    """Whether media may grow to ``most`` bytes, where they take ``used`` now and ``free`` are left."""
    told_room = {"most": f"{most / 1e9:.1f}", "free": f"{free / 1e9:.1f}"}
    if free < ROOM_BYTES or used + free - ROOM_BYTES < most:
        return warn(
            "board.media.room",
            _MEDIA,
            N_("đĩa còn {free} GB, không đủ cho {most} GB mà cấu hình cho phép"),
            N_("Giảm [media] most_mb trong board.toml, hoặc dùng thẻ lớn hơn."),
            **told_room,
        )
    return ok("board.media.room", _MEDIA, N_("đủ chỗ cho {most} GB"), **told_room)


async def _nobody(_counter: str, _action: Action | Rating) -> Answer:
    raise AssertionError("nobody listens to these buttons")
