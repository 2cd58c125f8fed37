"""The kiosk's screens beside the first one: legal priority, looking a number up, and closing time."""

import pytest
from msgspec.structs import replace

from edge.contracts.commands import Done
from edge.contracts.commands import Refused as HubRefused
from edge.contracts.outlook import Hours, Outlook, ServiceOutlook, Window
from edge.contracts.refusals import Refusal
from edge.contracts.ticket import Document, PrintFault, Priority
from edge.kiosk import happenings as h
from edge.kiosk import screens as s
from edge.kiosk.screens import Outage
from edge.kiosk.session import GROUNDS, deadline
from edge.kiosk.state import CHOOSE_MS, LOOK_MS, PREFERENCES_MS, SETTLE_MS, TYPE_MS
from tests.kiosk_session import GIA, MAU, SITE, Kiosk, ticket, without_rest
from tests.sites import CATALOGUE, NOON_MS

HOUR_MS = 3_600_000
WAIT = Window(NOON_MS, NOON_MS + 600_000)


@pytest.fixture
def kiosk() -> Kiosk:
    kiosk = Kiosk()
    kiosk.give(h.ScannerChanged(True))
    kiosk.give(h.SiteChanged(without_rest(SITE), NOON_MS))
    return kiosk


def claim(kiosk: Kiosk, ground: Priority = Priority.PREGNANT) -> None:
    kiosk.touch(h.PriorityTouched)
    kiosk.touch(lambda step: h.GroundTouched(step, ground))


def look_up(kiosk: Kiosk, label: str = "A047") -> None:
    kiosk.touch(h.LookUpTouched)
    kiosk.touch(lambda step: h.NumberTyped(step, label))


def outlook(*, closes_in_ms: int, opens_in_ms: int, insurance_until_ms: int = 0) -> Outlook:
    """Open since long, closing soon; the second service's numbers may be over before."""
    opened, closes = NOON_MS - HOUR_MS, NOON_MS + closes_in_ms
    return Outlook(
        NOON_MS,
        Hours(((opened, closes),), next_opens_ms=NOON_MS + opens_in_ms),
        {
            "general": ServiceOutlook(0, None, 1, tickets=((opened, closes),)),
            "insurance": ServiceOutlook(0, None, 1, tickets=((opened, NOON_MS + insurance_until_ms or closes),)),
        },
        {},
    )


def wait_for_the_deadline(kiosk: Kiosk) -> None:
    due_ms = deadline(kiosk.session)
    assert due_ms
    kiosk.give(h.TimedOut(), after_ms=due_ms - kiosk.now_ms)


@pytest.mark.req("K12")
def test_a_person_without_a_document_names_a_ground_and_the_hub_gets_it_as_a_claim(kiosk: Kiosk) -> None:
    claim(kiosk, Priority.DISABLED)
    assert kiosk.shows() == s.Claimed(Priority.DISABLED)
    command = kiosk.choose()
    assert (command.claim, command.document, command.id_number) == (Priority.DISABLED, Document.NONE, "")


@pytest.mark.req("K12")
def test_nobody_has_a_claim_who_did_not_name_one(kiosk: Kiosk) -> None:
    assert kiosk.choose().claim is Priority.NONE
    assert kiosk.session.screen != s.Claimed(Priority.NONE)


@pytest.mark.parametrize("ground", [Priority.NONE, Priority.EMERGENCY])
def test_what_is_no_ground_of_the_list_cannot_be_claimed(kiosk: Kiosk, ground: Priority) -> None:
    assert ground not in GROUNDS
    claim(kiosk, ground)
    assert kiosk.shows() == s.Grounds()


@pytest.mark.req("K7")
def test_the_birth_date_of_the_document_goes_to_the_hub_and_the_claim_with_it(kiosk: Kiosk) -> None:
    old = replace(MAU, birth_date="1950-01-01")
    kiosk.give(h.Scanned(old))
    claim(kiosk)
    assert kiosk.shows() == s.Claimed(Priority.PREGNANT, old)
    command = kiosk.choose()
    assert (command.birth_date, command.claim, command.id_number) == ("1950-01-01", Priority.PREGNANT, old.id_number)


def test_a_card_shown_after_the_ground_keeps_it_and_another_persons_card_ends_it(kiosk: Kiosk) -> None:
    kiosk.touch(h.PriorityTouched)
    kiosk.give(h.Scanned(MAU))
    assert kiosk.shows() == s.Grounds(MAU)
    kiosk.touch(lambda step: h.GroundTouched(step, Priority.MERIT))
    kiosk.give(h.Scanned(MAU))
    assert kiosk.shows() == s.Claimed(Priority.MERIT, MAU)
    kiosk.give(h.Scanned(GIA))
    assert kiosk.shows() == s.Identified(GIA)


