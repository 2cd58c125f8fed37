"""The plan of a simulated morning, and the people of it as the hub's stream tells of them."""

import tomllib
from collections import Counter
from datetime import date
from importlib.resources import files

import msgspec
import pytest

from edge.contracts.catalogue import Catalogue
from edge.contracts.priority import priority_from
from edge.contracts.ticket import Document, Priority, Ticket
from edge.queueing.catalogue import check
from provisioning.demo.configuration import PINS
from provisioning.demo.morning import ARRIVALS_S, NO_DOCTOR, TESTS, Morning, Patient, plan

pytestmark = pytest.mark.req("P2")

DAY = date(2026, 11, 24)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    text = files("provisioning.demo").joinpath("catalogue.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), Catalogue)


@pytest.fixture(scope="module")
def large(catalogue: Catalogue) -> Morning:
    return plan(catalogue, patients=600, seed=1, today=DAY)


def test_the_same_seed_plays_the_same_morning_and_another_one_another(catalogue: Catalogue) -> None:
    first = plan(catalogue, patients=60, seed=5, today=DAY)
    assert plan(catalogue, patients=60, seed=5, today=DAY) == first
    other = plan(catalogue, patients=60, seed=6, today=DAY)
    assert other.patients != first.patients
    assert other.doctors != first.doctors


def test_the_doctors_of_a_seed_are_the_same_however_many_come(catalogue: Catalogue, large: Morning) -> None:
    assert plan(catalogue, patients=60, seed=1, today=DAY).doctors == large.doctors


def test_people_come_in_order_most_of_them_early_and_nobody_after_the_last_hour(large: Morning) -> None:
    arrivals = [patient.at_s for patient in large.patients]
    assert arrivals == sorted(arrivals)
    assert len(arrivals) == 600
    assert arrivals[0] >= 0
    assert arrivals[-1] < ARRIVALS_S
    by_hour = Counter(int(at_s // 3600) for at_s in arrivals)
    assert by_hour[0] > by_hour[1] > by_hour[2] > by_hour[3]


@pytest.mark.req("K10")
def test_three_in_ten_have_priority_some_by_their_document_and_some_by_a_claim(large: Morning) -> None:
    proven = [p for p in large.patients if priority_from(p.birth_date, DAY.isoformat()) is not Priority.NONE]
    claims = [p for p in large.patients if p.claim is not Priority.NONE]
    assert 0.25 < (len(proven) + len(claims)) / 600 < 0.35
    assert len(proven) > 50
    assert len(claims) > 50
    assert {priority_from(p.birth_date, DAY.isoformat()) for p in proven} == {Priority.UNDER_6, Priority.FROM_75}
    assert {p.proven for p in claims} == {True, False}
    assert all(p.document is Document.CCCD_QR for p in large.patients if p.birth_date)


@pytest.mark.parametrize("today", [date(2026, 1, 1), date(2028, 2, 29), date(2026, 12, 31)])
def test_ages_are_as_drawn_on_any_day_of_the_year(catalogue: Catalogue, today: date) -> None:
    for patient in plan(catalogue, patients=200, seed=3, today=today).patients:
        if patient.birth_date:
            born = date.fromisoformat(patient.birth_date)
            age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
            assert 1 <= age <= 95


def test_some_miss_the_call_and_some_of_those_come_back(large: Morning) -> None:
    missing = [patient for patient in large.patients if patient.misses]
    assert 0.05 < len(missing) / 600 < 0.12
    assert {patient.back_s > 0 for patient in missing} == {True, False}
    assert all(patient.back_s == 0 for patient in large.patients if not patient.misses)


def test_services_take_as_long_as_planned_on_the_average(large: Morning) -> None:
    efforts = [effort for patient in large.patients for effort in patient.efforts]
    assert all(effort > 0 for effort in efforts)
    assert sum(efforts) / len(efforts) == pytest.approx(1.0, abs=0.03)


def test_doctors_come_late_go_away_and_differ_in_pace(catalogue: Catalogue) -> None:
    doctors = [doctor for seed in range(1, 6) for doctor in plan(catalogue, patients=1, seed=seed, today=DAY).doctors]
    assert [doctor.counter for doctor in doctors[:8]] == [counter.id for counter in catalogue.counters]
    assert max(doctor.late_s for doctor in doctors) > 600 > min(doctor.late_s for doctor in doctors)
    assert {len(doctor.pauses) for doctor in doctors} == {0, 1, 2}
    for doctor in doctors:
        times = [time for pause in doctor.pauses for time in pause]
        assert times == sorted(times)
        assert all(time > doctor.late_s for time in times)


def test_only_a_doctor_orders_tests_and_not_again_after_them() -> None:
    patient = Patient(0, "general", tests=("laboratory",))

    def ticket(service: str, *, returning: bool = False) -> Ticket:
        return Ticket("0" * 32, "A001", 1, service, Document.NONE, "kiosk", 1, returning=returning)

    assert patient.tests_at(ticket("general")) == ("laboratory",)
    assert patient.tests_at(ticket("general", returning=True)) == ()
    assert [patient.tests_at(ticket(service)) for service in NO_DOCTOR] == [()] * len(NO_DOCTOR)


def test_a_facility_without_tests_and_with_other_services_has_its_morning_too(catalogue: Catalogue) -> None:
    bare = msgspec.structs.replace(
        catalogue,
        services=tuple(
            msgspec.structs.replace(s, route=()) for s in catalogue.services if s.id in ("general", "children")
        ),
        counters=catalogue.counters[:3],
    )
    morning = plan(bare, patients=100, seed=2, today=DAY)
    assert {patient.service for patient in morning.patients} == {"general", "children"}
    assert {patient.tests for patient in morning.patients} == {()}


@pytest.mark.req("K2", "K3")
def test_the_demo_s_hall_has_rooms_routes_and_tests_and_buttons_for_the_first_counters(catalogue: Catalogue) -> None:
    check(catalogue)
    assert set(TESTS) < {service.id for service in catalogue.services}
    assert catalogue.service("registration").route == ("internal", "cashier", "pharmacy")
    assert {service.id for service in catalogue.services if service.assigns_room} == {"internal", "surgery"}
    assert all(service.icon for service in catalogue.services)
    assert [counter.id for counter in catalogue.counters][: len(PINS)] == list(PINS)
