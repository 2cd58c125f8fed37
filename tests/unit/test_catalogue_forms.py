"""What the administration's forms show is what they read, and a mistake is told beside its field."""

import pytest
from hypothesis import given
from msgspec.structs import replace

from edge.contracts.catalogue import Catalogue, Counter, Service, ServiceGroup, SpecialDay
from edge.hub.catalogue import edits, forms, hall_forms, kinds
from edge.hub.catalogue.forms import Wrong
from edge.queueing.catalogue import check
from tests.catalogues import UNHURRIED, catalogues
from tests.sites import CATALOGUE

GENERAL = CATALOGUE.services[0]


@pytest.mark.req("K2", "K3", "K4")
@UNHURRIED
@given(catalogues())
def test_any_sound_catalogue_goes_through_its_forms_and_comes_back_the_same(catalogue: Catalogue) -> None:
    check(catalogue)
    back = catalogue
    for part, fields, read in (
        ("facility", forms.facility_fields(catalogue.facility), forms.read_facility),
        ("hours", forms.week_fields(catalogue.hours), forms.read_week),
        ("policy", forms.policy_fields(catalogue.policy), forms.read_policy),
        ("payment", forms.payment_fields(catalogue.payment), forms.read_payment),
    ):
        back = forms.with_part(back, part, read(fields))
    for group in catalogue.groups:
        back = edits.put(back, "group", forms.read_group(forms.group_fields(group), group.id))
    for service in catalogue.services:
        back = edits.put(back, "service", forms.read_service(forms.service_fields(service), service.id))
        back = edits.with_counters(back, service.id, [c.id for c in catalogue.counters_for(service.id)])
    for counter in catalogue.counters:
        read_again = forms.read_counter(forms.counter_fields(counter), counter.id, counter.services)
        back = edits.put(back, "counter", read_again)
    for day in catalogue.special_days:
        back = edits.put(back, "special_day", forms.read_special_day(forms.special_day_fields(day)))
    for screen in catalogue.screens:
        fields = hall_forms.screen_fields(screen)
        back = edits.put(back, "screen", hall_forms.read_screen(fields, screen.id, screen.zones))
    for voice in catalogue.voices:
        back = edits.put(back, "voice", hall_forms.read_voice(hall_forms.voice_fields(voice), voice.id, voice.zones))
    for phrase in catalogue.phrases:
        back = edits.put(back, "phrase", hall_forms.read_phrase(hall_forms.phrase_fields(phrase), phrase.id))
    for said in catalogue.announcements:
        fields = hall_forms.announcement_fields(said)
        back = edits.put(back, "announcement", hall_forms.read_announcement(fields, said.id, said.zones))
    assert back == catalogue
    for kind in edits.LISTS:
        for one in edits.things(catalogue, kind):
            if kind != "recording":
                fields = kinds.fields_of(catalogue, one)
                assert kinds.changed(catalogue, kind, edits.key(one), fields)[0] == catalogue, (kind, one)


@pytest.mark.req("K4")
@pytest.mark.parametrize(
    ("field", "typed", "wrong"),
    [
        ("name", "", "name"),
        ("prefix", "B", "prefix"),
        ("prefix", "12", "prefix"),
        ("first_number", "a", "first_number"),
        ("first_number", "9999999", "first_number"),
        ("last_number", "0", "first_number"),
        ("planned_min", "0", "planned_min"),
        ("group", "nowhere", "group"),
        ("size", "huge", "size"),
        ("colour", "red", "colour"),
        ("icon", "../logo", "icon"),
        ("icon", "no-such-picture", "icon"),
        ("route", "nowhere", "route"),
        ("opens-0", "25:00", "hours"),
    ],
)
def test_a_mistake_in_a_service_is_told_beside_its_field(field: str, typed: str, wrong: str) -> None:
    fields = forms.service_fields(GENERAL) | {"closes-0": ["12:00"], "days-0": ["0"], "opens-0": ["7h"], field: [typed]}
    try:
        notes = forms.notes_of(
            edits.put(CATALOGUE, "service", forms.read_service(fields, "general")), "service", "general"
        )
    except Wrong as found:
        notes = found.notes
    assert list(notes) == [wrong]