def test_back_leads_from_the_grounds_to_where_the_person_was(kiosk: Kiosk) -> None:
    kiosk.touch(h.PriorityTouched)
    kiosk.touch(h.Dismissed)
    assert kiosk.shows() == s.Start()
    kiosk.give(h.Scanned(MAU))
    claim(kiosk)
    kiosk.touch(h.Dismissed)
    assert kiosk.shows() == s.Identified(MAU)


@pytest.mark.parametrize("grounds_only", [True, False])
def test_grounds_and_claims_go_by_themselves(kiosk: Kiosk, grounds_only: bool) -> None:
    kiosk.touch(h.PriorityTouched)
    if not grounds_only:
        kiosk.touch(lambda step: h.GroundTouched(step, Priority.MERIT))
    kiosk.give(h.TimedOut(), after_ms=CHOOSE_MS)
    assert kiosk.shows() == s.Start()


@pytest.mark.req("K9")
def test_the_expected_time_stays_with_the_number_through_print_fault_and_reprint(kiosk: Kiosk) -> None:
    command = kiosk.choose()
    given = ticket(id_=command.id)
    assert kiosk.give(h.HubAnswered(Done(command.id, given, 3, wait=WAIT))) == (h.Print(given, 3, False, WAIT),)
    kiosk.give(h.PrintFailed(given.id, PrintFault.PAPER_OUT))
    assert kiosk.shows() == s.Taken(given, 3, fault=PrintFault.PAPER_OUT, wait=WAIT)
    assert kiosk.touch(h.ReprintTouched) == (h.Print(given, 3, True, WAIT),)
    kiosk.give(h.PrintDone(given.id))
    assert kiosk.shows() == s.Taken(given, 3, wait=WAIT)


@pytest.mark.req("P6")
def test_a_typed_number_is_shown_and_goes_by_itself_after_twenty_seconds(kiosk: Kiosk) -> None:
    look_up(kiosk)
    assert kiosk.shows() == s.LookedUp("A047")
    kiosk.give(h.TimedOut(), after_ms=LOOK_MS - 1)
    assert kiosk.shows() == s.LookedUp("A047")
    kiosk.give(h.TimedOut(), after_ms=1)
    assert kiosk.shows() == s.Start()
    assert LOOK_MS == 20_000


@pytest.mark.req("P6")
def test_another_number_can_be_looked_up_and_back_ends_it(kiosk: Kiosk) -> None:
    look_up(kiosk)
    kiosk.touch(h.LookUpTouched)
    assert kiosk.shows() == s.LookUp()
    kiosk.give(h.TimedOut(), after_ms=TYPE_MS)
    assert kiosk.shows() == s.Start()
    look_up(kiosk)
    kiosk.touch(h.Dismissed)
    assert kiosk.shows() == s.Start()


@pytest.mark.req("P6")
def test_without_the_hub_nothing_old_is_told_of_a_number(kiosk: Kiosk) -> None:
    look_up(kiosk)
    kiosk.give(h.HubLost())
    assert kiosk.shows() == s.OutOfService(Outage.HUB)
    assert kiosk.touch(h.LookUpTouched) == ()
    assert kiosk.shows() == s.OutOfService(Outage.HUB)


@pytest.mark.req("K10")
@pytest.mark.parametrize("hub_lost", [False, True])
def test_it_closes_and_opens_at_the_moment_by_the_hubs_clock_with_or_without_the_hub(
    kiosk: Kiosk, hub_lost: bool
) -> None:
    told_ms = kiosk.now_ms + SETTLE_MS
    kiosk.give(h.OutlookChanged(outlook(closes_in_ms=HOUR_MS, opens_in_ms=9 * HOUR_MS), NOON_MS))
    if hub_lost:
        kiosk.give(h.HubLost())
    assert kiosk.shows() == (s.OutOfService(Outage.HUB) if hub_lost else s.Start())
    wait_for_the_deadline(kiosk)
    assert kiosk.now_ms - told_ms == HOUR_MS
    assert kiosk.shows() == s.Closed()
    wait_for_the_deadline(kiosk)
    assert kiosk.now_ms - told_ms == 9 * HOUR_MS
    assert kiosk.shows() == (s.OutOfService(Outage.HUB) if hub_lost else s.Start())


@pytest.mark.req("K10")
def test_a_kiosk_that_starts_out_of_hours_is_closed(kiosk: Kiosk) -> None:
    kiosk.give(h.OutlookChanged(outlook(closes_in_ms=-1, opens_in_ms=HOUR_MS), NOON_MS))
    assert kiosk.shows() == s.Closed()
    assert kiosk.touch(lambda step: h.ServiceTouched(step, "general")) == ()
    kiosk.give(h.Scanned(MAU))
    assert kiosk.shows() == s.Closed()


