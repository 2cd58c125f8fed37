"""The TV's page in Chromium, as people in the hall see it."""

import time
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import pytest
from msgspec.structs import replace
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

from board_controller.signage import Signage, project
from board_controller.tv.state import ONLINE
from edge.contracts.counter import CounterState, Pause
from edge.contracts.events import CatalogueAdopted
from edge.contracts.hall import Medium, MediumKind, Screen
from edge.contracts.outlook import Hours
from tests.hall import HOUR_MS, MINUTE_MS, Hall, TvServer, catalogue, outlook, tv_server
from tests.tv_page import CONTRASTS
from tests.waiting import until

AMBER = "rgb(255, 180, 0)"


@pytest.fixture
def server() -> Iterator[TvServer]:
    with tv_server() as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_page(viewport={"width": 1920, "height": 1080})
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on(
        "console",
        lambda message: (
            errors.append(message.text) if "Content Security" in message.text or message.type == "warning" else None
        ),
    )
    yield opened
    opened.close()
    assert errors == []


SIZES: dict[str, ViewportSize] = {"wide": {"width": 1920, "height": 1080}, "upright": {"width": 1080, "height": 1920}}


def _busy(counters: int = 8) -> Hall:
    """A morning as it is: some serve, one pauses, one works on online dossiers, one is closed, people wait."""
    hall = _hall(counters)
    for number in range(1, counters + 1):
        service = hall.snapshot.catalogue.counters[number - 1].services[0]
        if number % 8 not in (4, 6, 0):
            hall.call(hall.issue(service, 40 + number), f"q{number}")
        hall.issue(service, 140 + number)
    for number in range(4, counters + 1, 8):
        hall.set(f"q{number}", CounterState.PAUSED, Pause.MEETING)
    for number in range(6, counters + 1, 8):
        hall.set(f"q{number}", CounterState.ONLINE_DOSSIERS)
    return hall


WAITS = {"s0": (25, 40), "s1": (40, 65), "s2": (5, 9), "s3": (10, 20), "s4": (0, 4), "s5": (0, 8)}


def _now_ms() -> int:
    return int(time.time() * 1000)


def _hall(counters: int = 4, name: str = "Trung tâm Y tế huyện Mẫu") -> Hall:
    return Hall(catalogue(counters, name), _now_ms() - 300_000)


@pytest.mark.req("B4", "B5", "T1", "T6", "T11", "T12")
def test_a_call_appears_by_itself_with_its_counter_and_room(server: TvServer, page: Page) -> None:
    hall = _hall()
    first, _ = hall.issue("s0", 47), hall.issue("s0", 48)
    server.show(hall.signage())
    page.goto(server.url)
    tile = page.locator(".tile").first
    expect(tile.locator(".label")).to_have_text("Đóng")
    expect(page.locator("#facility")).to_have_text("Trung tâm Y tế huyện Mẫu · Khoa Khám bệnh")
    hall.call(first, "q1")
    server.show(hall.signage(first))
    expect(tile.locator("h2")).to_have_text("Quầy 1")
    expect(tile.locator(".label")).to_have_text("A047")
    expect(tile.locator(".service")).to_have_text("P.101 · Khám tổng quát")
    expect(tile.locator(".next")).to_have_text("Tiếp theo\u00a0A048")
    expect(page.locator("#now-title")).to_have_text("Mời số")
    expect(page.locator("#now-label")).to_have_text("A047")
    expect(page.locator("#now-where")).to_have_text("Quầy\u00a01 · Phòng\u00a0101")


@pytest.mark.req("B6")
def test_a_new_call_blinks_then_stays_marked_then_is_like_the_others(server: TvServer, page: Page) -> None:
    hall = _hall()
    ticket = hall.issue("s1", 112)
    hall.call(ticket, "q2")
    server.show(hall.signage(ticket))
    page.goto(server.url)
    tile = page.locator(".tile").nth(1)
    for element in (tile, page.locator("#now")):
        expect(element).to_have_css("animation-name", "blink")
        until(partial(_is_amber, element))
        until(partial(_is_not_amber, element))
    server.show(_at(hall, ticket, 20_000))
    expect(tile).to_have_css("animation-name", "none")
    expect(tile).to_have_css("border-top-color", AMBER)
    expect(tile.locator(".label")).to_have_css("color", AMBER)
    expect(page.locator("#now")).to_have_css("background-color", AMBER)
    server.show(_at(hall, ticket, 70_000))
    expect(tile).not_to_have_css("border-top-color", AMBER)
    expect(page.locator("#now-title")).to_have_text("Số gọi gần nhất")