def test_what_is_wrong_elsewhere_is_not_told_in_this_form() -> None:
    broken = edits.put(CATALOGUE, "service", replace(CATALOGUE.services[1], prefix="?"))
    assert forms.notes_of(broken, "service", "general") == {}
    assert list(forms.notes_of(broken, "service", "insurance")) == ["prefix"]


def test_a_period_without_a_day_is_told_with_its_line() -> None:
    with pytest.raises(Wrong) as wrong:
        forms.read_week({"opens-1": ["7h30"], "closes-1": ["11h"]})
    assert wrong.value.notes["hours"].values == {"row": 2}


def test_a_counter_without_services_or_with_a_painted_number_that_stands_twice_is_told() -> None:
    with pytest.raises(Wrong) as wrong:
        forms.read_counter({"number": ["9"]}, "q9", ())
    assert list(wrong.value.notes) == ["services"]
    twice = edits.put(CATALOGUE, "counter", replace(CATALOGUE.counters[0], number=2))
    assert list(forms.notes_of(twice, "counter", "q1")) == ["number"]
    assert list(forms.notes_of(twice, "counter", "q3")) == []


def test_times_are_read_as_officers_type_them() -> None:
    typed = {"days-0": ["0", "4"], "opens-0": ["7h"], "closes-0": ["11g30"]}
    (period,) = forms.read_week(typed)
    assert (period.weekdays, period.opens, period.closes) == ((0, 4), "07:00", "11:30")


@pytest.mark.req("K3")
def test_things_move_among_their_own_and_stop_at_the_ends() -> None:
    other = ServiceGroup("other", "Khác", "Other")
    between = Service("x", "other", "X", "X", "X", "#000000")
    catalogue = edits.put(CATALOGUE, "group", other)
    catalogue = edits.with_things(catalogue, "service", [GENERAL, between, CATALOGUE.services[1]])

    def order(moved: Catalogue) -> list[str]:
        return [service.id for service in moved.services]

    assert order(edits.moved(catalogue, "service", "general", 1)) == ["insurance", "x", "general"]
    assert order(edits.moved(catalogue, "service", "general", -1)) == ["general", "x", "insurance"]
    assert order(edits.moved(catalogue, "service", "x", 1)) == ["general", "x", "insurance"]
    with pytest.raises(KeyError):
        edits.moved(catalogue, "service", "nowhere", 1)


@pytest.mark.req("K2")
def test_a_deleted_service_leaves_counters_and_routes_and_a_paused_one_only_the_routes() -> None:
    routed = edits.put(CATALOGUE, "service", replace(GENERAL, route=("insurance",)))
    gone = edits.without(routed, "service", "insurance")
    assert gone.service("general").route == ()
    assert [counter.services for counter in gone.counters] == [("general",), ("general",), ()]
    paused = edits.paused(routed, "insurance")
    assert not paused.service("insurance").active
    assert paused.service("general").route == ()
    assert paused.counters == CATALOGUE.counters
    back = edits.given_back(gone, CATALOGUE, "insurance")
    assert back.counters_for("insurance") == CATALOGUE.counters_for("insurance") == CATALOGUE.counters[::2]


def test_a_special_day_stands_by_its_date_when_it_is_moved_to_another() -> None:
    days = (SpecialDay("2027-01-01", "A", "A"), SpecialDay("2027-03-01", "B", "B"))
    catalogue = replace(CATALOGUE, special_days=days)
    moved = edits.put(catalogue, "special_day", SpecialDay("2027-04-01", "A", "A"), instead_of="2027-01-01")
    assert [day.date for day in moved.special_days] == ["2027-03-01", "2027-04-01"]


def test_counters_keep_the_order_of_the_services_that_stay() -> None:
    counter = Counter("q1", 1, "", ("insurance", "general"))
    fields = forms.counter_fields(counter) | {"services": ["general", "new", "insurance"]}
    assert forms.read_counter(fields, "q1", counter.services).services == ("insurance", "general", "new")
