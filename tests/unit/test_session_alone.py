"""The kiosk's screens while the hub cannot be reached and numbers come from the kiosk's own reserve."""

import pytest
from msgspec.structs import replace

from edge.contracts.commands import Done
from edge.contracts.refusals import Refusal
from edge.contracts.ticket import PrintFault
from edge.kiosk import happenings as h
from edge.kiosk import screens as s
from edge.kiosk.screens import Outage
from edge.kiosk.session import outage
from edge.kiosk.state import Session
from edge.kiosk.view import View
from tests.kiosk_session import MAU, SITE, Kiosk, site_with, ticket
from tests.sites import NOON_MS, command_id

pytestmark = pytest.mark.req("K1", "X4")


def ready() -> Kiosk:
    """A kiosk that knows its site and has numbers of its own for one service of two."""
    kiosk = Kiosk()
    kiosk.give(h.SiteChanged(SITE, NOON_MS))
    kiosk.give(h.ReserveChanged(frozenset({"general"})))
    return kiosk


def alone() -> Kiosk:
    kiosk = ready()
    kiosk.give(h.HubLost())
    kiosk.give(h.HubAway())
    return kiosk


def test_a_hub_that_starts_anew_changes_no_picture() -> None:
    kiosk = ready()
    kiosk.give(h.HubLost())
    assert (kiosk.shows(), outage(kiosk.session)) == (s.Start(), None)
    (effect,) = kiosk.touch(lambda step: h.ServiceTouched(step, "insurance"))
    assert isinstance(effect, h.Send)


def test_alone_only_the_services_with_numbers_of_its_own_are_offered() -> None:
    kiosk = alone()
    assert kiosk.shows() == s.Start()
    assert kiosk.session.off == ("insurance",)
    assert kiosk.touch(lambda step: h.ServiceTouched(step, "insurance")) == ()
    (effect,) = kiosk.touch(lambda step: h.ServiceTouched(step, "general"))
    assert isinstance(effect, h.GiveReserve)
    assert not effect.sent


def test_a_number_of_its_own_is_shown_and_printed_once() -> None:
    kiosk = alone()
    (effect,) = kiosk.touch(lambda step: h.ServiceTouched(step, "general"))
    assert isinstance(effect, h.GiveReserve)
    given = ticket(9950)
    answer = h.ReserveGiven(effect.command.id, given, again=False)
    assert kiosk.give(answer) == (h.Print(given, 0, copy=False),)
    assert kiosk.give(answer) == ()
    assert kiosk.shows() == s.Printing(given, 0)


def test_an_unanswered_question_is_answered_from_the_reserve_and_by_nobody_else() -> None:
    kiosk = ready()
    command = kiosk.choose("general")
    assert kiosk.give(h.HubSilent(command.id)) == (h.GiveReserve(command, sent=True),)
    assert kiosk.give(h.HubAnswered(Done(command.id, ticket(1, id_=command.id)))) == ()
    assert kiosk.give(h.HubSilent(command.id)) == ()
    given = ticket(9950)
    assert kiosk.give(h.ReserveGiven(command.id, given, again=False)) == (h.Print(given, 0, copy=False),)


def test_without_numbers_of_its_own_an_unanswered_question_is_told_as_ever() -> None:
    kiosk = ready()
    command = kiosk.choose("insurance")
    assert kiosk.give(h.HubSilent(command.id)) == ()
    assert kiosk.shows() == s.OutOfService(Outage.UNANSWERED)


def test_the_last_number_and_a_full_disk_are_told_in_words() -> None:
    for reason, screen in ((Refusal.DAY_FULL, s.Refused(Refusal.DAY_FULL)), (None, s.OutOfService(Outage.UNANSWERED))):
        kiosk = alone()
        (effect,) = kiosk.touch(lambda step: h.ServiceTouched(step, "general"))
        assert isinstance(effect, h.GiveReserve)
        kiosk.give(h.ReserveRefused(effect.command.id, reason))
        assert kiosk.shows() == screen


def test_a_kiosk_whose_numbers_are_used_up_goes_out_of_service() -> None:
    kiosk = alone()
    kiosk.give(h.ReserveChanged(frozenset()))
    assert kiosk.shows() == s.OutOfService(Outage.HUB)
    kiosk.give(h.ReserveChanged(frozenset({"general"})))
    assert kiosk.shows() == s.Start()


