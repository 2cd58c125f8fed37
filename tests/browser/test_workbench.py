"""The workbench in Chromium, with the other ends of its wires in the test's hands."""

import io
import os
import select
import socket
import time
import tty
import wave
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from board_controller.boards.line_protocol import SHOW, Frame, Row, encode, encode_picture
from provisioning.demo.cards import CARDS, Card
from provisioning.demo.chips import HALF_WAY
from provisioning.demo.control import Control
from provisioning.demo.site import Ports, Site, provision
from provisioning.demo.supervisor import State, Supervisor
from tests.hub_http import Device
from tests.waiting import until


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return provision(tmp_path_factory.mktemp("demo"), Ports.free())


@pytest.fixture(scope="module")
def supervisor(site: Site) -> Iterator[Supervisor]:
    supervisor = Supervisor(site.programs("workbench", "broker", "hub"))
    control = Control(supervisor, site.control_socket)
    try:
        supervisor.start()
        yield supervisor
    finally:
        supervisor.stop()
        control.close()


@pytest.fixture(scope="module")
def browser_page(site: Site, supervisor: Supervisor, browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1600, "height": 1000})
    yield page
    page.close()


@pytest.fixture
def page(site: Site, browser_page: Page) -> Iterator[Page]:
    faults: list[str] = []
    browser_page.on("pageerror", lambda error: faults.append(str(error)))
    browser_page.on(
        "console", lambda said: faults.append(said.text) if said.type == "error" and "409" not in said.text else None
    )
    browser_page.goto(site.addresses["workbench"])
    expect(browser_page.get_by_text("Máy quét sẵn sàng")).to_be_visible()
    yield browser_page
    assert [fault for fault in faults if "409 (Conflict)" not in fault] == []  # a card laid on where no reader is


def read_line(device: int) -> bytes:
    data = b""
    deadline = time.monotonic() + 5
    while not data.endswith(b"\n") and time.monotonic() < deadline:
        if select.select([device], [], [], 0.1)[0]:
            data += os.read(device, 4096)
    return data


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.id)
def test_a_card_held_under_the_scanner_arrives_on_its_serial_line(site: Site, page: Page, card: Card) -> None:
    device = os.open(site.scanner_link, os.O_RDWR | os.O_NOCTTY)
    try:
        tty.setraw(device)
        page.locator(f"[data-card={card.id}]").click()
        assert read_line(device) == card.line.encode() + b"\r\n"
    finally:
        os.close(device)


def test_an_unplugged_scanner_is_gone_from_the_machine_until_it_is_plugged_in(site: Site, page: Page) -> None:
    page.get_by_role("button", name="Rút dây").click()
    expect(page.get_by_text("Đã rút dây máy quét")).to_be_visible()
    expect(page.locator("[data-card=bhyt]")).to_be_disabled()
    assert not site.scanner_link.exists()
    page.locator("#scanner-plug").click()
    expect(page.locator("[data-card=bhyt]")).to_be_enabled()
    assert site.scanner_link.exists()


def atr(reader: socket.socket) -> tuple[socket.socket, bytes]:
    """The card that is laid on the reader, and its answer to reset, as vsmartcard's protocol has it."""
    card, _ = reader.accept()
    card.settimeout(5)
    card.sendall(b"\x00\x01\x01\x00\x01\x04")
    return card, card.recv(2 + 33)[2:]


def test_a_card_is_laid_on_the_reader_by_hand_and_taken_away_again(site: Site, page: Page) -> None:
    first, second = page.locator("[data-lay=cccd-2021]"), page.locator("[data-lay=cccd-2024]")
    first.click()
    expect(page.get_by_text("Kiosk không chạy, không có đầu đọc")).to_be_visible()
    with socket.create_server(("127.0.0.1", site.ports.card_reader)) as reader:
        reader.settimeout(5)
        first.click()
        expect(first).to_have_text("Nhấc ra")
        expect(page.get_by_text("Trên đầu đọc: Nguyễn Văn Mẫu")).to_be_visible()
        with atr(reader)[0] as card:
            second.click()  # one card at a time
            assert card.recv(1) == b""
        expect(first).to_have_text("Đặt lên đầu đọc")
        card, answer = atr(reader)
        with card:
            assert answer[0] == 0x3B  # ISO/IEC 7816-3: direct convention
            second.click()
            assert card.recv(1) == b""
        expect(page.get_by_text("Đầu đọc thẻ trống")).to_be_visible()


def test_a_card_that_is_pulled_out_half_way_lies_there_no_more(site: Site, page: Page) -> None:
    lay = page.locator("[data-lay=cccd-2021]")
    page.locator("#flaw").select_option("pulled")
    with socket.create_server(("127.0.0.1", site.ports.card_reader)) as reader:
        reader.settimeout(5)
        lay.click()
        with atr(reader)[0] as card:
            expect(lay).to_have_text("Nhấc ra")
            for _ in range(HALF_WAY - 1):
                card.sendall(b"\x00\x05\x00\xb0\x9c\x00\x00")  # READ BINARY of EF.CardAccess
                assert card.recv(300)
            card.sendall(b"\x00\x05\x00\xb0\x9c\x00\x00")
            assert card.recv(1) == b""
    expect(lay).to_have_text("Đặt lên đầu đọc")
    page.locator("#flaw").select_option("")


