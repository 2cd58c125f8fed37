"""The address in a slip's QR: the cloud's where the hub names it, else the kiosk's own."""

from datetime import date
from pathlib import Path

import pytest
from msgspec import ValidationError, convert
from msgspec.structs import replace
from PIL import Image

from edge.daemon.hub_client import HubClient
from edge.daemon.media import KeptMedia
from edge.devices.scanner import Line
from edge.hub.config import Phone
from edge.kiosk import happenings as h
from edge.kiosk.documents import read_document
from edge.kiosk.slips import Slips
from edge.kiosk.state import Session, link_base
from tests.kiosk_session import OUTLOOK, SITE, ticket

LAN, CLOUD = "http://10.0.0.7:8080/t/", "https://hangcho.example.org/t/"
ALONE = Session(name="kiosk-1", site=SITE)
TOLD = replace(ALONE, outlook=replace(OUTLOOK, lookup_url=CLOUD))


@pytest.mark.req("K9", "P6")
def test_the_slip_leads_to_the_cloud_where_the_hub_says_so(tmp_path: Path) -> None:
    job = h.Print(ticket(), 3, copy=False)

    def printed(own: str, session: Session) -> Image.Image:
        media = KeptMedia(tmp_path, 1, HubClient.__new__(HubClient))
        return Slips(media, own, 384).drawing(session, job)()

    to_hub, to_cloud = printed(LAN, ALONE), printed(CLOUD, ALONE)
    assert to_hub.tobytes() != to_cloud.tobytes()
    assert printed(LAN, TOLD).tobytes() == to_cloud.tobytes()
    assert printed(LAN, replace(ALONE, outlook=OUTLOOK)).tobytes() == to_hub.tobytes()


@pytest.mark.req("P6")
def test_a_slip_of_either_address_is_known_at_the_scanner() -> None:
    today, addresses = date(2026, 11, 23), (LAN, link_base(TOLD, LAN))
    for address in (LAN, CLOUD):
        assert read_document(Line(address + "a" * 32), today, *addresses) == h.SlipScanned("a" * 32)
    for other in ("https://hangcho.example.com/t/", CLOUD + "x", ""):
        assert not isinstance(read_document(Line(other + "a" * 32), today, *addresses), h.SlipScanned)


@pytest.mark.req("X1")
def test_the_public_address_is_https_and_nothing_but_an_address() -> None:
    phone = convert({"public_url": "https://hangcho.example.org"}, Phone)
    assert phone.lookup_url == CLOUD
    assert convert({"public_url": "http://127.0.0.1:8081"}, Phone).lookup_url == "http://127.0.0.1:8081/t/"
    for wrong in (
        "http://hangcho.example.org",
        "https://a/b",
        "https://a?x",
        "https://",
        "javascript:1",
        "https://a b",
    ):
        with pytest.raises(ValidationError):
            convert({"public_url": wrong}, Phone)
