"""The kiosk's session and what the insurance portal says of the person on the screen (D5)."""

import pytest

from edge.contracts.eligibility import Outcome
from edge.kiosk import happenings as h
from edge.kiosk import screens as s
from edge.kiosk.state import CHOOSE_MS
from tests.kiosk_session import GIA, MAU, SITE, Kiosk
from tests.sites import NOON_MS

VALID = s.Insured(Outcome.VALID, "2026-12-31")


@pytest.fixture
def kiosk() -> Kiosk:
    kiosk = Kiosk()
    kiosk.give(h.ScannerChanged(True))
    kiosk.give(h.SiteChanged(SITE, NOON_MS))
    return kiosk


def asked(effects: tuple[h.Effect, ...]) -> list[h.CheckInsurance]:
    return [effect for effect in effects if isinstance(effect, h.CheckInsurance)]


@pytest.mark.req("D5")
def test_who_shows_a_document_is_asked_about_once_and_the_answer_moves_nothing(kiosk: Kiosk) -> None:
    (check,) = asked(kiosk.give(h.Scanned(MAU)))
    assert check.person == MAU
    assert asked(kiosk.give(h.Scanned(MAU))) == []
    step, until_ms = kiosk.session.step, kiosk.session.until_ms
    kiosk.give(h.InsuranceHeard(check.check, VALID))
    assert kiosk.session.insured == VALID
    assert (kiosk.session.step, kiosk.session.until_ms, kiosk.shows()) == (step, until_ms, s.Identified(MAU))


@pytest.mark.req("D5", "X3")
def test_an_answer_for_somebody_who_has_gone_is_nobodys(kiosk: Kiosk) -> None:
    (first,) = asked(kiosk.give(h.Scanned(MAU)))
    (second,) = asked(kiosk.give(h.Scanned(GIA)))
    kiosk.give(h.InsuranceHeard(first.check, VALID))
    assert kiosk.session.insured is None
    kiosk.give(h.InsuranceHeard(second.check, VALID))
    assert kiosk.session.insured == VALID
    kiosk.give(h.TimedOut(), after_ms=CHOOSE_MS)
    assert kiosk.session.insured is None
    kiosk.give(h.InsuranceHeard(second.check, VALID))
    assert kiosk.session.insured is None


@pytest.mark.req("X3")
def test_what_was_said_of_insurance_is_forgotten_once_a_service_was_chosen(kiosk: Kiosk) -> None:
    (check,) = asked(kiosk.give(h.Scanned(MAU)))
    kiosk.give(h.InsuranceHeard(check.check, VALID))
    kiosk.choose()
    assert kiosk.session.insured is None
    kiosk.give(h.InsuranceHeard(check.check, VALID))
    assert kiosk.session.insured is None


def test_while_the_hub_is_lost_nobody_is_asked_about(kiosk: Kiosk) -> None:
    kiosk.give(h.ReserveChanged(frozenset({"general"})))
    kiosk.give(h.HubLost())
    kiosk.give(h.HubAway())
    assert asked(kiosk.give(h.Scanned(MAU))) == []
