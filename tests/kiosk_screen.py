"""The kiosk's screens as HTML, without a browser."""

import re

from edge.contracts.snapshot import Snapshot
from edge.contracts.ticket import Document, Ticket
from edge.kiosk import screens as s
from edge.kiosk.state import Session
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
    """The screen of this session."""
    return View(LOOKUP).screen(session, now_ms=0, wall_ms=wall_ms)


def words_of(page: str) -> str:
    """The page's words, each a space apart."""
    return " ".join(re.sub("<[^>]*>", " ", page).split())
