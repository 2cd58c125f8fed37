"""What is said of devices and alarms: for every code there are words, the hub's own, and hostile codes stay text."""

from itertools import product
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cloud.fleet.records import Change, What
from cloud.fleet.rules import Alarm, Cause, Deed, Kind, Level
from cloud.fleet.words import (
    DEEDS,
    KINDS,
    LEVELS,
    NEVER,
    STANDINGS,
    Standing,
    advice,
    change_words,
    lasting,
    part_words,
    place,
    reason_words,
    subject_words,
    todo,
    what,
    which,
)
from edge.contracts.device_words import ADVICE_WORDS, PRESENCE_WORDS, ROLE_WORDS, SILENT_WORDS
from edge.contracts.fleet import FleetPart, Presence, Role
from edge.contracts.health import REASON_WORDS, SUBJECT_WORDS, PartState, Reason, Subject

ALARM = Alarm(Cause("mau-01", "kiosk-1", Kind.PART, "printer"), Level.FAIL, 1_000, "paper-out")


def of(kind: Kind, detail: str = "", reason: str = "", device: str = "", subject: str = "") -> Alarm:
    return Alarm(Cause("mau-01", device, kind, subject), Level.WARN, 1_000, reason, detail)


@pytest.mark.req("D4")
def test_there_are_words_for_every_code() -> None:
    assert set(ADVICE_WORDS) == set(Reason)
    assert set(KINDS) == set(Kind)
    assert set(LEVELS) == set(Level)
    assert set(DEEDS) == set(Deed)
    assert set(STANDINGS) == set(Standing)
    assert set(PRESENCE_WORDS) == set(Presence)
    assert set(ROLE_WORDS) == set(get_args(Role))


@pytest.mark.req("D4")
def test_an_alarm_of_a_part_says_which_what_and_what_to_do() -> None:
    for subject, reason in product(Subject, Reason):
        alarm = of(Kind.PART, "", reason.value, "kiosk-1", subject.value)
        assert what(alarm, str) == f"{SUBJECT_WORDS[subject]}: {REASON_WORDS[reason]}"
        assert todo(alarm, "kiosk", str) == ADVICE_WORDS[reason]


def test_of_several_parts_it_is_said_which() -> None:
    held = of(Kind.PART, "q1/next", "held", "board-1", "buttons/q1/next")
    assert what(held, str) == "Nút bấm (Quầy q1, Mời số): bị kẹt"
    rate = FleetPart("buttons", PartState.FAIL, "held", "q2/rate-5")
    assert part_words(rate, str) == ("Nút bấm", "Quầy q2, Đánh giá 5", "bị kẹt")
    assert which("buttons", "q1/teleport", str) == "Quầy q1, teleport"
    assert which("media", "3", str) == "3 tệp"
    assert which("disk", "sda", str) == "sda"


def test_codes_of_a_newer_hub_are_said_in_general_words() -> None:
    alarm = of(Kind.PART, "", "unknown", "kiosk-1", "unknown")
    assert what(alarm, str) == "Bộ phận khác: có sự cố"
    assert todo(alarm, "kiosk", str) == "Xin báo kỹ thuật."
    assert subject_words("teleporter", str) == "Bộ phận khác"
    assert reason_words("", PartState.WARN, str) == "có sự cố"
    assert advice("", str) == "Xin báo kỹ thuật."


@pytest.mark.parametrize(
    ("alarm", "said"),
    [
        (of(Kind.CERTIFICATE, "19"), "Chứng thư của cơ sở sắp hết hạn: 19 ngày"),
        (of(Kind.CERTIFICATE, "-1"), "Chứng thư của cơ sở đã hết hạn"),
        (of(Kind.CERTIFICATE, "?"), "Chứng thư của cơ sở sắp hết hạn"),
        (of(Kind.CLOCK, "-95"), "Đồng hồ máy chủ của cơ sở chạy sai: 1 phút"),
        (of(Kind.OUTBOX, "7500"), "Số liệu chờ lâu chưa lên trung tâm: 2 giờ 5 phút"),
        (of(Kind.VERSION, "1.7.2"), "Phiên bản phần mềm khác các cơ sở khác: 1.7.2"),
        (of(Kind.VERSION), "Phiên bản phần mềm khác các cơ sở khác"),
        (of(Kind.SITE_SILENT, reason="lost"), "Không có tín hiệu từ cơ sở"),
        (of(Kind.SITE_SILENT, reason=NEVER), "Cơ sở chưa báo lần nào"),
        (of(Kind.DEVICE_SILENT, device="kiosk-1"), "Mất liên lạc"),
    ],
)
def test_an_alarm_says_its_figure(alarm: Alarm, said: str) -> None:
    assert what(alarm, str) == said


def test_what_to_do_about_a_silent_device_depends_on_what_it_is() -> None:
    silent = of(Kind.DEVICE_SILENT, device="k")
    assert todo(silent, "kiosk", str) == SILENT_WORDS["kiosk"]
    assert todo(silent, "", str) == KINDS[Kind.DEVICE_SILENT][1]
    assert todo(of(Kind.SITE_SILENT, reason=NEVER), "", str) != todo(of(Kind.SITE_SILENT), "", str)


def test_an_alarm_says_which_machine_it_is_about() -> None:
    assert place(ALARM, str) == "kiosk-1"
    assert place(of(Kind.PART, subject="disk"), str) == "Máy chủ"
    assert place(of(Kind.SITE_SILENT), str) == ""


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (Change(1, "mau-01", "", What.LINK.value, state="lost"), ("Kết nối", "mất")),
        (Change(1, "mau-01", "", What.LINK.value, state="here"), ("Kết nối", "có lại")),
        (Change(1, "mau-01", "kiosk-1", What.VERSION.value, detail="1.8.0"), ("Phiên bản", "1.8.0")),
        (Change(1, "mau-01", "kiosk-1", What.PRESENCE.value, state="silent"), ("", "Mất liên lạc")),
        (Change(1, "mau-01", "kiosk-1", What.PRESENCE.value, state="removed"), ("", "không còn trong cấu hình")),
        (Change(1, "mau-01", "k", What.PART.value, "printer", "fail", "paper-out"), ("Máy in", "hết giấy")),
        (Change(1, "mau-01", "k", What.PART.value, "printer", "ok"), ("Máy in", "tốt")),
        (Change(1, "mau-01", "k", What.PART.value, "printer", "removed"), ("Máy in", "không còn trong cấu hình")),
        (Change(1, "mau-01", "k", What.PART.value, "tv", "ok", "", "2"), ("TV (2 màn hình)", "tốt")),
    ],
)
def test_a_change_is_told_in_words(change: Change, said: tuple[str, str]) -> None:
    assert change_words(change, str) == said


@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=80), st.sampled_from(list(Kind)))
def test_whatever_stands_in_an_alarm_words_are_found(subject: str, reason: str, detail: str, kind: Kind) -> None:
    alarm = replace(of(kind, detail, reason, "kiosk-1", subject), level=Level.FAIL)
    assert what(alarm, str)
    assert todo(alarm, reason, str)
    change_words(Change(1, "mau-01", "k", What.PART.value, subject, reason, detail, detail), str)
    change_words(Change(1, "mau-01", "k", subject, detail, reason), str)


@given(st.integers(min_value=-1000, max_value=10**11))
def test_a_span_has_at_most_two_units(seconds: int) -> None:
    assert 1 <= sum(word.isdigit() for word in lasting(seconds, str).split()) <= 2
