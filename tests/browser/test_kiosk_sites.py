"""The kiosk in Chromium at other sites: one with forty services, one on a day off."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, ViewportSize, expect

from edge.contracts.eligibility import OUTCOME_WORDS
from edge.devices.sim.card.faults import Flaw
from provisioning.demo.cards import CARDS
from provisioning.demo.site import Ports, provision
from tests.kiosk_page import CARD_2021, FLAWS, ID_NUMBER, LANDSCAPE, NAME, PORTRAIT, SMALL, said, settle
from tests.whole_site import WholeSite

LONG_NAMES = (
    ("Khám tổng quát", "General examination"),
    ("Khám sức khỏe định kỳ, lái xe", "Health certificate, driving"),
    ("Y học cổ truyền và phục hồi chức năng", "Traditional medicine, rehabilitation"),
    ("Nội tiết – Đái tháo đường", "Diabetes and endocrinology"),
    ("Tai Mũi Họng", "Ear, nose, throat"),
    ("Mắt", "Eyes"),
    ("Trả kết quả xét nghiệm", "Laboratory results"),
    ("Kế hoạch hóa gia đình", "Family planning"),
)


LONGEST_ON_INSURANCE = max((words.partition(". ")[0] for words in OUTCOME_WORDS.values()), key=len)


@pytest.fixture(scope="module")
def forty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeSite]:
    folder = tmp_path_factory.mktemp("forty")
    lines = ['[facility]\nname = "Bệnh viện Đa khoa khu vực và Phục hồi chức năng Mẫu Đơn"\n']
    lines += ['name_en = "Mau Don Regional General and Rehabilitation Hospital"\ndepartment = "Khoa Khám bệnh"\n']
    lines += ['ward = "Phường Mẫu"\nprovince = "Tỉnh Mẫu"\n']
    for opens, closes, days in (("07:00", "11:30", [0, 1, 2, 3, 4, 5]), ("13:30", "17:00", [0, 1, 2, 3, 4])):
        lines += [f'[[hours]]\nweekdays = {days}\nopens = "{opens}"\ncloses = "{closes}"\n']
    for group in range(6):
        lines += [f'[[groups]]\nid = "g{group}"\nname = "Nhóm dịch vụ {group + 1}"\nname_en = "Services {group + 1}"\n']
    for number in range(40):
        name, name_en = LONG_NAMES[number % len(LONG_NAMES)]
        prefix = chr(65 + number) if number < 26 else f"K{chr(65 + number - 26)}"
        lines += [f'[[services]]\nid = "s{number}"\ngroup = "g{number * 6 // 40}"\nprefix = "{prefix}"\n']
        lines += [f'name = "{name}"\nname_en = "{name_en}"\ncolour = "#1d5fae"\n']
        lines += ['hours = [{weekdays = [0, 1, 2, 3, 4, 5, 6], opens = "00:00", closes = "24:00"}]\n']
    services = [f"s{number}" for number in range(40)]
    lines += [f'[[counters]]\nid = "q1"\nnumber = 1\nroom = "101"\nservices = {services}\n']
    (folder / "catalogue.toml").write_text("".join(lines), encoding="utf-8")
    with WholeSite(provision(folder, Ports.free()), "hub", "kiosk") as running:
        yield running


@pytest.mark.req("K2", "K3")
@pytest.mark.parametrize("viewport", [PORTRAIT, LANDSCAPE, SMALL], ids=["portrait", "landscape", "small"])
def test_forty_services_stand_on_one_screen_in_both_languages(
    forty: WholeSite, browser: Browser, viewport: ViewportSize
) -> None:
    page = browser.new_page(viewport=viewport)
    page.goto(forty.site.addresses["kiosk"])
    expect(page.locator(".tile")).to_have_count(40, timeout=20_000)
    assert page.evaluate(FLAWS) == []
    page.locator("[data-touch=language]").click()
    expect(page.locator("main")).to_have_attribute("lang", "en")
    assert page.evaluate(FLAWS) == []
    page.locator("[data-touch=language]").click()
    expect(page.locator("main")).to_have_attribute("lang", "vi")
    forty.scanner.scan(CARD_2021)
    expect(said(page, NAME)).to_be_visible()
    expect(said(page, "Đặt thẻ lên đầu đọc")).to_be_visible()
    assert page.evaluate(FLAWS) == []
    lay(forty, Flaw.PULLED)
    expect(said(page, "Xin đặt lại thẻ và giữ yên")).to_be_visible()
    assert page.evaluate(FLAWS) == []
    lay(forty)
    expect(said(page, "Đã xác thực bằng chip")).to_be_visible()
    assert page.evaluate(FLAWS) == []
    forty.card_reader.take()
    settle(page)
    page.locator("[data-touch=dismiss]").click()
    page.close()


def lay(running: WholeSite, flaw: Flaw | None = None) -> None:
    """Lay the card of tests.kiosk_page on the reader."""
    card = CARDS[0]
    assert card.holder is not None
    assert card.holder.id_number == ID_NUMBER
    running.card_reader.lay(card.id, card.holder, flaw)


@pytest.mark.req("K10")
@pytest.mark.parametrize("viewport", [PORTRAIT, LANDSCAPE, SMALL], ids=["portrait", "landscape", "small"])
def test_on_a_day_off_the_kiosk_says_so_by_itself_and_when_it_opens(
    day_off: WholeSite, browser: Browser, viewport: ViewportSize
) -> None:
    page = browser.new_page(viewport=viewport)
    page.goto(day_off.site.addresses["kiosk"])
    expect(page.get_by_role("heading", level=1)).to_have_text("Ngoài giờ làm việc.", timeout=20_000)
    expect(said(page, "Hôm nay nghỉ: Ngày nghỉ thử.")).to_be_visible()
    expect(said(page, "Mở cửa lúc 7:00")).to_be_visible()
    assert page.locator("[data-touch=service]").count() == 0
    assert page.evaluate(FLAWS) == []
    settle(page)
    page.locator("[data-touch=language]").click()
    expect(said(page, "Closed today: Trial holiday.")).to_be_visible()
    assert page.evaluate(FLAWS) == []
    settle(page)
    page.locator("[data-touch=language]").click()
    expect(page.locator("main")).to_have_attribute("lang", "vi")
    page.close()


@pytest.fixture(scope="module")
def day_off(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeSite]:
    site = provision(tmp_path_factory.mktemp("day-off"), Ports.free())
    catalogue = site.folder / "catalogue.toml"
    text = re.sub(r"(?m)^\[\[hours\]\]\n(?:\w.*\n)+", "", catalogue.read_text(encoding="utf-8"))
    now = datetime.now(ZoneInfo("Asia/Ho_Chi_Minh")).date()
    days = [
        f'[[special_days]]\ndate = "{now + timedelta(ahead)}"\nname = "Ngày nghỉ thử"\nname_en = "Trial holiday"\n'
        for ahead in (0, 1)
    ]
    hours = '[[hours]]\nweekdays = [0, 1, 2, 3, 4, 5, 6]\nopens = "07:00"\ncloses = "17:00"\n'
    catalogue.write_text("\n".join([text, hours, *days]), encoding="utf-8")
    with WholeSite(site, "hub", "kiosk") as running:
        yield running
