"""A kiosk whose hub asks the insurance portal: what the page says of it, and that nobody waits for it."""

from collections.abc import Iterator

import pytest

from edge.contracts.eligibility import Outcome
from edge.contracts.events import EligibilityChecked
from provisioning.demo.site import Ports, provision
from tests.insurance_portal import InsurancePortal, Mischief
from tests.waiting import until
from tests.whole_site import KioskPage, WholeSite
from tests.wire.test_insurance_api import configure
from tests.wire.test_insurance_api import portal as portal

NAME = "Nguyễn Văn Mẫu"
CARD = f"001099000017|012345678|{NAME}|01021999|Nam|Số 1 phố Giả, Hà Nội|10052021"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, portal: InsurancePortal) -> Iterator[WholeSite]:
    """A hub that knows the portal, and a kiosk."""
    site = provision(tmp_path_factory.mktemp("insured"), Ports.free())
    configure(site, portal.url, portal.ca)
    with WholeSite(site, "hub", "kiosk") as running:
        yield running


@pytest.fixture
def kiosk(running: WholeSite) -> Iterator[KioskPage]:
    page = KioskPage(running.site)
    until(lambda: page.shows('data-touch="service"'), within_s=20, what="the kiosk's services")
    yield page

    def left() -> bool:
        if page.shows('data-touch="dismiss"'):
            page.touch("dismiss")
        return not page.shows(NAME)

    until(left, what="the first screen")


@pytest.mark.req("D5", "D1")
def test_the_kiosk_says_that_the_card_is_valid_and_until_when(running: WholeSite, kiosk: KioskPage) -> None:
    running.scanner.scan(CARD)
    until(lambda: kiosk.shows("Thẻ BHYT còn giá trị sử dụng (31/12/2026)"), what="the portal's word")
    assert running.happened(EligibilityChecked)[-1] == EligibilityChecked("kiosk-1", Outcome.VALID, "000")


@pytest.mark.req("D5")
def test_a_silent_portal_keeps_nobody_from_choosing_a_service(
    running: WholeSite, kiosk: KioskPage, portal: InsurancePortal
) -> None:
    portal.mischief = Mischief.SILENT
    try:
        running.scanner.scan(CARD)
        until(lambda: kiosk.shows(NAME), what="the greeting")
        assert kiosk.shows('<p class="insured" data-live="insured"></p>')

        def touched() -> bool:
            if kiosk.shows('data-touch="service"'):
                kiosk.touch("service", service="general")
            return not kiosk.shows('data-touch="service"')

        until(touched, what="the kiosk to take the touch")
        until(lambda: running.printer.slips, what="the slip")
    finally:
        portal.mischief = Mischief.NONE
