"""What stands on the kiosk's page, without a browser."""

import base64
import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from edge.contracts.catalogue import OpeningPeriod, Service, ServiceGroup
from edge.contracts.outlook import Hours, Outlook, ServiceOutlook, Window
from edge.contracts.reading import ReadingFault
from edge.contracts.refusals import WORDS, Refusal
from edge.contracts.ticket import PRIORITY_LAW, PRIORITY_WORDS, PrintFault, Priority, Step
from edge.daemon.config import ConfigError
from edge.daemon.i18n import translations
from edge.kiosk import screens as s
from edge.kiosk.config import load_config
from edge.kiosk.hours import hours_text
from edge.kiosk.state import Session
from tests.kiosk_screen import PERSON, SITE, START, TICKET, html, words_of
from tests.sites import CATALOGUE, NOON_MS


@pytest.mark.req("K1", "K2", "K4")
def test_the_first_screen_has_a_tile_for_every_service_with_letter_colour_and_people_waiting() -> None:
    page = html(START)
    for service in CATALOGUE.services:
        assert f'data-service="{service.id}"' in page
        assert f"--colour:{service.colour}" in page
        assert service.name in page
    assert "2 người" in page


@pytest.mark.req("K5", "K6")
def test_the_head_names_the_facility_and_tells_time_and_opening_hours() -> None:
    page = html(START)
    assert CATALOGUE.facility.name in page
    assert ">12:00<" in page
    assert "Thứ Hai, 23/11/2026" in page
    assert "Giờ làm việc:" in page


def test_a_clock_behind_the_hubs_journal_is_not_shown() -> None:
    assert ">11:50<" not in html(START, wall_ms=NOON_MS - 600_000)


def test_english_is_spoken_throughout() -> None:
    page = html(replace(START, language="en"))
    assert 'lang="en"' in page
    assert "Mau District Health Centre" in page
    assert "2 waiting" in page
    assert "Monday, 23/11/2026" in page


def test_a_missing_scanner_is_not_asked_for() -> None:
    page = html(replace(START, scanner_up=False))
    assert "Máy quét đang hỏng" in page
    assert "khe quét" not in page


def test_a_printer_without_paper_is_told_to_the_staff_before_anyone_is_stranded() -> None:
    assert "máy in: hết giấy" in html(replace(START, printer_fault=PrintFault.PAPER_OUT)).replace("</b>", "")
    assert "máy in" not in html(START)


@pytest.mark.req("K9")
def test_the_number_stands_with_service_counters_rooms_and_people_ahead() -> None:
    page = html(replace(START, screen=s.Taken(TICKET, 14)))
    assert ">A047<" in page
    assert "Khám tổng quát" in page
    assert "Quầy 1, 2 · Phòng 101, 102" in page
    assert "Còn 14 người chờ trước bạn" in page
    assert "data:image/" not in page


def test_without_a_slip_there_is_a_qr_to_photograph_and_a_way_to_print_again() -> None:
    page = html(replace(START, screen=s.Taken(TICKET, 14, fault=PrintFault.PAPER_OUT)))
    assert 'data-touch="reprint"' in page
    assert "Máy in: hết giấy. Nhân viên đã được báo." in page
    picture = page.partition('src="data:image/svg+xml;base64,')[2].partition('"')[0]
    assert base64.b64decode(picture).startswith(b"<svg ")


def test_the_staff_are_not_said_to_know_while_the_hub_is_lost() -> None:
    page = html(replace(START, screen=s.Taken(TICKET, 0, fault=PrintFault.PAPER_OUT), hub_up=False))
    assert "đã được báo" not in page


def test_a_number_of_a_service_that_was_taken_off_the_list_is_still_shown() -> None:
    gone = replace(SITE, catalogue=replace(CATALOGUE, services=CATALOGUE.services[1:]))
    assert ">A047<" in html(replace(START, site=gone, screen=s.Taken(TICKET, 0)))


@pytest.mark.parametrize(
    "screen",
    [
        s.Start(),
        s.Identified(PERSON),
        s.Grounds(PERSON),
        s.Claimed(Priority.MERIT),
        s.LookUp(),
        s.LookedUp("B001"),
        s.Closed(),
        *(s.Refused(reason) for reason in (Refusal.DAY_FULL, Refusal.CLOCK)),
        *map(s.ScanTrouble, s.ScanProblem),
        s.ScanFirst(),
        s.ReadingChip(1, PERSON),
        *(s.ChipTrouble(fault, PERSON) for fault in ReadingFault),
        s.Printing(TICKET, 0),
        s.Taken(TICKET, 0, again=True),
        *(s.Taken(TICKET, 0, fault=fault) for fault in PrintFault),
        *map(s.OutOfService, s.Outage),
    ],
    ids=repr,
)
def test_every_screen_opens_with_a_sentence_in_either_language(screen: s.Screen) -> None:
    vietnamese, english = (
        html(replace(START, screen=screen, language=language)).partition("data-say>")[2].partition("</h1>")[0]
        for language in ("vi", "en")
    )
    assert vietnamese
    assert english
    assert vietnamese != english


