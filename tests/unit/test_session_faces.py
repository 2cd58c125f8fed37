"""The kiosk's screens: consent, the picture, and the equal way without one."""

import pytest
from msgspec.structs import replace

from edge.contracts.commands import Refused
from edge.contracts.face import ChipVerdict, Consent, Giver, Purpose
from edge.contracts.refusals import Refusal
from edge.face.hint import Hint
from edge.kiosk import happenings as h
from edge.kiosk import screens as s
from edge.kiosk import sightings as f
from edge.kiosk.consent import WORDING
from edge.kiosk.screens import Lacking, NoPictureWhy
from edge.kiosk.state import CONSENT_MS, LOOK_FOR_MS
from tests.kiosk_session import BHYT, CHIP_PICTURE, MAU, MAU_BY_CHIP, PORTRAIT, SITE, TEMPLATE, Kiosk
from tests.sites import NOON_MS

SEEN_BY_CHIP = replace(MAU_BY_CHIP, portrait=CHIP_PICTURE)
CHILD = replace(BHYT, birth_date="2016-05-01")


@pytest.fixture
def kiosk() -> Kiosk:
    kiosk = Kiosk()
    kiosk.meet()
    return kiosk


def choose(kiosk: Kiosk) -> tuple[h.Effect, ...]:
    return kiosk.touch(lambda step: h.ServiceTouched(step, "general"))


def test_whoever_the_camera_sees_is_asked_before_the_number_is_and_nothing_is_ticked(kiosk: Kiosk) -> None:
    assert choose(kiosk) == ()
    asks = kiosk.asks()
    assert (asks.ticked, asks.giver) == (frozenset(), Giver.SELF)


@pytest.mark.parametrize("eyes", [f.Eyes("absent", sees=True), f.Eyes("up"), f.Eyes("off")], ids=str)
def test_without_camera_or_models_the_number_is_asked_for_at_once(kiosk: Kiosk, eyes: f.Eyes) -> None:
    kiosk.give(f.EyesChanged(eyes))
    (sent,) = choose(kiosk)
    assert isinstance(sent, h.Send)


def test_a_kiosk_with_nobody_in_view_offers_no_picture(kiosk: Kiosk) -> None:
    kiosk.give(f.PersonLeft())
    (sent,) = kiosk.touch(lambda step: h.ServiceTouched(step, "general"), after_ms=10_000)
    assert isinstance(sent, h.Send)


def test_while_the_hub_cannot_be_reached_nobody_is_asked(kiosk: Kiosk) -> None:
    kiosk.give(h.ReserveChanged(frozenset({"general"})))
    kiosk.give(h.HubLost())
    kiosk.give(h.HubAway())
    (given,) = choose(kiosk)
    assert isinstance(given, h.GiveReserve)


@pytest.mark.parametrize(
    ("person", "offered"),
    [
        (None, (Purpose.PORTRAIT, Purpose.ONE_NUMBER)),
        (MAU, (Purpose.PORTRAIT,)),
        (BHYT, (Purpose.PORTRAIT,)),
        (MAU_BY_CHIP, (Purpose.PORTRAIT,)),
        (SEEN_BY_CHIP, (Purpose.PORTRAIT, Purpose.CHIP)),
    ],
    ids=str,
)
def test_only_what_is_possible_now_is_offered(
    kiosk: Kiosk, person: s.Person | None, offered: tuple[Purpose, ...]
) -> None:
    if person is not None:
        kiosk.give(h.Scanned(person))
    choose(kiosk)
    assert kiosk.asks().offered == offered


def test_without_a_model_pack_a_portrait_is_all_that_is_offered() -> None:
    kiosk = Kiosk()
    kiosk.meet(compares=False)
    choose(kiosk)
    assert kiosk.asks().offered == (Purpose.PORTRAIT,)


def test_the_number_without_a_picture_is_one_touch_away(kiosk: Kiosk) -> None:
    choose(kiosk)
    (sent,) = kiosk.touch(f.WithoutTouched)
    assert isinstance(sent, h.Send)
    assert (sent.command.service, sent.command.face, sent.capture) == ("general", "", None)


def test_agreeing_without_a_tick_says_what_is_missing(kiosk: Kiosk) -> None:
    choose(kiosk)
    assert kiosk.touch(f.ConsentTouched) == ()
    assert kiosk.asks().lacking is Lacking.PURPOSE


def test_a_tick_can_be_taken_away_again_and_one_that_is_not_offered_cannot_be_set(kiosk: Kiosk) -> None:
    choose(kiosk)
    kiosk.touch(lambda step: f.PurposeTouched(step, Purpose.CHIP))
    assert kiosk.asks().ticked == frozenset()
    kiosk.touch(lambda step: f.PurposeTouched(step, Purpose.PORTRAIT))
    assert kiosk.asks().ticked == {Purpose.PORTRAIT}
    kiosk.touch(lambda step: f.PurposeTouched(step, Purpose.PORTRAIT), after_ms=50)
    assert kiosk.asks().ticked == frozenset()