def _background(element: Locator) -> str:
    return str(element.evaluate("element => getComputedStyle(element).backgroundColor"))


def _is_amber(element: Locator) -> bool:
    return _background(element) == AMBER


def _is_not_amber(element: Locator) -> bool:
    return _background(element) != AMBER


def _at(hall: Hall, ticket: str, after_ms: int) -> Signage:
    return project(hall.snapshot, {ticket: 0}, after_ms)


def test_a_screen_that_lost_the_board_says_so_and_since_when_and_catches_up(server: TvServer, page: Page) -> None:
    hall = _hall()
    ticket = hall.issue("s0", 47)
    server.show(hall.signage())
    page.goto(server.url)
    expect(page.locator(".tile")).to_have_count(4)
    expect(page.locator("#lost")).to_be_hidden()
    clock = page.locator("#clock").inner_text()
    server.stop()
    expect(page.locator("#lost")).to_be_visible(timeout=10_000)
    said = page.locator("#lost-since").inner_text()
    assert said.startswith("Mất kết nối từ ")
    assert said.split()[-1] in (clock, page.locator("#clock").inner_text())
    hall.call(ticket, "q1")
    server.start_again()
    server.show(hall.signage())
    expect(page.locator(".tile .label").first).to_have_text("A047", timeout=10_000)
    expect(page.locator("#lost")).to_be_hidden()


def test_a_board_that_lost_the_hub_says_so_and_shows_no_call_as_current(server: TvServer, page: Page) -> None:
    hall = _hall()
    ticket = hall.issue("s0", 47)
    hall.call(ticket, "q1")
    server.show(hall.signage(ticket, lost_since_ms=1_795_312_020_000))  # 08:47 in Vietnam
    page.goto(server.url)
    expect(page.locator("#lost-since")).to_have_text("Mất kết nối từ 08:47")
    expect(page.locator(".tile .label").first).to_have_text("A047")
    expect(page.locator(".call")).to_have_count(0)
    server.show(hall.signage(ticket))
    expect(page.locator("#lost")).to_be_hidden()
    expect(page.locator(".tile.call")).to_have_count(1)


@pytest.mark.req("T12")
def test_the_clock_is_the_boards_whatever_the_tv_believes(server: TvServer, browser: Browser) -> None:
    wrong = browser.new_context(timezone_id="America/New_York")
    page = wrong.new_page()
    page.add_init_script("Date.now = () => 0")
    server.show(_hall().signage())
    page.goto(server.url)
    here = time.gmtime(time.time() + 7 * 3600)
    expect(page.locator("#clock")).to_have_text(f"{here.tm_hour:02d}:{here.tm_min:02d}")
    expect(page.locator("#date")).to_have_text(time.strftime("%d/%m/%Y", here))
    wrong.close()


def test_before_the_hub_was_heard_the_screen_says_what_it_waits_for(server: TvServer, page: Page) -> None:
    page.goto(server.url)
    expect(page.locator("#counters")).to_contain_text("Đang chờ máy chủ của cơ sở…")
    expect(page.locator("#counters [lang=en]")).to_have_text("Waiting for the facility's server…")
    server.show(_hall().signage())
    expect(page.locator(".tile")).to_have_count(4)


@pytest.mark.req("T4", "T5")
def test_a_screen_that_is_not_set_up_says_so_in_both_languages_and_comes_to_life_when_it_is(
    server: TvServer, page: Page
) -> None:
    hall = _hall()
    server.show(hall.signage())
    page.goto(server.url.replace("/tv/1", "/tv/sanh-b"))
    expect(page.locator("#counters")).to_contain_text("Chưa có màn hình “sanh-b”")
    expect(page.locator("#counters [lang=en]")).to_contain_text("There is no screen “sanh-b” yet")
    of = hall.snapshot.catalogue
    in_b = tuple(replace(counter, zone="B" if counter.number > 2 else "A") for counter in of.counters)
    hall.happens(CatalogueAdopted(replace(of, counters=in_b, screens=(Screen("sanh-b", "Sảnh B", zones=("B",)),))))
    server.show(hall.signage())
    expect(page.locator(".tile h2")).to_have_text(["Quầy 3", "Quầy 4"])


