"""What stands on the kiosk's page, without a browser."""

import base64
from pathlib import Path

import pytest
from msgspec.structs import replace

from edge.contracts.catalogue import OpeningPeriod, Service, ServiceGroup
from edge.contracts.snapshot import Snapshot
from edge.contracts.ticket import Document, PrintFault, Ticket
from edge.daemon.config import ConfigError
from edge.kiosk import screens as s
from edge.kiosk.config import load_config
from edge.kiosk.hours import hours_text
from edge.kiosk.layout import GAP_PX, HEADING_PX, JOINED_GAP_PX, LEAST_PX, fit
from edge.kiosk.session import Session
from edge.kiosk.view import View
from tests.sites import CATALOGUE, NOON_MS

LOOKUP = "http://127.0.0.1:8080/t/"
SITE = Snapshot(
    epoch="e",
    seq=1,
    at_ms=NOON_MS,
    day="2026-11-23",
    catalogue=CATALOGUE,
    tickets={},
    waiting={"general": ("1" * 32, "2" * 32)},
    at_counter={},
    calls=(),
)
START = Session("kiosk-1", screen=s.Start(), site=SITE, hub_up=True, scanner_up=True)
TICKET = Ticket("a" * 32, "A047", 47, "general", Document.NONE, "kiosk-1", NOON_MS)
PERSON = s.Person("Nguyễn Văn <b>Mẫu</b>", "001099000017", Document.CCCD_QR)


def html(session: Session, *, wall_ms: int = NOON_MS) -> str:
    return View(LOOKUP).screen(session, now_ms=0, wall_ms=wall_ms)


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


def test_a_person_is_greeted_by_name_and_the_number_of_the_card_is_masked() -> None:
    page = html(replace(START, screen=s.Identified(PERSON)))
    assert "•••••••••017" in page
    assert PERSON.id_number not in page
    assert "Nguyễn Văn &lt;b&gt;Mẫu&lt;/b&gt;" in page


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
        *map(s.ScanTrouble, s.ScanProblem),
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


@pytest.mark.parametrize("sizes", [[1], [4, 2], [8, 9, 8, 7, 4, 4], [40], [7] * 5 + [5], [1] * 8])
def test_tiles_keep_the_size_of_a_finger(sizes: list[int]) -> None:
    height_px = 1440
    grid = fit(sizes, height_px, apart=[2, 3], joined=[3, 4])
    if grid.joined:
        rows = -(-(sum(sizes) + len(sizes)) // grid.columns)
        assert height_px / rows >= LEAST_PX + JOINED_GAP_PX
    else:
        assert [-(-size // grid.columns) for size in sizes] == list(grid.rows)
        assert (height_px - HEADING_PX * len(sizes)) / sum(grid.rows) >= LEAST_PX + GAP_PX


def test_days_without_hours_are_left_out_and_hours_after_midnight_of_the_list_are_sorted() -> None:
    afternoon, morning = OpeningPeriod((0, 2), "13:30", "17:00"), OpeningPeriod((0,), "07:00", "11:30")
    assert hours_text((afternoon, morning)) == "Thứ Hai 7:00–11:30, 13:30–17:00 · Thứ Tư 13:30–17:00"
    assert hours_text(()) == ""


CONFIG = """\
name = "kiosk-1"
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
