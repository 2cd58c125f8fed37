"""A catalogue that contradicts itself is refused before anybody works by it."""

import pytest
from msgspec.structs import replace

from edge.contracts.catalogue import Catalogue, OpeningPeriod, Policy, ServiceGroup, SpecialDay
from edge.daemon.i18n import translations
from edge.queueing.catalogue import check, faults
from edge.queueing.catalogue_faults import CatalogueError, Fault
from edge.queueing.catalogue_words import FIELDS, KINDS, WORDS, sentence
from tests.sites import CATALOGUE

SERVICE, OTHER, COUNTER = *CATALOGUE.services, CATALOGUE.counters[0]


def test_a_sound_catalogue_is_taken() -> None:
    check(CATALOGUE)


@pytest.mark.req("K2")
def test_forty_services_are_taken_and_forty_one_are_not() -> None:
    def of(count: int) -> Catalogue:
        prefixes = [a + b for a in "ABCDEFG" for b in "ABCDEFG"]
        services = tuple(replace(SERVICE, id=f"s{i}", prefix=prefixes[i]) for i in range(count))
        return replace(
            CATALOGUE, services=services, counters=(replace(COUNTER, services=tuple(s.id for s in services)),)
        )

    check(of(40))
    with pytest.raises(CatalogueError, match="services: 1 to 40"):
        check(of(41))


def service(**changes: object) -> Catalogue:
    return replace(CATALOGUE, services=(replace(SERVICE, **changes), *CATALOGUE.services[1:]))


def counter(**changes: object) -> Catalogue:
    return replace(CATALOGUE, counters=(replace(COUNTER, **changes), *CATALOGUE.counters[1:]))


def week(*periods: tuple[str, str], weekdays: tuple[int, ...] = (0,)) -> tuple[OpeningPeriod, ...]:
    return tuple(OpeningPeriod(weekdays, opens, closes) for opens, closes in periods)


def special(*days: SpecialDay) -> Catalogue:
    return replace(CATALOGUE, special_days=days)


def policy(**changes: float) -> Catalogue:
    return replace(CATALOGUE, policy=replace(Policy(), **changes))


