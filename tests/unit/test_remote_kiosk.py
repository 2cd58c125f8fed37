"""A kiosk that the Department takes out of service from afar, and gives back."""

import asyncio
from pathlib import Path

import pytest
from msgspec.structs import replace

from edge.contracts.health import PartState, Reason, Subject
from edge.kiosk import happenings as h
from edge.kiosk import screens as s
from edge.kiosk import upkeep as u
from edge.kiosk.health import kiosk_parts
from edge.kiosk.screens import Outage
from edge.kiosk.state import Session
from edge.kiosk.tending import Tending
from edge.kiosk.words import OUTAGE_WORDS
from tests.kiosk_session import MAU, ME, OUTLOOK, SITE, Kiosk, without_rest
from tests.sites import NOON_MS

OUT = replace(OUTLOOK, kiosks_out=("kiosk-2", ME))
OTHERS = replace(OUTLOOK, kiosks_out=("kiosk-2",))
pytestmark = pytest.mark.req("D4")


@pytest.fixture
def kiosk() -> Kiosk:
    kiosk = Kiosk()
    kiosk.session = replace(kiosk.session, staffed=True)
    kiosk.give(h.ScannerChanged(True))
    kiosk.give(h.SiteChanged(without_rest(SITE), NOON_MS))
    kiosk.give(h.OutlookChanged(OUTLOOK, NOON_MS))
    assert kiosk.shows() == s.Start()
    return kiosk


def test_it_shows_what_staff_put_out_shows_until_the_department_gives_it_back(kiosk: Kiosk) -> None:
    assert kiosk.give(h.OutlookChanged(OTHERS, NOON_MS)) == (), "another kiosk's affair"
    assert kiosk.give(h.OutlookChanged(OUT, NOON_MS)) == (u.KeepShut(True),)
    assert kiosk.shows() == s.OutOfService(Outage.SHUT)
    assert OUTAGE_WORDS[Outage.SHUT] == OUTAGE_WORDS[Outage.WITHDRAWN]
    assert kiosk.give(h.Scanned(MAU)) == ()
    assert kiosk.give(h.OutlookChanged(OUT, NOON_MS)) == (), "kept once"
    assert kiosk.give(h.OutlookChanged(OUTLOOK, NOON_MS)) == (u.KeepShut(False),)
    assert kiosk.shows() == s.Start()


def test_whoever_is_being_served_is_served_and_nobody_after(kiosk: Kiosk) -> None:
    kiosk.give(h.Scanned(MAU))
    kiosk.give(h.OutlookChanged(OUT, NOON_MS))
    assert kiosk.shows() == s.Identified(MAU)
    kiosk.choose()
    assert isinstance(kiosk.shows(), s.Issuing)
    kiosk.session = replace(kiosk.session, screen=s.Identified(MAU))
    kiosk.touch(h.Dismissed)
    assert kiosk.shows() == s.OutOfService(Outage.SHUT)


def test_what_staff_put_out_by_hand_stays_out(kiosk: Kiosk) -> None:
    kiosk.give(u.Withdrawn(True))
    kiosk.give(h.OutlookChanged(OUT, NOON_MS))
    kiosk.give(h.OutlookChanged(OUTLOOK, NOON_MS))
    assert kiosk.shows() == s.OutOfService(Outage.WITHDRAWN)
    kiosk.give(h.OutlookChanged(OUT, NOON_MS))
    kiosk.give(u.Withdrawn(False))
    assert kiosk.shows() == s.OutOfService(Outage.SHUT), "staff cannot give back what the Department took"


def test_staff_come_in_while_it_is_out(kiosk: Kiosk) -> None:
    kiosk.give(h.OutlookChanged(OUT, NOON_MS))
    kiosk.touch(u.StaffTouched)
    assert kiosk.shows() == s.StaffPin()


def test_a_kiosk_that_starts_without_its_hub_keeps_to_the_last_word(kiosk: Kiosk) -> None:
    kiosk.give(u.WasShut())
    assert kiosk.shows() == s.OutOfService(Outage.SHUT)
    assert kiosk.give(h.OutlookChanged(OUTLOOK, NOON_MS)) == (u.KeepShut(False),)
    assert kiosk.shows() == s.Start()


def test_without_any_number_to_give_that_is_what_it_says(kiosk: Kiosk) -> None:
    kiosk.give(h.OutlookChanged(OUT, NOON_MS))
    kiosk.give(h.HubLost())
    assert kiosk.shows() == s.OutOfService(Outage.HUB)


def test_the_hub_is_told_that_it_is_the_departments_doing() -> None:
    session = Session("k", site=SITE, shut=True)
    (numbers,) = [part for part in kiosk_parts(session, 1.0, 9.0) if part.subject is Subject.NUMBERS]
    assert (numbers.state, numbers.reason) == (PartState.WARN, Reason.SHUT)


def test_the_departments_word_and_the_staffs_are_kept_apart_over_a_power_cut(tmp_path: Path) -> None:
    given: list[u.Upkeep] = []

    def begun() -> list[u.Upkeep]:
        given.clear()
        Tending("", tmp_path / "out-of-service", given.append).begin()
        return list(given)

    tending = Tending("", tmp_path / "out-of-service", given.append)
    asyncio.run(tending.keep_shut(True))
    assert begun() == [u.WasShut()]
    asyncio.run(tending.withdraw(True))
    assert begun() == [u.Withdrawn(True), u.WasShut()]
    asyncio.run(tending.keep_shut(False))
    assert begun() == [u.Withdrawn(True)]