@pytest.mark.req("T1", "T2", "T9")
@pytest.mark.parametrize("size", SIZES)
def test_what_each_counter_does_and_how_long_it_takes_can_be_read(server: TvServer, page: Page, size: str) -> None:
    page.set_viewport_size(SIZES[size])
    hall = _busy()
    server.show(hall.signage(outlook=outlook(hall.at_ms, waits_min=WAITS)))
    page.goto(server.url)
    tile = page.locator(".tile")
    expect(tile.nth(0).locator(".next")).to_have_text("Tiếp theo\u00a0A141 · chờ\u00a025–\u206040’")
    expect(tile.nth(3).locator(".label")).to_have_text("Tạm nghỉ")
    expect(tile.nth(3).locator(".next")).to_contain_text("Họp, hội chẩn · từ\u00a0")
    expect(tile.nth(5).locator(".label")).to_have_text(ONLINE)
    expect(tile.nth(5).locator(".next")).to_contain_text("Đang xử lý · từ")
    expect(tile.nth(7).locator(".label")).to_have_text("Đóng")
    for at, away in enumerate([False, False, False, True, False, True, False, True]):
        assert ("away" in (tile.nth(at).get_attribute("class") or "")) is away
    waits = page.locator("#wait-rows")
    expect(waits).to_contain_text("Khám tổng quát25–40 phút")
    expect(waits).to_contain_text("Cấp phát thuốc bảo hiểm y tếdưới 8 phút", timeout=15_000)  # the second page
    server.show(hall.signage(lost_since_ms=_now_ms()))
    expect(page.locator("#waits")).to_be_hidden()


@pytest.mark.req("K11")
@pytest.mark.parametrize("size", SIZES)
def test_a_change_of_room_is_told_in_the_notice_area(server: TvServer, page: Page, size: str) -> None:
    page.set_viewport_size(SIZES[size])
    hall = _busy()
    ticket = hall.issue("s0", 12)
    server.show(hall.signage())
    page.goto(server.url)
    expect(page.locator("#notice")).to_be_visible()
    expect(page.locator("#move")).to_be_hidden()
    hall.move(ticket, "q3")
    server.show(hall.signage(moved=[ticket]))
    expect(page.locator("#move-text")).to_have_text("Số A012 mời sang Phòng\u00a0103")
    expect(page.locator("#move-en")).to_have_text("A012: please go to room\u00a0103")
    expect(page.locator("#notice")).to_be_hidden()
    other = hall.issue("s1", 7)
    hall.move(other, "q2")
    server.show(hall.signage(moved=[ticket, other]))
    expect(page.locator("#move-text")).to_have_text("Số B007 mời sang Phòng\u00a0102", timeout=20_000)
    expect(page.locator("#move-text")).to_have_text("Số A012 mời sang Phòng\u00a0103", timeout=20_000)
    server.show(hall.signage())
    expect(page.locator("#notice")).to_be_visible()


