"""A small fictitious catalogue for tests."""

import itertools

from edge.contracts.catalogue import Catalogue, Counter, Facility, OpeningPeriod, Service, ServiceGroup

CATALOGUE = Catalogue(
    facility=Facility(name="Trung tâm Y tế huyện Mẫu", name_en="Mau District Health Centre"),
    hours=(OpeningPeriod((0, 1, 2, 3, 4, 5, 6), "00:00", "24:00"),),  # tests run at any hour
    groups=(ServiceGroup("exam", "Khám bệnh", "Examination"),),
    services=(
        Service("general", "exam", "A", "Khám tổng quát", "General examination", "#0b6e6e"),
        Service("insurance", "exam", "B", "Khám BHYT", "Insurance examination", "#1d5fae"),
    ),
    counters=(
        Counter("q1", 1, "101", ("general", "insurance")),
        Counter("q2", 2, "102", ("general",)),
        Counter("q3", 3, "103", ("insurance",)),
    ),
)

NOON_MS = 1_795_410_000_000  # 2026-11-23 12:00 in Vietnam
DAY_MS = 86_400_000

_counted = itertools.count(1)


def command_id() -> str:
    """A command id that no other call gave."""
    return f"{next(_counted):032x}"
