"""A catalogue that contradicts itself is refused before anybody works by it."""

import pytest
from msgspec.structs import replace

from edge.contracts.catalogue import Catalogue
from edge.queueing.catalogue import CatalogueError, check
from tests.sites import CATALOGUE

SERVICE, COUNTER = CATALOGUE.services[0], CATALOGUE.counters[0]


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
    with pytest.raises(CatalogueError, match="1 to 40 services"):
        check(of(41))


@pytest.mark.parametrize(
    ("broken", "text"),
    [
        (replace(CATALOGUE, services=()), "1 to 40 services"),
        (replace(CATALOGUE, counters=()), "1 to 32 counters"),
        (replace(CATALOGUE, services=(SERVICE, replace(SERVICE, id="x"))), "prefix of a service 'A' stands twice"),
        (replace(CATALOGUE, services=(*CATALOGUE.services, SERVICE)), "service 'general' stands twice"),
        (replace(CATALOGUE, services=(replace(SERVICE, group="x"),)), "no group 'x'"),
        (replace(CATALOGUE, services=(replace(SERVICE, id="A b"),)), "the id is 'A b'"),
        (replace(CATALOGUE, services=(replace(SERVICE, prefix="a"),)), "the prefix is 'a'"),
        (replace(CATALOGUE, services=(replace(SERVICE, colour="red"),)), "the colour is 'red'"),
        (replace(CATALOGUE, counters=(replace(COUNTER, services=("general",)),)), "no counter serves it"),
        (replace(CATALOGUE, counters=(replace(COUNTER, services=("general", "insurance", "x")),)), "no service 'x'"),
        (replace(CATALOGUE, counters=(COUNTER, replace(COUNTER, id="q2"))), "number of a counter '1' stands twice"),
        (replace(CATALOGUE, hours=(replace(CATALOGUE.hours[0], opens="7:00"),)), "a time is '7:00'"),
        (replace(CATALOGUE, hours=(replace(CATALOGUE.hours[0], weekdays=(7,)),)), "weekdays are 0"),
        (replace(CATALOGUE, facility=replace(CATALOGUE.facility, time_zone="Hanoi")), "time_zone"),
    ],
)
def test_a_contradiction_is_named_with_what_is_expected(broken: Catalogue, text: str) -> None:
    with pytest.raises(CatalogueError, match=text):
        check(broken)
