"""A visit at the kiosk with keys alone, by ear: the real programs, and what the page asks the voice to say."""

import json
import re
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest
from playwright.sync_api import Browser, CDPSession, Page, Request, Response, expect

from edge.contracts.events import TicketIssued
from edge.kiosk.pin import hash_pin
from edge.speech import levels
from provisioning.demo.configuration import quoted
from provisioning.demo.site import Ports, provision
from tests.kiosk_page import CARD_2021, FLAWS, ID_NUMBER, NAME, PORTRAIT, begin_anew, label, settle
from tests.waiting import until
from tests.whole_site import WholeSite

INTRODUCTION = "Hướng dẫn bằng giọng nói. Dùng phím mũi tên để nghe từng mục, phím giữa để chọn."
OFF = "Đã tắt hướng dẫn bằng giọng nói."
WHEN = r"khoảng \d+:\d\d(–\d+:\d\d)?"
ON = "document.documentElement.dataset.guided !== undefined"
AT = "(document.activeElement.dataset.service ?? document.activeElement.dataset.touch)"
PIN = "482915"
T = TypeVar("T")
VIRTUAL_KEYS = {"F15": 126, "F16": 127}  # Playwright's keyboard ends with F12


class Ear:
    """Who stands there with the keypad: presses keys, and hears what the page has said."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.bodies: list[dict[str, Any]] = []
        self.touches: list[dict[str, Any]] = []
        self.refused: list[str] = []
        page.on("request", self._asked)
        page.on("response", self._answered)
        self._keys: CDPSession = page.context.new_cdp_session(page)

    def _asked(self, request: Request) -> None:
        for path, asked in (("/say", self.bodies), ("/touch", self.touches)):
            if request.url.endswith(path):
                asked.append(json.loads(request.post_data or ""))

    def _answered(self, response: Response) -> None:
        if not response.ok:
            self.refused.append(f"{response.status} {response.url}")

    def wait(self, condition: Callable[[], T], what: str) -> T:
        """Wait for what the page asks; its requests come in while the browser is spoken to."""
        return until(lambda: self.page.evaluate("true") and condition(), what=what)

    @property
    def said(self) -> list[str]:
        return [body["text"] for body in self.bodies]

    def press(self, *keys: str) -> str:
        """Press these keys one after another, and hear each; what was said last."""
        for key in keys:
            before = len(self.bodies)
            if key in VIRTUAL_KEYS:
                stroke = {"type": "rawKeyDown", "key": key, "code": key, "windowsVirtualKeyCode": VIRTUAL_KEYS[key]}
                self._keys.send("Input.dispatchKeyEvent", stroke)
            else:
                self.page.keyboard.press(key)
            self.wait(partial(self._more_than, before), f"what is said after {key}")
        return self.said[-1]

    def _more_than(self, before: int) -> bool:
        return len(self.bodies) > before

    def choose(self, heading: str) -> str:
        """Press the middle key, once the screen was there long enough, and hear the next screen."""
        settle(self.page)
        self.page.keyboard.press("Enter")
        return self.hear(heading)

    def hear(self, part: str) -> str:
        """Wait until a text with these words was said; the whole text."""
        return self.wait(lambda: next((text for text in reversed(self.said) if part in text), ""), part)

    def is_on(self) -> bool:
        return bool(self.page.evaluate(ON))

    def walk_to(self, service: str) -> str:
        """Go down from item to item until this one is said; what was said of it."""
        for _ in range(40):
            if self.page.evaluate(AT) == service:
                return self.said[-1]
            self.press("ArrowDown")
        pytest.fail(f"the keys do not come to {service}")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeSite]:
    site = provision(tmp_path_factory.mktemp("site"), Ports.free())
    player = [sys.executable, "-m", "board_controller.sim.speaker", str(site.folder / "heard"), "--fast"]
    config = site.folder / "kiosk.toml"
    given = config.read_text(encoding="utf-8").partition("\n[speaker]")[0]
    given = re.sub("^staff_pin_argon2 .*$", "", given, flags=re.MULTILINE)
    pin = f"staff_pin_argon2 = {quoted(hash_pin(PIN))}\n"
    config.write_text(f"{pin}{given}\n[speaker]\nplayer = {quoted(player)}\n", encoding="utf-8")
    with WholeSite(site, "hub", "kiosk") as running:
        yield running


@pytest.fixture
def ear(running: WholeSite, browser: Browser) -> Iterator[Ear]:
    faults: list[str] = []
    context = browser.new_context(viewport=PORTRAIT)
    page = context.new_page()
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    page.clock.install()
    page.goto(running.site.addresses["kiosk"])
    begin_anew(page)
    until(lambda: page.evaluate("document.documentElement.dataset.voice !== undefined"), what="the voice to be offered")
    ear = Ear(page)
    yield ear
    begin_anew(page)
    assert (faults, ear.refused) == ([], [])
    context.close()


@pytest.mark.req("K1", "K12")
def test_a_whole_visit_by_keys_and_ear_in_vietnamese(running: WholeSite, ear: Ear, tmp_path: Path) -> None:
    papers = len(running.printer.slips)
    first = ear.press("ArrowDown")
    assert first.startswith(f"{INTRODUCTION} Đưa mã QR trên thẻ căn cước vào khe quét. ")
    assert re.search(rf"Tiếp đón\. Đăng ký khám, hướng dẫn, 0 người, {WHEN}\. Mục 1 trên \d+\.$", first), first
    said = ear.walk_to("internal")
    assert re.fullmatch(rf"Khám nội, 0 người, {WHEN}\. Mục 6 trên \d+\.", said), said
    in_order = ear.page.locator("main button:enabled .name").all_inner_texts()
    assert [text.partition(",")[0].rpartition(". ")[2] for text in ear.said[1:]] == [
        name.partition(",")[0] for name in in_order[1:6]
    ]
    assert ear.said[1].startswith("Khám bệnh. "), "the name of a new group comes first"
    ear.page.screenshot(path=tmp_path / "focus.png")
    result = ear.choose("Số của bạn: ")
    assert ear.hear("đang ghi số của bạn…")
    number = label(ear.page)
    places = ear.page.locator(".places").inner_text()
    assert re.fullmatch(
        rf"Số của bạn: {number}\. {places}\. K{WHEN[1:]}\. Bạn là người tiếp theo\. "
        r"Tiếp theo: Thu viện phí → Nhận thuốc\. Xin lấy phiếu và ngồi chờ gọi số\. "
        r"Các nút khác\. Xong\. Mục 1 trên \d+\.",
        result,
    ), result
    assert ear.press("F1") == result
    assert running.happened(TicketIssued)[-1].label == number
    until(lambda: len(running.printer.slips) == papers + 1, what="the slip")
    ear.choose(OFF)
    assert not ear.is_on()
    assert {body["language"] for body in ear.bodies} == {"vi"}
    wavs = until(lambda: list((running.site.folder / "heard").glob("*.wav")), what="the sound")
    assert any(levels.rms_dbfs(levels.from_wave(wav.read_bytes())) > -40 for wav in wavs)


@pytest.mark.req("K6", "K12")
def test_a_whole_visit_by_keys_and_ear_in_english(running: WholeSite, ear: Ear) -> None:
    ear.press("F15", "ArrowUp", "ArrowUp")
    assert re.fullmatch(r"English\. Item \d+ of \d+\.", ear.press("ArrowUp"))
    assert ear.bodies[-1]["language"] == "en"
    first = ear.choose("Hold the QR code of your ID card to the scanner")
    assert re.search(
        r"Registration\. Registration and guidance, \d+ waiting, about \d+:\d\d(–\d+:\d\d)?\. Item 1 of", first
    )
    ear.walk_to("cashier")
    result = ear.choose("Your number: ")
    assert result.startswith(f"Your number: {label(ear.page)}. {ear.page.locator('.places').inner_text()}. About ")
    assert running.happened(TicketIssued)[-1].service == "cashier"
    ear.choose("Spoken guidance is off.")
    assert {body["language"] for body in ear.bodies[4:]} == {"en"}
    assert ear.page.evaluate("document.documentElement.lang") == "vi"


@pytest.mark.req("X6", "K12")
def test_nobodys_name_or_number_is_ever_said(running: WholeSite, ear: Ear) -> None:
    ear.press("ArrowDown")
    running.scanner.scan(CARD_2021)
    known = ear.hear("Hãy chọn dịch vụ. ")
    assert "Đăng ký khám, hướng dẫn" in known, "the focus is on the first service"
    expect(ear.page.locator("main")).to_contain_text(NAME)
    for _ in range(18):
        ear.press("ArrowDown")
    ear.press("F1")
    ear.walk_to("children")
    ear.choose("Số của bạn: ")
    ear.choose(OFF)
    shown = {NAME, ID_NUMBER, ID_NUMBER[-3:], *NAME.split()}
    assert {part for part in shown for text in ear.said if part in text} == set()
    for log in (running.site.folder / "logs").iterdir():
        assert NAME not in log.read_text(encoding="utf-8", errors="replace")


@pytest.mark.req("K12")
def test_the_next_person_finds_no_guidance_and_no_foreign_language(ear: Ear) -> None:
    ear.press("ArrowDown", "+", "+")
    ear.press("ArrowUp", "ArrowUp", "ArrowUp")
    ear.choose("Hold the QR code")
    ear.page.clock.fast_forward(61_000)
    ear.hear("Spoken guidance is off.")
    expect(ear.page.locator("html")).to_have_attribute("lang", "vi")
    assert not ear.is_on()
    said = len(ear.bodies)
    ear.page.keyboard.press("Tab")
    assert ear.page.evaluate("document.activeElement.tagName") == "BUTTON"
    assert len(ear.bodies) == said, "nothing is said to somebody who asked for nothing"
    assert ear.press("F1").startswith(INTRODUCTION)
    assert ear.bodies[-1] == {"text": ear.said[-1], "language": "vi", "volume": 3}


@pytest.mark.req("K12")
def test_escape_on_the_first_screen_and_the_plug_that_is_pulled_end_it(ear: Ear) -> None:
    ear.press("ArrowDown")
    assert ear.press("Escape") == OFF
    assert not ear.is_on()
    ear.press("F15")
    assert ear.is_on()
    assert ear.press("F16") == "", "silence at once"
    assert not ear.is_on()


def test_who_types_on_a_keyboard_and_sees_is_not_spoken_to(ear: Ear) -> None:
    settle(ear.page)
    for _ in range(20):
        ear.page.keyboard.press("Tab")
        if ear.page.evaluate(AT) == "look-up":
            break
    ear.page.keyboard.press("Enter")
    expect(ear.page.locator("#typed")).to_be_focused()
    ear.page.keyboard.type("A12")
    settle(ear.page)
    ear.page.keyboard.press("Escape")
    expect(ear.page.locator("[data-service=general]")).to_be_visible()
    assert ear.bodies == []


@pytest.mark.req("P6", "K12")
def test_a_number_is_looked_up_by_the_keys_of_the_keypad_and_by_typing(ear: Ear) -> None:
    ear.press("ArrowDown")
    ear.walk_to("look-up")
    assert ear.choose("Nhập số in trên phiếu").endswith("Ô nhập số. Chưa nhập số nào. Mục 1 trên 28.")
    assert ear.press("ArrowDown") == "Các chữ cái. A. Mục 2 trên 28."
    assert ear.press("Enter") == "Đã nhập: A."
    assert ear.press("ArrowRight").startswith("Các chữ số. 1. ")
    assert ear.press("Enter") == "Đã nhập: A1."
    assert ear.press("9") == "Đã nhập: A19."
    assert ear.press("Backspace") == "Đã nhập: A1."
    settle(ear.page)
    ear.page.keyboard.press("Enter")
    assert "Không tìm thấy số A1" in ear.hear("Không tìm thấy số")
    settle(ear.page)
    ear.page.keyboard.press("Escape")
    ear.hear("Đưa mã QR")
    assert ear.is_on()


def test_left_and_right_go_from_group_to_group_and_help_said_twice_is_slow(ear: Ear) -> None:
    ear.press("ArrowDown")
    groups = [ear.press("ArrowRight").partition(". ")[0] for _ in range(3)]
    assert groups == ["Khám bệnh", "Cận lâm sàng", "Viện phí và thuốc"]
    assert ear.press("ArrowLeft").startswith("Cận lâm sàng. ")
    assert ear.press("F1").startswith("Đưa mã QR")
    assert ear.press("F1").startswith("Nói chậm. Đưa mã QR")
    assert ear.bodies[-1]["slow"] is True
    assert ear.press("F1").startswith("Nói nhanh như trước. ")
    assert "slow" not in ear.bodies[-1]


def test_the_volume_has_five_steps(ear: Ear) -> None:
    ear.press("ArrowDown")
    assert [ear.press("+") for _ in range(3)] == ["Âm lượng 4 trên 5.", "Âm lượng 5 trên 5.", "Âm lượng 5 trên 5."]
    assert [ear.press("-") for _ in range(5)][-1] == "Âm lượng 1 trên 5."
    assert [body["volume"] for body in ear.bodies] == [3, 4, 5, 5, 4, 3, 2, 1, 1]


@pytest.mark.req("K12")
def test_a_screen_waits_for_who_listens_and_asks_before_it_goes_from_who_does_not(ear: Ear) -> None:
    ear.press("ArrowDown")
    ear.walk_to("priority")
    ear.choose("Bạn thuộc diện ưu tiên nào?")
    step = ear.page.locator("main").get_attribute("data-step")

    def asked_to_stay(times: int) -> bool:
        return stays() == times

    def stays() -> int:
        return sum(touch["touch"] == "stay" and str(touch["step"]) == step for touch in ear.touches)

    for count in (1, 2):
        settle(ear.page)
        ear.page.clock.fast_forward(20_000)
        ear.wait(partial(asked_to_stay, count), "the screen to be asked to stay")
        until(lambda: float(ear.page.locator("main").get_attribute("data-left") or 0) > 25_000, what="more time")
    settle(ear.page)
    ear.page.clock.fast_forward(20_000)  # more than a minute without a key
    asked = ear.hear("Bạn cần thêm thời gian không?")
    assert asked.endswith("Tôi cần thêm thời gian. Mục 1 trên 1.")
    assert stays() == 2
    ear.page.keyboard.press("Enter")
    ear.wait(lambda: stays() == 3, "the screen to stay")
    expect(ear.page.locator("body > .more-time")).to_have_count(0)
    ear.press("ArrowDown")
    assert ear.page.evaluate("document.activeElement.closest('main') !== null")


def test_the_focus_is_plain_to_see_and_hides_nothing(ear: Ear) -> None:
    ear.press("ArrowDown", "ArrowDown", "ArrowDown")
    width = "getComputedStyle(document.activeElement).outlineWidth"
    assert float(str(ear.page.evaluate(width)).removesuffix("px")) >= 4
    assert ear.page.evaluate(FLAWS) == []


@pytest.mark.req("X6")
def test_the_staffs_screens_are_silent(ear: Ear) -> None:
    ear.press("ArrowDown")
    clock = ear.page.locator("[data-hold=staff]").bounding_box()
    assert clock
    ear.page.mouse.move(clock["x"] + 5, clock["y"] + 5)
    ear.page.mouse.down()
    ear.page.clock.fast_forward(3_100)
    ear.page.mouse.up()
    expect(ear.page.locator("main.staff-pin #typed")).to_be_visible()
    said = len(ear.bodies)
    ear.page.keyboard.type(PIN)
    ear.page.keyboard.press("ArrowDown")
    ear.page.keyboard.press("Enter")
    ear.page.keyboard.press("F1")
    expect(ear.page.locator("#typed")).to_have_value(f"{PIN}1")
    assert len(ear.bodies) == said
    settle(ear.page)


def test_who_sees_little_switches_it_on_and_off_by_touch(ear: Ear) -> None:
    if not ear.page.locator("button[data-guide]").count():
        ear.page.evaluate(
            "document.querySelector('.prefs').insertAdjacentHTML('beforeend',"
            " '<button type=button class=button data-guide>Nghe hướng dẫn</button>')"
        )
    ear.page.locator("button[data-guide]").click()
    assert ear.hear(INTRODUCTION).endswith("Mục 1 trên 17.")
    ear.page.locator("button[data-guide]").click()
    ear.hear(OFF)
    assert not ear.is_on()