def test_before_the_hub_has_spoken_the_page_says_that_the_kiosk_starts() -> None:
    assert "Kiosk đang khởi động" in html(Session("kiosk-1"))


def test_a_colour_too_pale_for_letters_colours_the_edge_only() -> None:
    pale = replace(CATALOGUE.services[0], colour="#ffe680")
    site = replace(SITE, catalogue=replace(CATALOGUE, services=(pale,)))
    page = html(replace(START, site=site))
    assert "--colour:#ffe680" in page
    assert "coloured" not in page


@pytest.mark.req("K3")
def test_services_stand_in_their_groups_in_the_catalogues_order() -> None:
    fees = Service("cashier", "fees", "V", "Thu viện phí", "Cashier", "#5a4fcf")
    catalogue = replace(
        CATALOGUE,
        groups=(ServiceGroup("fees", "Viện phí", "Fees"), *CATALOGUE.groups),
        services=(*CATALOGUE.services, fees),
    )
    page = html(replace(START, site=replace(SITE, catalogue=catalogue)))
    assert page.index("Viện phí") < page.index("Thu viện phí") < page.index("Khám bệnh") < page.index("Khám tổng quát")


@pytest.mark.req("K4")
def test_a_tile_has_its_code_its_icon_and_its_size() -> None:
    general = replace(CATALOGUE.services[0], code="KTQ", icon="kham", size="large")
    page = html(replace(START, site=replace(SITE, catalogue=replace(CATALOGUE, services=(general,)))))
    assert '<span class="letter">KTQ</span>' in page
    assert 'class="icon icon-kham"' in page
    assert 'class="tile tile-large' in page


@pytest.mark.req("K2")
def test_a_service_that_is_switched_off_has_no_tile() -> None:
    off = replace(CATALOGUE.services[0], active=False)
    site = replace(SITE, catalogue=replace(CATALOGUE, services=(off, CATALOGUE.services[1])))
    page = html(replace(START, site=site))
    assert 'data-service="general"' not in page
    assert 'data-service="insurance"' in page


OPENS, CLOSES = NOON_MS - 5 * 3_600_000, NOON_MS + 5 * 3_600_000
OUTLOOK = Outlook(
    at_ms=NOON_MS,
    hours=Hours(((OPENS, CLOSES),), next_opens_ms=OPENS + 86_400_000),
    services={
        "general": ServiceOutlook(
            2, Window(NOON_MS + 41 * 60_000, NOON_MS + 63 * 60_000), 1, tickets=((OPENS, CLOSES),)
        ),
        "insurance": ServiceOutlook(0, None, 0, tickets=((OPENS, NOON_MS - 1),)),
    },
    counters={},
)


@pytest.mark.req("K4")
def test_a_tile_tells_when_a_number_taken_now_would_be_called() -> None:
    assert "khoảng từ 12:40 –13:05" in words_of(html(replace(START, outlook=OUTLOOK)))
    assert "about from 12:40 –13:05" in words_of(html(replace(START, outlook=OUTLOOK, language="en")))
    assert "khoảng" not in html(START)
    assert "khoảng" not in html(replace(START, outlook=OUTLOOK, hub_up=False))


@pytest.mark.req("K10")
def test_a_service_whose_numbers_are_over_for_today_has_a_tile_that_is_off_and_says_why() -> None:
    page = html(replace(START, outlook=OUTLOOK, off=("insurance",)))
    tile = page[: page.index('data-service="insurance"')].rpartition("<button")[2]
    assert "disabled" in tile
    assert "disabled" not in page[: page.index('data-service="general"')]
    assert "Hết giờ phát số" in page
    assert "Đưa mã QR" in page


@pytest.mark.req("K10")
def test_when_every_tile_is_off_nobody_is_asked_for_a_card() -> None:
    page = html(replace(START, outlook=OUTLOOK, off=("general", "insurance")))
    assert "Lúc này không phát số" in page
    assert "Đưa mã QR" not in page
    assert 'data-touch="priority"' not in page


@pytest.mark.req("K10")
def test_a_closed_kiosk_says_when_it_opens_and_names_the_holiday() -> None:
    holiday = replace(OUTLOOK, hours=Hours((), OPENS + 86_400_000, "Tết Nguyên đán", "Lunar New Year"))
    closed = replace(START, screen=s.Closed(), outlook=holiday)
    assert "Ngoài giờ làm việc. Hôm nay nghỉ: Tết Nguyên đán. Mở cửa lúc 7:00 Thứ Ba 24/11." in words_of(html(closed))
    english = words_of(html(replace(closed, language="en")))
    assert "Closed at this hour. Closed today: Lunar New Year. Opens at 7:00 Tuesday 24/11." in english


@pytest.mark.req("K10")
@pytest.mark.parametrize("reason", [Refusal.CLOSED, Refusal.LAST_TICKET])
def test_a_refusal_out_of_hours_says_when_to_come_back(reason: Refusal) -> None:
    page = html(replace(START, screen=s.Refused(reason, OPENS + 86_400_000)))
    assert WORDS[reason] in page
    assert "Phát số lại lúc 7:00 Thứ Ba 24/11." in page
    assert "Phát số lại" not in html(replace(START, screen=s.Refused(reason)))