class _Broken:
    """A clip that no browser can play, as the store holds it."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / SHA256
        self._path.write_bytes(b"\0\0\0\x18ftypisom, and nothing else")

    def held(self) -> Mapping[str, tuple[Path, str]]:
        return {SHA256: (self._path, "video/mp4")}


SHA256 = "b" * 64


@pytest.mark.req("T8")
def test_a_clip_that_this_tv_cannot_play_is_left_out_and_named_in_the_boards_health(page: Page, tmp_path: Path) -> None:
    hall = _hall()
    clip = Medium("m1", "Phim hỏng", MediumKind.CLIP, SHA256, 28, 2.0)
    screen = Screen("1", "Sảnh", split="right", playlist=("m1",))
    hall.happens(CatalogueAdopted(replace(hall.snapshot.catalogue, media=(clip,), screens=(screen,))))
    with tv_server(_Broken(tmp_path)) as server:
        server.show(hall.signage())
        page.goto(server.url)
        expect(page.locator(".tile")).to_have_count(4)
        until(lambda: server.tv.unplayable == ["Phim hỏng"], what="the report")
        expect(page.locator("#media")).to_be_hidden()


def _local(at_ms: int) -> time.struct_time:
    return time.gmtime(at_ms / 1000 + 7 * 3600)


@pytest.mark.req("T13")
@pytest.mark.parametrize("size", SIZES)
def test_the_screen_says_by_itself_that_the_hours_are_over_though_the_board_is_gone(
    server: TvServer, page: Page, size: str
) -> None:
    page.set_viewport_size(SIZES[size])
    hall = _busy()
    now_ms = _now_ms()
    opens_ms = (now_ms + 20 * HOUR_MS) // MINUTE_MS * MINUTE_MS
    hours = Hours(spans=((now_ms - 4 * HOUR_MS, now_ms + 6_000),), next_opens_ms=opens_ms)
    server.show(hall.signage(outlook=outlook(hall.at_ms, waits_min=WAITS, hours=hours)))
    page.goto(server.url)
    expect(page.locator("#now-title")).to_have_text("Số gọi gần nhất")
    server.stop()
    expect(page.locator("#now-title")).to_have_text("Hết giờ làm việc", timeout=15_000)
    opens = _local(opens_ms)
    weekday = ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ Nhật")[opens.tm_wday]
    at = f"{opens.tm_hour:02d}:{opens.tm_min:02d}"
    date = f", {weekday} {opens.tm_mday}/{opens.tm_mon}".replace(" ", "\u00a0").replace(",\u00a0", ", ")
    day = "" if opens.tm_mday == _local(now_ms).tm_mday else date
    expect(page.locator("#now-where")).to_have_text(f"Mở cửa lúc {at}{day}")
    expect(page.locator("#now-en")).to_contain_text(f"Closed. Opens at {at}")
    expect(page.locator("#now-label")).to_be_hidden()
    expect(page.locator("#waits")).to_be_hidden()
    server.start_again()


@pytest.mark.req("T13")
def test_lunch_a_holiday_and_the_time_before_the_opening_have_their_own_words(server: TvServer, page: Page) -> None:
    hall = _busy()
    now_ms = _now_ms()
    soon = (now_ms + 1_000, now_ms + HOUR_MS)
    past = (now_ms - 2 * HOUR_MS, now_ms - HOUR_MS)
    tomorrow = now_ms + 24 * HOUR_MS

    def shown(hours: Hours) -> Signage:
        return hall.signage(outlook=outlook(hall.at_ms, hours=hours))

    title = page.locator("#now-title")
    server.show(shown(Hours(spans=(past, (now_ms + HOUR_MS, now_ms + 2 * HOUR_MS)))))
    page.goto(server.url)
    expect(title).to_have_text("Nghỉ giữa giờ")
    server.show(shown(Hours(next_opens_ms=tomorrow, holiday="Tết Nguyên đán", holiday_en="Lunar New Year")))
    expect(title).to_have_text("Hôm nay nghỉ: Tết Nguyên đán")
    expect(page.locator("#now-en")).to_contain_text("Closed today: Lunar New Year. Opens at")
    server.show(shown(Hours(spans=(past,), next_opens_ms=now_ms - 1)))  # told yesterday: nobody knows about today
    expect(title).to_have_text("Số gọi gần nhất")
    server.show(shown(Hours(always=True)))
    expect(title).to_have_text("Số gọi gần nhất")
    server.show(shown(Hours(spans=((now_ms + HOUR_MS, now_ms + 2 * HOUR_MS),))))
    expect(title).to_have_text("Chưa đến giờ làm việc")
    server.show(shown(Hours(spans=(soon,))))
    expect(title).to_have_text("Số gọi gần nhất", timeout=10_000)


def test_a_call_after_hours_is_shown_like_any_other(server: TvServer, page: Page) -> None:
    hall = _busy()
    last = hall.snapshot.calls[0]
    over = Hours(spans=((1, 2),), next_opens_ms=_now_ms() + HOUR_MS)
    server.show(hall.signage(last.ticket, outlook=outlook(hall.at_ms, hours=over)))
    page.goto(server.url)
    expect(page.locator("#now-title")).to_have_text("Mời số")
    expect(page.locator("#now-label")).to_have_text(last.label)


@pytest.mark.parametrize("size", SIZES)
def test_every_text_has_a_contrast_of_seven(server: TvServer, page: Page, size: str) -> None:
    page.set_viewport_size(SIZES[size])
    hall = _busy()
    last = hall.snapshot.calls[0].ticket
    moved = hall.issue("s0", 12)
    hall.move(moved, "q3")
    over = Hours(spans=((1, 2),), next_opens_ms=_now_ms() + HOUR_MS)
    page.emulate_media(reduced_motion="reduce")  # the blink stands still
    for signage in (
        hall.signage(last, outlook=outlook(hall.at_ms, waits_min=WAITS)),
        hall.signage(last, moved=[moved]),
        hall.signage(outlook=outlook(hall.at_ms, hours=over)),
        hall.signage(last, lost_since_ms=_now_ms()),
    ):
        server.show(signage)
        page.goto(server.url)
        expect(page.locator(".tile")).to_have_count(8)
        # A new page hears a moment late that it shall stand still: till then the blink is under way.
        until(lambda: page.evaluate("document.getAnimations().length") == 0, what="the blink standing still")
        assert page.evaluate(CONTRASTS) == []