def test_what_the_kiosk_remembers_serves_until_the_hub_is_heard() -> None:
    kiosk = Kiosk()
    kiosk.give(h.ReserveChanged(frozenset({"general"})))
    assert kiosk.shows() == s.OutOfService(Outage.STARTING)
    kiosk.give(h.SiteRemembered(SITE, NOON_MS))
    assert kiosk.shows() == s.Start()
    kiosk.give(h.SiteChanged(site_with(ticket(1, issuer="kiosk-2")), NOON_MS))
    kiosk.give(h.SiteRemembered(SITE, NOON_MS))
    assert kiosk.session.hub_up
    assert kiosk.session.site != SITE


def test_what_is_remembered_without_a_reserve_is_no_way_to_a_number() -> None:
    kiosk = Kiosk()
    kiosk.give(h.SiteRemembered(SITE, NOON_MS))
    assert kiosk.shows() == s.OutOfService(Outage.HUB)


def test_when_the_hub_is_back_everything_is_offered_and_a_touch_on_the_old_picture_counts_for_nothing() -> None:
    kiosk = alone()
    step = kiosk.session.step
    kiosk.give(h.SiteChanged(SITE, NOON_MS))
    assert kiosk.session.off == ()
    assert kiosk.give(h.ServiceTouched(step, "general")) == ()
    (effect,) = kiosk.touch(lambda step: h.ServiceTouched(step, "insurance"))
    assert isinstance(effect, h.Send)


def test_numbers_that_are_being_handed_in_and_those_they_replace_are_nobodys_lost_slips() -> None:
    own, replaced, lost = ticket(9950), ticket(2), ticket(3)
    kiosk = alone()
    kiosk.give(h.ReserveChanged(frozenset({"general"}), frozenset({own.id}), frozenset({replaced.id})))
    reported = kiosk.give(h.SiteChanged(site_with(own, replaced, lost), NOON_MS))
    assert reported == (h.Report(lost.id, PrintFault.INTERRUPTED),)


def test_a_number_cut_off_by_the_end_of_the_kiosk_is_shown_with_the_fault() -> None:
    kiosk = Kiosk()
    kiosk.give(h.SiteRemembered(SITE, NOON_MS))
    own = ticket(9950)
    assert kiosk.give(h.SlipInterrupted(own)) == ()
    assert kiosk.shows() == s.Taken(own, 0, fault=PrintFault.INTERRUPTED)
    (effect,) = kiosk.touch(h.ReprintTouched)
    assert isinstance(effect, h.Print)
    assert effect.copy


def test_the_person_is_forgotten_as_soon_as_the_number_is_given() -> None:
    kiosk = alone()
    kiosk.give(h.Scanned(MAU))
    (effect,) = kiosk.touch(lambda step: h.ServiceTouched(step, "general"))
    assert isinstance(effect, h.GiveReserve)
    kiosk.give(h.ReserveGiven(effect.command.id, ticket(9950), again=True))
    assert MAU.id_number not in str(kiosk.session)
    assert isinstance(kiosk.shows(), s.Printing)


def test_the_screens_say_that_it_is_a_reserve_number_and_tell_no_old_figures() -> None:
    kiosk = alone()
    waiting = site_with(ticket(1), waiting=("1" * 32, "2" * 32))
    session = replace(kiosk.session, site=waiting)

    def page(shown: Session) -> str:
        return View("http://127.0.0.1:8080/t/").screen(shown, now_ms=0, wall_ms=NOON_MS)

    assert "Kiosk phát số dự phòng" in page(session)
    assert "2 người" not in page(session)
    assert "2 người" in page(replace(session, hub_away=False))
    own = ticket(9950)
    taken = replace(session, screen=s.Taken(own, 0), reserved=frozenset({own.id}))
    assert "Số dự phòng: máy chủ tạm mất kết nối. Nhân viên sẽ gọi số này." in page(taken)
    assert "Bạn là người tiếp theo" not in page(taken)
    assert "Reserve number" in page(replace(taken, language="en"))


def test_an_answer_to_another_question_is_none() -> None:
    kiosk = alone()
    kiosk.touch(lambda step: h.ServiceTouched(step, "general"))
    before = kiosk.shows()
    kiosk.give(h.ReserveGiven(command_id(), ticket(9950), again=False))
    kiosk.give(h.ReserveRefused(command_id(), None))
    assert kiosk.shows() == before


def test_a_session_without_a_day_is_still_out_of_service_for_its_clock() -> None:
    kiosk = alone()
    kiosk.give(h.SiteChanged(replace(SITE, day=""), NOON_MS))
    assert kiosk.shows() == s.OutOfService(Outage.CLOCK)