@pytest.mark.req("K12")
def test_the_legal_grounds_stand_with_their_law_and_none_is_chosen_beforehand() -> None:
    page = html(replace(START, screen=s.Grounds()))
    for ground, words in PRIORITY_WORDS.items():
        offered = ground not in (Priority.NONE, Priority.EMERGENCY)
        assert (words in page) is offered
        assert (f'data-ground="{ground.value}"' in page) is offered
    assert PRIORITY_LAW in page
    assert "checked" not in page
    assert "selected" not in page


@pytest.mark.parametrize("ground", Priority)
def test_every_legal_ground_has_its_english(ground: Priority) -> None:
    english = translations("en", "edge.kiosk")
    assert english.gettext(PRIORITY_WORDS[ground]) != PRIORITY_WORDS[ground]
    assert english.gettext(PRIORITY_LAW) != PRIORITY_LAW


@pytest.mark.req("K9")
def test_the_number_stands_with_time_room_ground_and_what_follows() -> None:
    given = replace(TICKET, room="q2", priority=Priority.FROM_75, steps=(Step("insurance"),))
    wait = Window(NOON_MS + 41 * 60_000, NOON_MS + 63 * 60_000)
    page = words_of(html(replace(START, screen=s.Taken(given, 14, wait=wait))))
    assert "Quầy 2 · Phòng 102" in page
    assert "Dự kiến gọi 12:40–13:05" in page
    assert "Ưu tiên: từ đủ 75 tuổi Luật 15/2023/QH15, Điều 3" in page
    assert "Tiếp theo: Khám BHYT" in page


@pytest.mark.req("K12")
def test_a_claim_is_shown_as_one_that_the_staff_will_check() -> None:
    page = words_of(html(replace(START, screen=s.Taken(replace(TICKET, claim=Priority.PREGNANT), 1))))
    assert "Bạn chọn ưu tiên: phụ nữ mang thai Nhân viên sẽ kiểm tra giấy tờ." in page
    page = words_of(html(replace(START, screen=s.Claimed(Priority.PREGNANT))))
    assert "Ưu tiên: phụ nữ mang thai Nhân viên sẽ kiểm tra giấy tờ." in page


@pytest.mark.req("P6")
def test_the_keypad_has_the_letters_in_use_and_the_digits() -> None:
    page = html(replace(START, screen=s.LookUp()))
    assert re.findall('data-key="([^"]*)"', page) == [*"AB", *"1234567890", ""]


@pytest.mark.req("P6")
def test_a_number_that_is_looked_up_is_found_live_or_not_at_all() -> None:
    site = replace(SITE, tickets={TICKET.id: TICKET}, waiting={"general": ("1" * 32, TICKET.id)})
    session = replace(START, site=site, screen=s.LookedUp("a47"))
    assert ">A047<" in html(session)
    assert "Còn khoảng 1 người chờ trước" in html(session)
    missing = html(replace(session, screen=s.LookedUp("<b>9")))
    assert "Không tìm thấy số &lt;B&gt;9 trong số người đang chờ." in missing


def test_days_without_hours_are_left_out_and_hours_after_midnight_of_the_list_are_sorted() -> None:
    afternoon, morning = OpeningPeriod((0, 2), "13:30", "17:00"), OpeningPeriod((0,), "07:00", "11:30")
    assert hours_text((afternoon, morning)) == "Thứ Hai 7:00–11:30, 13:30–17:00 · Thứ Tư 13:30–17:00"
    assert hours_text(()) == ""


CONFIG = """\
name = "kiosk-1"
data = "data"
listen = "192.0.2.7:8081"
lookup_url = "http://127.0.0.1:8080/t/"
[hub]
url = "https://127.0.0.1:8443"
ca = "ca.crt"
token_file = "token"
[scanner]
driver = "serial-line"
link = "/dev/ttyACM0"
[printer]
driver = "escpos"
link = "tcp:127.0.0.1:9100"
"""


def test_a_page_for_more_than_the_kiosks_own_screen_is_refused(tmp_path: Path) -> None:
    config = tmp_path / "kiosk.toml"
    config.write_text(CONFIG)
    with pytest.raises(ConfigError, match=r"kiosk\.toml: listen is '192\.0\.2\.7:8081'.*loopback"):
        load_config(config)
    config.write_text(CONFIG.replace("192.0.2.7", "127.0.0.1"))
    assert load_config(config).listen == "127.0.0.1:8081"


def test_an_unknown_key_is_an_error_that_names_it(tmp_path: Path) -> None:
    config = tmp_path / "kiosk.toml"
    config.write_text(CONFIG.replace("192.0.2.7", "127.0.0.1") + "colour = 1\n")
    with pytest.raises(ConfigError, match=r"kiosk\.toml: .*colour"):
        load_config(config)