CONTRADICTIONS = [
    (replace(CATALOGUE, services=()), "services: 1 to 40"),
    (replace(CATALOGUE, counters=()), "counters: 1 to 32"),
    (replace(CATALOGUE, groups=()), "groups: 1 to 40"),
    (replace(CATALOGUE, groups=(ServiceGroup("exam", "", "Examination"),)), "group 'exam': name: it has 0 letters"),
    (replace(CATALOGUE, services=(SERVICE, replace(SERVICE, id="x"))), "services: prefix: 'A' stands twice"),
    (replace(CATALOGUE, services=(*CATALOGUE.services, SERVICE)), "services: id: 'general' stands twice"),
    (service(group="x"), "group: there is no group 'x'"),
    (service(id="A b"), "id: it is 'A b'"),
    (service(prefix="a"), "prefix: it is 'a'"),
    (service(prefix="ABC"), "prefix: it is 'ABC'"),
    (service(colour="red"), "colour: it is 'red'"),
    (service(icon="../../etc"), "icon: it is"),
    (service(code="SEVENTH"), "code: it has 7 letters; 0 to 6"),
    (service(name="x" * 81), "name: it has 81 letters; 1 to 80"),
    (service(name=" "), "name: it has 1 letters; 1 to 80"),
    (service(name_en="A\nB"), "name_en: it has 3 letters"),
    (service(first_number=0), "first_number: the first is 0"),
    (service(first_number=5, last_number=4), "the first is 5 and the last 4"),
    (service(last_number=10_000), "1 ≤ first ≤ last ≤ 9999"),
    (service(last_ticket_min=-1), "last_ticket_min: it is -1"),
    (service(planned_min=0), "planned_min: it is 0; 1 to 240"),
    (service(route=("insurance", "x")), "route: there is no service 'x'"),
    (service(route=("general",)), "route: service 'general' follows itself"),
    (service(route=("insurance", "general") * 4 + ("insurance",)), "route: 0 to 8 are expected, there are 9"),
    (
        replace(
            service(route=("insurance",)),
            services=(replace(SERVICE, route=("insurance",)), replace(OTHER, active=False)),
        ),
        "route: service 'insurance' gives no numbers",
    ),
    (service(hours=week(("07:00", "25:00"))), "service 'general': hours: a time is '25:00'"),
    (replace(CATALOGUE, counters=(replace(COUNTER, services=("general",)),)), "'insurance': counters: no counter"),
    (counter(services=("general", "insurance", "x")), "counter 'q1': services: there is no service 'x'"),
    (counter(services=("general", "general")), "services: 'general' stands twice"),
    (counter(number=1000), "number: it is 1000; 1 to 999"),
    (counter(zone="x" * 81), "zone: it has 81"),
    (replace(CATALOGUE, counters=(COUNTER, replace(COUNTER, id="q2"))), "counters: number: '1' stands twice"),
    (replace(CATALOGUE, hours=week(("7:00", "11:30"))), "hours: a time is '7:00'"),
    (replace(CATALOGUE, hours=week(("24:00", "24:00"))), "hours: a time is '24:00'"),
    (replace(CATALOGUE, hours=week(("22:00", "06:00"))), "22:00–06:00 closes before it opens"),
    (replace(CATALOGUE, hours=week(("07:00", "12:00"), ("11:30", "17:00"))), "07:00–12:00 and 11:30–17:00 overlap"),
    (replace(CATALOGUE, hours=week(("07:00", "11:00"), weekdays=(7,))), "weekdays are 0"),
    (replace(CATALOGUE, hours=week(("07:00", "11:00"), weekdays=())), "weekdays are 0"),
    (replace(CATALOGUE, hours=week(*[("07:00", "11:00")] * 29)), "hours: 0 to 28 are expected, there are 29"),
    (special(SpecialDay("2027-02-29", "Nghỉ", "Off")), "special_day '2027-02-29': date: it is '2027-02-29'"),
    (special(SpecialDay("20270228", "Nghỉ", "Off")), "date: it is '20270228'"),
    (special(*[SpecialDay("2027-02-28", "Nghỉ", "Off")] * 2), "special_days: date: '2027-02-28' stands twice"),
    (special(SpecialDay("2027-02-28", "Trực", "Duty", (("09:00", "08:00"),))), "periods: 09:00–08:00 closes"),
    (special(SpecialDay("2027-02-28", "Trực", "Duty", (("07:00", "09:00"), ("08:00", "10:00")))), "overlap"),
    (policy(priority_weight=0.5), "policy: priority_weight: it is 0.5; 1 to 20"),
    (policy(priority_weight=float("nan")), "priority_weight: it is nan"),
    (policy(ratio_priority=0), "ratio_priority: it is 0; 1 to 9"),
    (policy(ratio_normal=10), "ratio_normal: it is 10"),
    (policy(starvation_min=9), "starvation_min: it is 9; 10 to 600"),
    (policy(no_show_grace_min=241), "no_show_grace_min: it is 241"),
    (policy(early_min=-1), "early_min: it is -1; 0 to 720"),
    (replace(CATALOGUE, facility=replace(CATALOGUE.facility, time_zone="Hanoi")), "facility: time_zone: it is 'Hanoi'"),
    (replace(CATALOGUE, facility=replace(CATALOGUE.facility, time_zone="Asia")), "time_zone: it is 'Asia'"),
    (replace(CATALOGUE, facility=replace(CATALOGUE.facility, time_zone="../x")), "time_zone: it is '../x'"),
]


@pytest.mark.req("K2", "K10")
@pytest.mark.parametrize(("broken", "text"), CONTRADICTIONS)
def test_a_contradiction_is_named_with_what_is_expected(broken: Catalogue, text: str) -> None:
    with pytest.raises(CatalogueError) as refused:
        check(broken)
    assert text in str(refused.value)


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize(("broken", "text"), CONTRADICTIONS)
def test_every_contradiction_is_worded_for_the_administrator(broken: Catalogue, text: str, language: str) -> None:
    translate = translations(language, "edge.hub").gettext
    for error in faults(broken):
        words = sentence(error, translate)
        assert "{" not in words
        assert (error.fault.value.format(**error.values) in words) is (language == "en")


def test_every_word_for_a_contradiction_has_its_english() -> None:
    english = translations("en", "edge.hub")
    assert set(WORDS) == set(Fault)
    assert {fault.value for fault in Fault} == {english.gettext(words) for words in WORDS.values()}
    assert not [word for word in (*KINDS.values(), *FIELDS.values()) if english.gettext(word) == word]


def test_all_faults_are_found_at_once_and_not_only_the_first() -> None:
    broken = replace(service(prefix="a", colour="red"), hours=week(("7:00", "11:30"), ("10:00", "09:00")))
    assert [error.fault for error in faults(broken)] == [Fault.TIME, Fault.ORDER, Fault.PREFIX, Fault.COLOUR]


def test_a_service_that_gives_no_numbers_needs_no_counter() -> None:
    off = replace(CATALOGUE, services=(*CATALOGUE.services, replace(SERVICE, id="off", prefix="Z", active=False)))
    check(off)


@pytest.mark.req("K10")
def test_hours_to_midnight_lunch_and_a_duty_day_are_taken() -> None:
    check(
        replace(
            CATALOGUE,
            hours=week(("13:30", "24:00"), ("00:00", "11:30"), weekdays=(0, 6)),
            special_days=(SpecialDay("2028-02-29", "Trực", "Duty", (("07:00", "11:00"), ("13:00", "15:00"))),),
        )
    )