def test_a_child_needs_a_guardians_consent(kiosk: Kiosk) -> None:
    kiosk.give(h.Scanned(CHILD))
    choose(kiosk)
    assert kiosk.asks().child
    kiosk.touch(lambda step: f.PurposeTouched(step, Purpose.PORTRAIT))
    kiosk.touch(f.ConsentTouched)
    assert kiosk.asks().lacking is Lacking.GUARDIAN
    kiosk.agree(guardian=True)
    looking = kiosk.shows()
    assert isinstance(looking, s.Looking)
    assert looking.agreed.consent.giver is Giver.GUARDIAN


def test_the_consent_names_its_purposes_in_order_its_wording_and_the_language_that_was_read(kiosk: Kiosk) -> None:
    choose(kiosk)
    kiosk.touch(h.LanguageTouched)
    look = kiosk.agree(Purpose.ONE_NUMBER, Purpose.PORTRAIT)
    looking = kiosk.shows()
    assert isinstance(looking, s.Looking)
    both = (Purpose.PORTRAIT, Purpose.ONE_NUMBER)
    assert looking.agreed.consent == Consent(both, Giver.SELF, WORDING, "en")
    assert (look.purposes, look.chip_picture) == (both, b"")


def test_the_picture_in_the_chip_goes_no_further_without_its_own_consent(kiosk: Kiosk) -> None:
    kiosk.give(h.Scanned(SEEN_BY_CHIP))
    choose(kiosk)
    assert kiosk.agree(Purpose.PORTRAIT).chip_picture == b""
    looking = kiosk.shows()
    assert isinstance(looking, s.Looking)
    assert looking.agreed.chip_picture == b""


def test_a_person_is_told_how_to_stand_and_the_picture_goes_before_the_number(kiosk: Kiosk) -> None:
    kiosk.give(h.Scanned(SEEN_BY_CHIP))
    choose(kiosk)
    look = kiosk.agree(Purpose.PORTRAIT, Purpose.CHIP)
    assert look.chip_picture == CHIP_PICTURE
    step = kiosk.session.step
    kiosk.give(f.HintChanged(look.look, Hint.CLOSER))
    looking = kiosk.shows()
    assert isinstance(looking, s.Looking)
    assert looking.hint is Hint.CLOSER
    assert kiosk.session.step == step, "the mirror is not drawn anew for a hint"
    (sent,) = kiosk.give(f.FaceTaken(look.look, PORTRAIT, chip=ChipVerdict.UNSURE))
    assert isinstance(sent, h.Send)
    assert sent.capture is not None
    assert (sent.command.face, sent.command.chip) == (sent.capture.id, ChipVerdict.UNSURE)
    assert (sent.capture.portrait, sent.capture.template) == (PORTRAIT, b"")
    assert sent.command.id != sent.capture.id


def test_a_picture_of_an_earlier_look_is_nobodys(kiosk: Kiosk) -> None:
    choose(kiosk)
    first = kiosk.agree(Purpose.PORTRAIT)
    kiosk.touch(h.Dismissed)
    choose(kiosk)
    second = kiosk.agree(Purpose.PORTRAIT)
    assert second.look != first.look
    assert kiosk.give(f.FaceTaken(first.look, PORTRAIT)) == ()
    assert isinstance(kiosk.shows(), s.Looking)


@pytest.mark.parametrize("leave", [f.WithoutTouched, h.Dismissed])
def test_whoever_leaves_the_mirror_is_not_looked_at_any_more(kiosk: Kiosk, leave: type[f.WithoutTouched]) -> None:
    choose(kiosk)
    look = kiosk.agree(Purpose.PORTRAIT)
    assert f.StopLooking(look.look) in kiosk.touch(leave)


def test_after_twenty_seconds_there_are_another_try_and_the_number_without(kiosk: Kiosk) -> None:
    choose(kiosk)
    look = kiosk.agree(Purpose.PORTRAIT)
    assert kiosk.give(h.TimedOut(), after_ms=LOOK_FOR_MS) == (f.StopLooking(look.look),)
    trouble = kiosk.shows()
    assert isinstance(trouble, s.NoPicture)
    assert trouble.why is NoPictureWhy.TIME
    (again,) = kiosk.touch(f.TryAgainTouched)
    assert isinstance(again, f.Look)
    assert again.look != look.look
    kiosk.give(h.TimedOut(), after_ms=LOOK_FOR_MS)
    (sent,) = kiosk.touch(f.WithoutTouched)
    assert isinstance(sent, h.Send)
    assert sent.capture is None


def test_a_camera_that_is_lost_is_told_and_the_number_is_had_without(kiosk: Kiosk) -> None:
    choose(kiosk)
    kiosk.agree(Purpose.PORTRAIT)
    kiosk.give(f.EyesChanged(f.Eyes("absent", sees=True)))
    trouble = kiosk.shows()
    assert isinstance(trouble, s.NoPicture)
    assert trouble.why is NoPictureWhy.CAMERA
    kiosk.touch(f.TryAgainTouched)
    assert isinstance(kiosk.shows(), s.NoPicture)
    (sent,) = kiosk.touch(f.WithoutTouched)
    assert isinstance(sent, h.Send)


