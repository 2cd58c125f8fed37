"""The kiosk's screens: it rests while nobody is there, and nobody goes on where another has left off."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from edge.contracts.commands import Done, Refused
from edge.contracts.face import Purpose
from edge.contracts.refusals import Refusal
from edge.kiosk import happenings as h
from edge.kiosk import screens as s
from edge.kiosk import sightings as f
from edge.kiosk.presence import CONTEST_GONE_MS, GONE_MS, rest_ms
from edge.kiosk.screens import ScanProblem
from edge.kiosk.session import deadline
from tests.kiosk_session import MAU, PORTRAIT, SITE, TEMPLATE, Kiosk, ticket
from tests.sites import NOON_MS

AWAY = f.Eyes("absent", sees=True, compares=True)
REST_MS = 60_000  # as edge.contracts.kiosk has it where an administrator said nothing


@pytest.fixture
def kiosk() -> Kiosk:
    kiosk = Kiosk()
    kiosk.meet()
    return kiosk


def leave(kiosk: Kiosk, for_ms: int = GONE_MS) -> tuple[h.Effect, ...]:
    """Nobody is in view, and so much later the clock says so."""
    kiosk.give(f.PersonLeft())
    return kiosk.give(h.TimedOut(), after_ms=for_ms)


def done(command: str) -> Done:
    return Done(command, ticket(1, id_=command))


def rest(kiosk: Kiosk) -> None:
    leave(kiosk, REST_MS)
    assert kiosk.shows() == s.Resting()


def to_identified(kiosk: Kiosk) -> None:
    kiosk.give(h.Scanned(MAU))


def to_grounds(kiosk: Kiosk) -> None:
    kiosk.touch(h.PriorityTouched)


def to_trouble(kiosk: Kiosk) -> None:
    kiosk.give(h.ScanFailed(ScanProblem.DAMAGED))


def to_consent(kiosk: Kiosk) -> None:
    kiosk.touch(lambda step: h.ServiceTouched(step, "general"))


def to_mirror(kiosk: Kiosk) -> None:
    to_consent(kiosk)
    kiosk.agree(Purpose.PORTRAIT)


def to_no_picture(kiosk: Kiosk) -> None:
    to_mirror(kiosk)
    kiosk.give(h.TimedOut(), after_ms=20_000)
    assert isinstance(kiosk.shows(), s.NoPicture)


def to_seems_held(kiosk: Kiosk) -> None:
    kiosk.seem_to_hold(ticket(7))


def to_refused(kiosk: Kiosk) -> None:
    to_consent(kiosk)
    (sent,) = kiosk.touch(f.WithoutTouched)
    assert isinstance(sent, h.Send)
    kiosk.give(h.HubAnswered(Refused(sent.command.id, Refusal.DAY_FULL)))


def to_look_up(kiosk: Kiosk) -> None:
    kiosk.touch(h.LookUpTouched)


def to_looked_up(kiosk: Kiosk) -> None:
    to_look_up(kiosk)
    kiosk.touch(lambda step: h.NumberTyped(step, "A001"))


def to_erasing(kiosk: Kiosk) -> None:
    kiosk.touch(f.EraseTouched)


THEIRS = [
    to_identified,
    to_grounds,
    to_trouble,
    to_consent,
    to_mirror,
    to_no_picture,
    to_seems_held,
    to_refused,
    to_look_up,
    to_looked_up,
    to_erasing,
]


@pytest.mark.parametrize("go", THEIRS, ids=lambda go: go.__name__)
def test_what_a_person_left_behind_is_not_the_next_ones(kiosk: Kiosk, go: Callable[[Kiosk], None]) -> None:
    go(kiosk)
    shown = kiosk.shows()
    kiosk.give(f.PersonLeft())
    kiosk.give(h.TimedOut(), after_ms=GONE_MS - 1)
    assert kiosk.shows() == shown
    assert deadline(kiosk.session) == kiosk.now_ms + 1
    kiosk.give(h.TimedOut(), after_ms=1)
    assert kiosk.shows() == s.Start()
    everything = str(kiosk.session)
    assert MAU.name not in everything
    assert str(PORTRAIT) not in everything


def test_whoever_bends_down_and_is_seen_again_goes_on(kiosk: Kiosk) -> None:
    to_identified(kiosk)
    leave(kiosk, GONE_MS - 1)
    kiosk.give(f.PersonCame())
    kiosk.give(h.TimedOut(), after_ms=2 * GONE_MS)
    assert isinstance(kiosk.shows(), s.Identified)


def test_somebody_whom_the_camera_never_saw_is_not_sent_home(kiosk: Kiosk) -> None:
    leave(kiosk)
    to_identified(kiosk)
    kiosk.give(h.TimedOut(), after_ms=GONE_MS)
    assert isinstance(kiosk.shows(), s.Identified)


def test_a_number_that_is_being_given_or_printed_waits_for_nobody(kiosk: Kiosk) -> None:
    to_consent(kiosk)
    (sent,) = kiosk.touch(f.WithoutTouched)
    assert isinstance(sent, h.Send)
    leave(kiosk)
    assert isinstance(kiosk.shows(), s.Issuing)
    kiosk.give(h.HubAnswered(done(sent.command.id)))
    kiosk.give(h.TimedOut(), after_ms=GONE_MS)
    assert isinstance(kiosk.shows(), s.Printing)
    kiosk.give(h.PrintDone(sent.command.id))
    kiosk.give(h.TimedOut())
    assert isinstance(kiosk.shows(), s.Taken)


def test_whoever_waits_for_an_officer_may_step_aside_for_half_a_minute(kiosk: Kiosk) -> None:
    held = ticket(7)
    kiosk.seem_to_hold(held)
    (asked,) = kiosk.touch(f.NotMineTouched)
    assert isinstance(asked, h.Ask)
    kiosk.give(h.HubAnswered(done(asked.command.id)))
    leave(kiosk, CONTEST_GONE_MS - 1)
    assert isinstance(kiosk.shows(), s.Awaiting)
    assert kiosk.give(h.TimedOut(), after_ms=1) == (h.LeaveContest(asked.command.id),)
    assert kiosk.shows() == s.Start()


def test_the_first_screen_gives_way_to_a_greeting_and_whoever_comes_wakes_it(kiosk: Kiosk) -> None:
    leave(kiosk, REST_MS - 1)
    assert kiosk.shows() == s.Start()
    kiosk.give(h.TimedOut(), after_ms=1)
    assert kiosk.shows() == s.Resting()
    kiosk.give(f.PersonCame())
    assert kiosk.shows() == s.Start()


def test_somebody_in_view_keeps_it_awake(kiosk: Kiosk) -> None:
    assert rest_ms(kiosk.session) == 0
    kiosk.give(h.TimedOut(), after_ms=10 * REST_MS)
    assert kiosk.shows() == s.Start()


@pytest.mark.parametrize("eyes", [None, f.Eyes("up", sees=True), AWAY])
def test_without_a_camera_that_sees_anybody_it_rests_when_nobody_touches_it(eyes: f.Eyes | None) -> None:
    kiosk = Kiosk()
    kiosk.give(h.SiteChanged(SITE, NOON_MS))
    if eyes:
        kiosk.give(f.EyesChanged(eyes))
    shown_ms = kiosk.session.shown_ms
    assert deadline(kiosk.session) == shown_ms + REST_MS
    kiosk.give(h.TimedOut(), after_ms=REST_MS)
    assert kiosk.shows() == s.Resting()


def test_an_administrator_may_have_it_never_rest() -> None:
    kiosk = Kiosk()
    settings = replace(SITE.catalogue.kiosk, rest_s=0)
    kiosk.give(h.SiteChanged(replace(SITE, catalogue=replace(SITE.catalogue, kiosk=settings)), NOON_MS))
    assert deadline(kiosk.session) == 0


def test_a_touch_wakes_it_and_chooses_nothing(kiosk: Kiosk) -> None:
    rest(kiosk)
    assert kiosk.touch(lambda step: h.ServiceTouched(step, "general")) == ()
    assert kiosk.shows() == s.Start()
    kiosk.give(h.TimedOut(), after_ms=REST_MS)
    assert kiosk.shows() == s.Resting()
    kiosk.touch(f.WakeTouched)
    assert kiosk.shows() == s.Start()


def test_a_document_is_read_though_the_kiosk_rests(kiosk: Kiosk) -> None:
    rest(kiosk)
    kiosk.give(h.Scanned(MAU))
    assert kiosk.shows() == s.Identified(MAU)


def test_a_card_wakes_it(kiosk: Kiosk) -> None:
    rest(kiosk)
    kiosk.give(h.CardLaid())
    assert kiosk.shows() == s.ScanFirst()


def test_a_kiosk_that_rests_still_says_that_it_is_out_of_service(kiosk: Kiosk) -> None:
    rest(kiosk)
    kiosk.give(h.HubLost())
    assert isinstance(kiosk.shows(), s.OutOfService)


def test_without_its_camera_it_is_there_for_whoever_comes_and_nobody_is_sent_home(kiosk: Kiosk) -> None:
    rest(kiosk)
    kiosk.give(f.EyesChanged(AWAY))
    assert kiosk.shows() == s.Start()
    to_identified(kiosk)
    kiosk.give(h.TimedOut(), after_ms=GONE_MS)
    assert isinstance(kiosk.shows(), s.Identified)


def test_nothing_that_was_seen_of_a_person_outlives_their_session(kiosk: Kiosk) -> None:
    to_consent(kiosk)
    look = kiosk.agree(Purpose.PORTRAIT, Purpose.ONE_NUMBER)
    (sent,) = kiosk.give(f.FaceTaken(look.look, PORTRAIT, TEMPLATE))
    assert isinstance(sent, h.Send)
    kiosk.give(h.HubAnswered(done(sent.command.id)))
    assert PORTRAIT not in pieces(kiosk.session)
    assert TEMPLATE not in pieces(kiosk.session)


def pieces(value: object) -> list[bytes]:
    """Every piece of bytes in a struct, however deep."""
    if isinstance(value, bytes):
        return [value]
    fields = getattr(value, "__struct_fields__", ())
    return [piece for name in fields for piece in pieces(getattr(value, name))]
