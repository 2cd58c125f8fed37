"""The kiosk's screens: what no order of events may do, with and without a camera."""

from collections.abc import Callable

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from edge.contracts.commands import Agreed, Done
from edge.contracts.commands import Refused as HubRefused
from edge.contracts.face import AskOfficer, ChipVerdict, Contest, ContestVerdict, Purpose
from edge.contracts.refusals import Refusal
from edge.face.hint import Hint
from edge.kiosk import contests
from edge.kiosk import happenings as h
from edge.kiosk import screens as s
from edge.kiosk import sightings as f
from edge.kiosk.state import NEXT_SCAN_MS, SETTLE_MS
from tests.kiosk_any_order import HELD, AnyOrder, people, waits
from tests.kiosk_session import ME
from tests.long import tries
from tests.sites import NOON_MS

PICTURES = [b"\xff\xd8\xff portrait %d" % number for number in range(1000)]
FACE_TOUCHES = [
    f.WakeTouched,
    f.GuardianTouched,
    f.ConsentTouched,
    f.ConsentTouched,
    f.WithoutTouched,
    f.TryAgainTouched,
    f.MineTouched,
    f.NotMineTouched,
    f.EraseTouched,
]


class AnyOrderOfFaces(AnyOrder):
    """The same, and a camera before which people come and go."""

    def __init__(self) -> None:
        super().__init__()
        self.kiosk.meet()

    @rule(kind=st.sampled_from(FACE_TOUCHES), purpose=st.sampled_from(Purpose), after_ms=waits)
    def touch_about_faces(self, kind: Callable[[int], h.Touch], purpose: Purpose, after_ms: int) -> None:
        if isinstance(self.kiosk.shows(), s.AskConsent):
            self.give(f.PurposeTouched(self.kiosk.session.step, purpose), after_ms)
        self.give(kind(self.kiosk.session.step), after_ms)

    @rule(purposes=st.frozensets(st.sampled_from(Purpose), min_size=1), person=st.none() | people, go_on=st.booleans())
    def agree(self, purposes: frozenset[Purpose], person: s.Person | None, go_on: bool) -> None:
        """Somebody comes, and does what leads to a picture as long as the screens let them."""
        self.give(f.EyesChanged(f.Eyes("up", sees=True, compares=True)), SETTLE_MS)
        self.give(f.PersonCame(), SETTLE_MS)
        self.hear_of_the_site("2026-11-23", SETTLE_MS)
        self.give(h.Dismissed(self.kiosk.session.step), NEXT_SCAN_MS)
        if person is not None:
            self.give(h.Scanned(person), SETTLE_MS)
        self.give(h.ServiceTouched(self.kiosk.session.step, "general"), SETTLE_MS)
        for purpose in purposes:
            self.give(f.PurposeTouched(self.kiosk.session.step, purpose), SETTLE_MS)
        self.give(f.ConsentTouched(self.kiosk.session.step), SETTLE_MS)
        if go_on:
            self.look(0, None, True, SETTLE_MS)

    @rule(mine=st.booleans(), after_ms=waits)
    def seem_to_hold(self, mine: bool, after_ms: int) -> None:
        self.agree(frozenset({Purpose.PORTRAIT, Purpose.ONE_NUMBER}), None, True)
        self.answer(0, Refusal.SEEMS_HELD, SETTLE_MS)
        touched = f.MineTouched if mine else f.NotMineTouched
        self.give(touched(self.kiosk.session.step), SETTLE_MS)
        self.answer_a_question(0, "done", after_ms)

    @rule(camera=st.sampled_from(["up", "up", "absent"]), compares=st.booleans(), after_ms=waits)
    def change_the_camera(self, camera: str, compares: bool, after_ms: int) -> None:
        self.give(f.EyesChanged(f.Eyes(camera, sees=True, compares=compares)), after_ms)

    @rule(come=st.booleans(), after_ms=waits)
    def come_and_go(self, come: bool, after_ms: int) -> None:
        self.give(f.PersonCame() if come else f.PersonLeft(), after_ms)

    @rule(ago=st.integers(0, 2), hint=st.none() | st.sampled_from(Hint), in_person=st.booleans(), after_ms=waits)
    def look(self, ago: int, hint: Hint | None, in_person: bool, after_ms: int) -> None:
        """The newest look, or one that nobody waits for any more."""
        if ago < len(self.looks):
            number, asked = sorted(self.looks.items())[-1 - ago]
            if hint is not None:
                self.give(f.HintChanged(number, hint), after_ms)
                return
            chip = ChipVerdict.MATCH if asked.chip_picture else None
            portrait = PICTURES[number] if Purpose.PORTRAIT in asked.purposes else b""
            template = PICTURES[-number] if Purpose.ONE_NUMBER in asked.purposes else b""
            taken = f.FaceTaken(number, portrait or template or PICTURES[0], template, chip, in_person)
            shown = self.kiosk.shows()
            self.give(taken, after_ms)
            if isinstance(shown, s.Looking) and shown.look == number:
                self.looked.add(number)

    @rule(which=st.integers(0, 3), outcome=st.sampled_from(["done", "agreed", "refused", "silent"]), after_ms=waits)
    def answer_a_question(self, which: int, outcome: str, after_ms: int) -> None:
        if which >= len(self.asked):
            return
        question = list(self.asked.values())[-1 - which]
        if outcome == "refused":
            self.give(h.HubAnswered(HubRefused(question.id, Refusal.NOT_YOURS)), after_ms)
        elif outcome == "silent":
            self.give(h.HubSilent(question.id), after_ms)
        elif outcome == "agreed":
            self.give(h.HubAnswered(Agreed(question.id)), after_ms)
        else:
            held = self.tickets.setdefault(HELD.id, HELD)
            self.give(h.HubAnswered(Done(question.id, held)), after_ms)

    @rule(
        which=st.integers(0, 1),
        verdict=st.none() | st.sampled_from(ContestVerdict),
        lives=st.booleans(),
        after_ms=waits,
    )
    def hear_of_a_contest(self, which: int, verdict: ContestVerdict | None, lives: bool, after_ms: int) -> None:
        asked = [question for question in self.asked.values() if isinstance(question, AskOfficer)]
        if which < len(asked):
            officer = asked[-1 - which]
            before = self.contests.get(officer.id)
            if before is None or before.verdict is None:
                self.contests[officer.id] = Contest(
                    officer.id, officer.ticket, officer.service, ME, officer.face, NOON_MS, verdict
                )
            self.hear_of_the_site("2026-11-23", after_ms, without="" if lives else HELD.id)

    @invariant()
    def nobody_is_looked_at_who_does_not_see_it(self) -> None:
        shown = self.kiosk.shows()
        open_looks = self.looks.keys() - self.looked
        assert open_looks == ({shown.look} if isinstance(shown, s.Looking) else set())

    @invariant()
    def an_officer_is_called_off_by_whoever_does_not_wait(self) -> None:
        shown = self.kiosk.shows()
        if isinstance(shown, s.Awaiting):
            assert shown.contest not in self.left
            assert contests.left_open(self.kiosk.session, shown), "it is over"


AnyOrder.TestCase.settings = settings(max_examples=tries(80), stateful_step_count=40)
AnyOrderOfFaces.TestCase.settings = settings(max_examples=tries(120), stateful_step_count=40)
TestAnyOrder = AnyOrder.TestCase
TestAnyOrderOfFaces = AnyOrderOfFaces.TestCase
