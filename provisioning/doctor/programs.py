"""Whether a program runs: what systemd says of its unit, and whether its page answers."""

from enum import Enum
from pathlib import Path
from typing import TypeVar

import msgspec

from provisioning.doctor.asking import Address, Answer, NoAnswer, NotTrusted, get
from provisioning.doctor.commands import CannotTell, output_of
from provisioning.doctor.findings import N_, Finding, fail, ok, warn

T = TypeVar("T")

SUBJECT = N_("Chương trình")
_SYSTEMD = Path("/run/systemd/system")  # sd_booted(3)
_LOG = N_("Xem vì sao: journalctl -u {unit} -n 30")


class Unit(Enum):
    """What systemd says of a unit; NONE: this machine has no systemd, or the program is not under it."""

    ACTIVE = "active"
    STARTING = "activating"
    FAILED = "failed"
    STOPPED = "inactive"
    NONE = "none"


# ActiveState of systemd's D-Bus API (org.freedesktop.systemd1, Units)
_STATES = {unit.value: unit for unit in Unit} | {
    "reloading": Unit.ACTIVE,
    "refreshing": Unit.ACTIVE,
    "deactivating": Unit.STARTING,
    "maintenance": Unit.STARTING,
}


def unit_state(unit: str, *, under_systemd: bool) -> Unit:
    """What systemd says of it now."""
    if not under_systemd or not _SYSTEMD.is_dir():
        return Unit.NONE
    try:  # is-active ends with 3 where it is not
        said = output_of("systemctl", "show", "--property=ActiveState", "--value", unit).strip()
    except CannotTell:
        return Unit.NONE
    return _STATES.get(said, Unit.NONE)


def page(address: Address, path: str) -> Answer | NoAnswer | NotTrusted:
    """What the program's own page says, or why it says nothing."""
    try:
        return get(address, path)
    except (NoAnswer, NotTrusted) as error:
        return error


def holds_devices(unit: Unit, answer: Answer | NoAnswer | NotTrusted) -> bool:
    """Whether the program may have its devices open now: then nobody else may open them."""
    if isinstance(answer, NoAnswer) and answer.why == "refused":
        return unit in (Unit.ACTIVE, Unit.STARTING)
    return True


def running(check: str, unit_name: str, unit: Unit, answer: Answer | NoAnswer | NotTrusted, where: Address) -> Finding:
    """The line on the program as a whole."""
    told: dict[str, object] = {"unit": unit_name, "where": where}
    if isinstance(answer, Answer):
        if unit in (Unit.ACTIVE, Unit.NONE):
            return ok(check, SUBJECT, N_("{unit} đang chạy, {where} trả lời sau {ms} ms"), **told, ms=answer.took_ms)
        return warn(
            check,
            SUBJECT,
            N_("{unit} trả lời, nhưng không phải do systemd chạy ({state})"),
            N_("Có ai chạy chương trình bằng tay không? Dừng nó, rồi: sudo systemctl enable --now {unit}"),
            **told,
            state=unit.value,
        )
    if isinstance(answer, NotTrusted):
        return fail(
            check,
            SUBJECT,
            N_("{unit} đang dùng chứng thư khác với tệp trên đĩa, hoặc chứng thư đó hết hạn"),
            N_("sudo systemctl restart {unit}"),
            **told,
        )
    match unit:
        case Unit.ACTIVE:
            return fail(
                check,
                SUBJECT,
                N_("{unit} đang chạy nhưng trang {where} không trả lời"),
                N_("sudo systemctl restart {unit}; xem trước: journalctl -u {unit} -n 30"),
                **told,
            )
        case Unit.STARTING:
            return fail(check, SUBJECT, N_("{unit} khởi động mãi chưa xong, hoặc cứ dừng rồi chạy lại"), _LOG, **told)
        case Unit.FAILED:
            return fail(
                check,
                SUBJECT,
                N_("{unit} đã dừng vì lỗi (mã 78: cấu hình sai)"),
                N_("Xem vì sao: journalctl -u {unit} -n 30; sửa xong: sudo systemctl restart {unit}"),
                **told,
            )
        case Unit.STOPPED:
            return fail(check, SUBJECT, N_("{unit} không chạy"), N_("sudo systemctl enable --now {unit}"), **told)
        case Unit.NONE:
            return fail(
                check, SUBJECT, N_("{unit} không chạy: {where} không trả lời"), N_("Khởi động chương trình."), **told
            )


def asked(program: str) -> Finding:
    """Says that the lines below come from the running program, which keeps its devices."""
    return ok(
        f"{program}.devices",
        N_("Thiết bị"),
        N_("hỏi chương trình đang chạy (/health), không động tới thiết bị mà nó đang giữ"),
    )


def untried(program: str) -> Finding:
    """The program may hold its devices and does not answer: nobody touches them."""
    return warn(
        f"{program}.devices",
        N_("Thiết bị"),
        N_("không được thử: chương trình có thể đang giữ chúng mà không trả lời"),
        N_("Dừng chương trình rồi xem lại: sudo systemctl stop {unit}; sudo moiso-doctor; sudo systemctl start {unit}"),
        unit=f"moiso-{program}",
    )


def only_unit(check: str, unit_name: str, unit: Unit) -> Finding | None:
    """The line on a program that has no page; None where systemd does not know of it."""
    match unit:
        case Unit.NONE:
            return None
        case Unit.ACTIVE:
            return ok(check, SUBJECT, N_("{unit} đang chạy"), unit=unit_name)
        case _:
            return fail(check, SUBJECT, N_("{unit} không chạy ({state})"), _LOG, unit=unit_name, state=unit.value)


def told(answer: Answer | NoAnswer | NotTrusted, shape: type[T]) -> T | None:
    """What a program's health page tells; None where it told nothing that we understand."""
    if not isinstance(answer, Answer):
        return None
    try:
        return msgspec.json.decode(answer.body, type=shape)
    except (msgspec.ValidationError, msgspec.DecodeError):
        return None