def test_what_looks_like_a_photograph_is_a_hint_twice_and_then_a_number_without_a_picture(kiosk: Kiosk) -> None:
    choose(kiosk)
    look = kiosk.agree(Purpose.PORTRAIT)
    quick = look.frames
    for _ in range(2):
        (again,) = kiosk.give(f.FaceTaken(look.look, in_person=False))
        assert isinstance(again, f.Look)
        assert again.frames > quick, "there is time to read why"
        look = again
        kiosk.give(f.HintChanged(look.look, Hint.STAY))
        looking = kiosk.shows()
        assert isinstance(looking, s.Looking)
        assert looking.hint is Hint.IN_PERSON
    assert kiosk.give(f.FaceTaken(look.look, in_person=False)) == ()
    trouble = kiosk.shows()
    assert isinstance(trouble, s.NoPicture)
    assert trouble.why is NoPictureWhy.NOT_IN_PERSON


def take_picture(kiosk: Kiosk) -> h.Send:
    choose(kiosk)
    look = kiosk.agree(Purpose.PORTRAIT, Purpose.ONE_NUMBER)
    (sent,) = kiosk.give(f.FaceTaken(look.look, PORTRAIT, TEMPLATE))
    assert isinstance(sent, h.Send)
    return sent


def test_a_picture_that_the_hub_has_lost_is_sent_once_more_and_then_the_number_comes_without(kiosk: Kiosk) -> None:
    first = take_picture(kiosk)
    (second,) = kiosk.give(h.HubAnswered(Refused(first.command.id, Refusal.FACE_GONE)))
    assert isinstance(second, h.Send)
    assert second.capture == first.capture
    assert second.command == replace(first.command, id=second.command.id)
    assert second.command.id != first.command.id
    (third,) = kiosk.give(h.HubAnswered(Refused(second.command.id, Refusal.FACE_GONE)))
    assert isinstance(third, h.Send)
    assert (third.capture, third.command.face) == (None, "")
    assert third.command.id not in (first.command.id, second.command.id)


def test_a_hub_that_falls_silent_after_the_picture_leaves_a_number_of_the_reserve_without_a_face(kiosk: Kiosk) -> None:
    kiosk.give(h.ReserveChanged(frozenset({"general"})))
    sent = take_picture(kiosk)
    (given,) = kiosk.give(h.HubSilent(sent.command.id))
    assert isinstance(given, h.GiveReserve)
    assert given.sent
    assert (given.command.id, given.command.face) == (sent.command.id, "")


def test_a_hub_that_goes_away_during_the_picture_leaves_a_number_of_the_reserve(kiosk: Kiosk) -> None:
    kiosk.give(h.ReserveChanged(frozenset({"general"})))
    choose(kiosk)
    look = kiosk.agree(Purpose.PORTRAIT)
    kiosk.give(h.HubLost())
    kiosk.give(h.HubAway())
    (given,) = kiosk.give(f.FaceTaken(look.look, PORTRAIT))
    assert isinstance(given, h.GiveReserve)
    assert given.command.face == ""


def test_whoever_does_not_answer_goes_home_without_a_number(kiosk: Kiosk) -> None:
    choose(kiosk)
    assert kiosk.give(h.TimedOut(), after_ms=CONSENT_MS) == ()
    assert isinstance(kiosk.shows(), s.Start)


def test_a_chips_picture_is_read_only_where_it_may_come_to_be_compared(kiosk: Kiosk) -> None:
    kiosk.give(h.CardTaken())
    kiosk.give(h.Scanned(MAU))
    (reading,) = (e for e in kiosk.give(h.CardLaid()) if isinstance(e, h.ReadChip))
    assert reading.portrait
    kiosk.give(f.EyesChanged(f.Eyes("up", sees=True, compares=False)))
    kiosk.give(h.ChipRead(reading.reading, MAU_BY_CHIP))
    kiosk.give(h.CardTaken())
    (reading,) = (e for e in kiosk.give(h.CardLaid()) if isinstance(e, h.ReadChip))
    assert not reading.portrait


def test_no_repr_shows_a_picture_or_whose_it_is(kiosk: Kiosk) -> None:
    kiosk.give(h.Scanned(SEEN_BY_CHIP))
    choose(kiosk)
    seen = [repr(kiosk.session)]
    look = kiosk.agree(Purpose.PORTRAIT, Purpose.CHIP)
    seen += [repr(look), repr(kiosk.session)]
    taken = f.FaceTaken(look.look, PORTRAIT, TEMPLATE)
    seen += [repr(taken), repr(kiosk.give(taken)), repr(kiosk.session)]
    hidden = (*map(repr, (PORTRAIT, TEMPLATE, CHIP_PICTURE)), MAU.id_number, MAU.name)
    assert not any(word in text for text in seen for word in hidden)


def test_the_site_counts_for_nothing_while_a_person_is_asked(kiosk: Kiosk) -> None:
    choose(kiosk)
    kiosk.give(h.SiteChanged(SITE, NOON_MS))
    assert kiosk.asks()