@pytest.mark.req("K10", "P6")
def test_a_closed_kiosk_still_looks_numbers_up_and_closes_again(kiosk: Kiosk) -> None:
    kiosk.give(h.OutlookChanged(outlook(closes_in_ms=-1, opens_in_ms=HOUR_MS), NOON_MS))
    look_up(kiosk)
    assert kiosk.shows() == s.LookedUp("A047")
    kiosk.give(h.TimedOut(), after_ms=LOOK_MS)
    assert kiosk.shows() == s.Closed()


@pytest.mark.req("K10")
def test_who_stands_there_at_closing_time_is_not_sent_away_and_hears_the_hubs_word(kiosk: Kiosk) -> None:
    kiosk.give(h.OutlookChanged(outlook(closes_in_ms=20_000, opens_in_ms=HOUR_MS), NOON_MS))
    kiosk.give(h.Scanned(MAU), after_ms=19_000)
    kiosk.give(h.TimedOut(), after_ms=1_000)
    assert kiosk.shows() == s.Identified(MAU)
    kiosk.give(h.TimedOut(), after_ms=CHOOSE_MS)
    assert kiosk.shows() == s.Closed()


@pytest.mark.req("K10")
def test_the_hubs_refusal_keeps_the_next_opening(kiosk: Kiosk) -> None:
    command = kiosk.choose()
    kiosk.give(h.HubAnswered(HubRefused(command.id, Refusal.CLOSED, next_opens_ms=NOON_MS + HOUR_MS)))
    assert kiosk.shows() == s.Refused(Refusal.CLOSED, NOON_MS + HOUR_MS)


@pytest.mark.req("K10")
def test_a_service_whose_numbers_are_over_is_off_at_that_moment_and_the_others_stay(kiosk: Kiosk) -> None:
    near = outlook(closes_in_ms=HOUR_MS, opens_in_ms=9 * HOUR_MS, insurance_until_ms=60_000)
    kiosk.give(h.OutlookChanged(near, NOON_MS))
    step = kiosk.session.step
    wait_for_the_deadline(kiosk)
    assert kiosk.session.off == ("insurance",)
    assert kiosk.session.step > step
    assert kiosk.touch(lambda now: h.ServiceTouched(now, "insurance")) == ()
    assert kiosk.choose("general").service == "general"


@pytest.mark.req("K10")
def test_a_clock_that_the_hub_sets_moves_closing_time(kiosk: Kiosk) -> None:
    near = outlook(closes_in_ms=HOUR_MS, opens_in_ms=9 * HOUR_MS)
    kiosk.give(h.OutlookChanged(near, NOON_MS))
    kiosk.give(h.OutlookChanged(near, NOON_MS + HOUR_MS))
    assert kiosk.shows() == s.Closed()
    kiosk.give(h.OutlookChanged(near, NOON_MS))
    assert kiosk.shows() == s.Start()


def test_a_language_ends_with_its_person_on_a_closed_kiosk_too(kiosk: Kiosk) -> None:
    kiosk.give(h.OutlookChanged(outlook(closes_in_ms=-1, opens_in_ms=HOUR_MS), NOON_MS))
    kiosk.touch(h.LanguageTouched)
    assert (kiosk.session.language, kiosk.shows()) == ("en", s.Closed())
    kiosk.give(h.TimedOut(), after_ms=PREFERENCES_MS)
    assert (kiosk.session.language, kiosk.shows()) == ("vi", s.Closed())


def test_a_screen_whose_time_is_up_ends_although_a_service_closes_at_that_very_moment(kiosk: Kiosk) -> None:
    near = outlook(closes_in_ms=HOUR_MS, opens_in_ms=9 * HOUR_MS, insurance_until_ms=CHOOSE_MS)
    kiosk.give(h.OutlookChanged(near, NOON_MS), after_ms=0)
    kiosk.give(h.Scanned(MAU), after_ms=0)
    assert kiosk.session.until_ms == kiosk.session.turns_ms
    wait_for_the_deadline(kiosk)
    assert (kiosk.shows(), kiosk.session.off) == (s.Start(), ("insurance",))


@pytest.mark.req("K2")
def test_a_service_that_is_switched_off_cannot_be_touched(kiosk: Kiosk) -> None:
    off = replace(CATALOGUE, services=(replace(CATALOGUE.services[0], active=False), CATALOGUE.services[1]))
    kiosk.give(h.SiteChanged(replace(SITE, catalogue=off), NOON_MS))
    assert kiosk.touch(lambda step: h.ServiceTouched(step, "general")) == ()
    assert kiosk.choose("insurance").service == "insurance"