def test_what_the_printer_is_sent_comes_out_as_a_picture(site: Site, page: Page) -> None:
    expect(page.get_by_text("Chưa in phiếu nào")).to_be_visible()
    with socket.create_connection(("127.0.0.1", site.ports.printer), timeout=5) as printer:
        black = b"\xff" * 72 * 100  # GS v 0: 72 bytes wide, 100 dots high
        printer.sendall(b"\x1b@\x1dv0\x00\x48\x00\x64\x00" + black + b"\x1dVB\x00")
        slip = page.locator("#slip")
        expect(slip).to_be_visible()
        until(lambda: slip.evaluate("slip => slip.complete && slip.naturalWidth") == 576)
    expect(page.locator("#pile img")).to_have_count(1)


def printer_answer(site: Site, question: int) -> int:
    with socket.create_connection(("127.0.0.1", site.ports.printer), timeout=5) as printer:
        printer.sendall(bytes((0x10, 0x04, question)))
        return printer.recv(1)[0]


def test_a_hand_at_the_printer_shows_in_what_it_answers(site: Site, page: Page) -> None:
    assert printer_answer(site, 4) & 0x60 == 0
    page.get_by_role("button", name="Hết", exact=True).click()
    expect(page.get_by_text("Hết giấy · paper out")).to_be_visible()
    assert printer_answer(site, 4) & 0x60 == 0x60  # DLE EOT 4, bits 5 and 6: no paper
    page.get_by_role("button", name="Mở nắp").click()
    expect(page.get_by_text("Nắp đang mở")).to_be_visible()
    assert printer_answer(site, 2) & 0x04  # DLE EOT 2, bit 2: the cover is open
    page.get_by_role("button", name="Mở nắp").click()
    page.get_by_role("button", name="Đủ").click()
    expect(page.get_by_text("Sẵn sàng · ready", exact=True)).to_be_visible()


@pytest.mark.req("B1")
def test_a_call_button_pulls_its_pin_low_and_lets_it_go_and_the_lamp_follows(site: Site, page: Page) -> None:
    site.pins_socket.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as board:
        board.bind(str(site.pins_socket))
        board.listen(1)
        board.settimeout(5)
        panel, _ = board.accept()
        with panel, panel.makefile("rw", encoding="ascii") as lines:
            desk = page.locator("[data-counter=q2]")
            desk.get_by_role("button", name="Mời số").click()
            assert [lines.readline(), lines.readline()] == ["12 low\n", "12 high\n"]
            lines.write("25 high\n")
            lines.flush()
            expect(desk.locator("h3 .lamp")).to_have_class("lamp on")
            expect(page.locator("[data-counter=q1] h3 .lamp")).to_have_class("lamp")


@pytest.mark.req("P3")
def test_a_rating_button_pulls_its_own_pin_and_its_own_lamp_follows(site: Site, page: Page) -> None:
    site.pins_socket.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as board:
        board.bind(str(site.pins_socket))
        board.listen(1)
        board.settimeout(5)
        panel, _ = board.accept()
        with panel, panel.makefile("rw", encoding="ascii") as lines:
            desk = page.locator("[data-counter=q1]")
            desk.get_by_role("button", name="Tạm được").click()
            assert [lines.readline(), lines.readline()] == ["8 low\n", "8 high\n"]
            lines.write("14 high\n")
            lines.flush()
            expect(desk.locator(".ratings .lamp")).to_have_class("lamp on")
            expect(desk.locator("h3 .lamp")).to_have_class("lamp")
    expect(page.locator("[data-counter=q2] .ratings button")).to_have_text(["Rất tốt", "Kém"])
    expect(page.locator("[data-counter=q4] .ratings")).to_have_count(0)


@pytest.mark.req("B6")
def test_the_led_board_shows_what_its_line_says_and_blinks_what_is_called(site: Site, page: Page) -> None:
    picture = encode_picture((Row("1: A047", blink=True), Row("2: B112"), Row(""), Row("Tạm nghỉ")))
    device = os.open(site.led_link, os.O_RDWR | os.O_NOCTTY)
    try:
        tty.setraw(device)
        os.write(device, encode(Frame(1, SHOW, 1, picture)))
        rows = page.locator("#led div")
        expect(rows).to_have_text(["1: A047", "2: B112", "", "Tạm nghỉ"])
        expect(rows.nth(0)).to_have_class("blink")
        expect(rows.nth(1)).not_to_have_class("blink")
        page.get_by_role("button", name="Tắt điện").click()
        expect(rows).to_have_count(0)
        page.get_by_role("button", name="Bật điện").click()
    finally:
        os.close(device)


def silence(seconds: float) -> bytes:
    sound = io.BytesIO()
    with wave.open(sound, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(22050)
        file.writeframes(bytes(int(2 * 22050 * seconds)))
    return sound.getvalue()


def test_what_the_speaker_plays_is_heard_once_someone_has_switched_it_on(site: Site, page: Page) -> None:
    def announce(name: str) -> None:
        (site.recordings / "new").write_bytes(silence(0.3))
        (site.recordings / "new").rename(site.recordings / name)

    played = "() => document.getElementById('player').ended && document.getElementById('player').src"
    announce("0001.wav")
    expect(page.locator("#sounds li")).to_have_count(1)
    assert not page.evaluate(played)
    page.get_by_role("button", name="Bật loa").click()
    announce("0002.wav")
    expect(page.locator("#sounds li")).to_have_count(2)
    until(lambda: page.evaluate(played) == f"{site.addresses['workbench']}sounds/0002.wav")


def test_a_pulled_plug_ends_the_program_and_putting_it_in_starts_it(page: Page, supervisor: Supervisor) -> None:
    plug = page.locator("[data-program=broker]")
    expect(plug).to_contain_text("đang chạy")
    pid = supervisor.pid("broker")
    plug.get_by_role("button", name="Rút").click()
    expect(plug).to_contain_text("đã rút")
    assert not Path(f"/proc/{pid}").exists()
    assert supervisor.states()["broker"] is State.UNPLUGGED
    plug.get_by_role("button", name="Cắm").click()
    expect(plug).to_contain_text("đang chạy")
    assert supervisor.pid("broker") != pid


def number_in(page: Page, place: str) -> int:
    return int(page.locator(place).inner_text().split("/")[0])


@pytest.mark.req("P2")
def test_a_morning_is_started_steered_and_stopped_with_the_keyboard_alone(site: Site, page: Page) -> None:
    page.locator("[data-patients='60']").focus()
    page.keyboard.press("Enter")
    page.locator("[data-speed='60']").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Kịch bản").fill("4711")
    page.locator("#m-trainees summary").focus()
    page.keyboard.press("Enter")
    page.locator("[name=left-out][value=q1]").focus()
    page.keyboard.press("Space")
    expect(page.locator("#m-left-out")).to_have_text(": 1")
    page.keyboard.press("Escape")
    expect(page.locator("[name=left-out][value=q1]")).not_to_be_visible()
    page.locator("#m-start").focus()
    page.keyboard.press("Enter")

    words = page.locator("#morning-words")
    expect(words).to_contain_text("Đang diễn")
    expect(words).to_contain_text("kịch bản 4711")
    expect(words).to_contain_text("Quầy 1: chưa mời ai")
    expect(page.locator("#m-start")).not_to_be_visible()
    expect(page.locator("#m-pause")).to_be_focused()
    until(lambda: number_in(page, "#m-arrived") >= 2, what="people to come")
    until(lambda: number_in(page, "#m-counters") >= 1, what="a counter to call")

    page.get_by_role("button", name="Tạm dừng").click()
    expect(words).to_contain_text("Đang tạm dừng")
    stood = page.locator("#m-clock").inner_text()
    page.locator("[data-speed='10']").click()
    expect(page.locator("[data-speed='10']")).to_have_attribute("aria-pressed", "true")
    assert page.locator("#m-clock").inner_text() == stood
    page.get_by_role("button", name="Chạy tiếp").click()
    expect(words).to_contain_text("Đang diễn")

    page.reload()  # the page is only a window: the morning goes on, and is found again
    expect(words).to_contain_text("Đang diễn")
    page.get_by_role("button", name="Kết thúc").click()
    expect(words).to_contain_text("Đã kết thúc giữa chừng", timeout=40_000)
    expect(page.locator("#m-start")).to_be_visible()
    assert Device(site, "board-1").snapshot().waiting == {}


@pytest.mark.parametrize("bad", ["patients", "speed", "seed"])
def test_a_morning_out_of_bounds_is_not_begun(site: Site, supervisor: Supervisor, bad: str) -> None:
    order = {"type": "StartMorning", "patients": 10, "speed": 10, "seed": 1} | {bad: 10_000_000}
    origin = {"Origin": site.addresses["workbench"].rstrip("/")}
    answer = httpx.post(f"{site.addresses['workbench']}act", json=order, headers=origin, trust_env=False)
    assert answer.status_code == 400


@pytest.mark.req("X1")
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"Origin": "https://example.org"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "example.org"}, 400),
    ],
)
def test_another_website_cannot_touch_the_table(
    site: Site, supervisor: Supervisor, headers: dict[str, str], status: int
) -> None:
    body = b'{"type":"PlugScanner","plugged":false}'
    answer = httpx.post(f"{site.addresses['workbench']}act", content=body, headers=headers, trust_env=False)
    assert answer.status_code == status
    assert site.scanner_link.exists()


def test_the_table_fits_its_screen(page: Page) -> None:
    sizes = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
    assert sizes == [1600, 1000]
