"""Fees at a counter: what may be noted, what is asked for meanwhile, and what leaves the building."""

import msgspec
import pytest
from msgspec.structs import replace

from cloud.admission import NotAdmitted, Reason, admit
from edge.contracts.catalogue import Catalogue
from edge.contracts.commands import Finish, Rate, SetPriority, TakePayment, Undo
from edge.contracts.events import Batch, CatalogueAdopted, Entry, PaymentTaken
from edge.contracts.payment import Payment, PaymentMeans
from edge.contracts.refusals import Refusal
from edge.contracts.ticket import Priority
from edge.hub.payment.charges import Charges
from edge.hub.payment.vietqr import read_vietqr
from edge.hub.uplink import payload_of
from edge.queueing.catalogue import faults
from edge.queueing.catalogue_faults import Fault
from edge.queueing.rules import UNDO_MS
from tests.queue_story import Site
from tests.sites import CATALOGUE, command_id

CASH, QR, CARD = PaymentMeans.CASH, PaymentMeans.QR, PaymentMeans.CARD
ACCOUNT = Payment("999999", "MAU0000000001", "TRUNG TAM Y TE HUYEN MAU")


def hospital() -> Catalogue:
    """Fees are taken for "insurance", at the counters q1 and q3."""
    general, insurance = CATALOGUE.services
    return replace(CATALOGUE, services=(general, replace(insurance, fees=True)), payment=ACCOUNT)


@pytest.fixture
def site() -> Site:
    return Site(hospital())


def at_counter(site: Site, counter: str = "q3") -> str:
    site.issue("insurance")
    return site.call(counter)


def pay(ticket: str, means: PaymentMeans, counter: str = "q3") -> TakePayment:
    return TakePayment(command_id(), counter, ticket, means)


@pytest.mark.req("D7")
def test_what_was_paid_with_is_noted_once_and_the_ticket_stays_at_the_counter(site: Site) -> None:
    ticket = at_counter(site)
    assert site.do(pay(ticket, QR)) == (PaymentTaken(ticket, "insurance", "q3", QR),)
    assert (site.ticket(ticket).paid, site.queue.at_counter["q3"]) == (QR, ticket)
    refusal = site.refusal(pay(ticket, QR))
    assert (refusal.reason, refusal.ticket) == (Refusal.ALREADY_PAID, ticket)


@pytest.mark.req("D7")
def test_another_means_takes_the_place_of_the_one_that_was_noted_by_mistake(site: Site) -> None:
    ticket = at_counter(site)
    site.do(pay(ticket, CASH))
    noted_ms = site.now_ms
    site.now_ms += 60_000
    assert site.do(pay(ticket, CARD)) == (PaymentTaken(ticket, "insurance", "q3", CARD, CASH, noted_ms),)
    assert site.ticket(ticket).paid is CARD


@pytest.mark.req("D7")
def test_only_a_service_with_fees_and_only_whoever_is_at_the_counter_pays(site: Site) -> None:
    other = site.issue("general")
    assert site.refusal(pay(other, CASH, "q2")).reason is Refusal.NOT_AT_COUNTER
    site.call("q2")
    assert site.refusal(pay(other, CASH, "q2")).reason is Refusal.NO_FEES
    ticket = at_counter(site)
    assert site.refusal(pay(ticket, CASH, "q1")).reason is Refusal.NOT_AT_COUNTER
    assert site.refusal(pay(ticket, CASH, "q9")).reason is Refusal.UNKNOWN_COUNTER
    site.finish("q3")
    assert site.refusal(pay(ticket, CASH)).reason is Refusal.NOT_AT_COUNTER


@pytest.mark.req("D7", "P5")
def test_a_payment_is_taken_back_within_ten_seconds_as_any_other_mistake(site: Site) -> None:
    ticket = at_counter(site)
    before = site.ticket(ticket)
    first, second = pay(ticket, CASH), pay(ticket, QR)
    site.do(first)
    site.do(second)
    site.do(Undo(command_id(), "q3", second.id))
    assert site.ticket(ticket).paid is CASH
    assert site.refusal(Undo(command_id(), "q3", first.id)).reason is Refusal.TOO_LATE
    again = pay(ticket, QR)
    site.do(again)
    site.now_ms += UNDO_MS + 1
    assert site.refusal(Undo(command_id(), "q3", again.id)).reason is Refusal.TOO_LATE
    assert replace(site.ticket(ticket), paid=None, paid_at_ms=0) == before


@pytest.mark.req("D7", "P3")
def test_taking_a_payment_back_leaves_the_one_before_free_to_say_how_it_was(site: Site) -> None:
    served = at_counter(site)
    site.issue("insurance")
    site.finish("q3")
    ticket = site.call("q3")
    payment = pay(ticket, CASH)
    site.do(payment)
    site.do(Undo(command_id(), "q3", payment.id))
    site.do(Rate(command_id(), "q3", 5, ticket=served))


@pytest.mark.req("D7")
def test_the_next_stage_of_a_route_is_paid_for_by_itself() -> None:
    general, insurance = hospital().services
    catalogue = replace(
        hospital(), services=(replace(general, fees=True), replace(insurance, route=("general",), fees=True))
    )
    site = Site(catalogue)
    ticket = at_counter(site)
    site.do(pay(ticket, QR))
    site.do(Finish(command_id(), "q3", ticket))
    assert site.ticket(ticket).paid is None
    assert site.call("q2") == ticket
    assert site.do(pay(ticket, QR, "q2")) == (PaymentTaken(ticket, "general", "q2", QR),)


def test_an_account_is_whole_or_not_there() -> None:
    for wrong, expected in (
        (replace(ACCOUNT, bank=""), {"bank": Fault.BANK}),
        (replace(ACCOUNT, bank="97041"), {"bank": Fault.BANK}),
        (replace(ACCOUNT, account="12 34"), {"account": Fault.ACCOUNT}),
        (Payment(name="MAU"), {"bank": Fault.BANK, "account": Fault.ACCOUNT}),
        (replace(ACCOUNT, name=""), {"name": Fault.TEXT}),
    ):
        found = {error.place.field: error.fault for error in faults(replace(CATALOGUE, payment=wrong))}
        assert found == expected
    assert not list(faults(replace(CATALOGUE, payment=ACCOUNT)))


def test_a_catalogue_of_before_takes_no_fees() -> None:
    text = msgspec.json.encode(CATALOGUE)
    old = msgspec.json.decode(text)
    del old["payment"]
    for service in old["services"]:
        del service["fees"]
    assert msgspec.convert(old, Catalogue) == CATALOGUE
    assert not CATALOGUE.payment.is_given


@pytest.mark.req("D7", "X3")
def test_the_account_stays_in_the_building_and_the_cloud_would_not_take_it() -> None:
    entry = Entry(1, 1_795_410_000_000, CatalogueAdopted(hospital()))
    payload = payload_of("e" * 32, [entry])
    assert ACCOUNT.account.encode() not in payload
    assert ACCOUNT.name.encode() not in payload
    (sent,) = admit(payload).entries
    assert sent.event == CatalogueAdopted(replace(hospital(), payment=Payment()))
    with pytest.raises(NotAdmitted) as refused:
        admit(msgspec.json.encode(Batch(1, "e" * 32, (entry,))))
    assert refused.value.reason is Reason.FORBIDDEN


class Told:
    """How often somebody was told of a change."""

    def __init__(self) -> None:
        self.times = 0
        self.charges = Charges(self.tell)

    def tell(self) -> None:
        self.times += 1


@pytest.mark.req("D7")
def test_a_code_asks_for_the_amount_and_names_the_ticket_and_nobody(site: Site) -> None:
    charges = Told().charges
    ticket = site.ticket(at_counter(site))
    charges.ask("q3", ticket, 150_000, ACCOUNT)
    charge = charges.at("q3")
    assert charge is not None
    asked = read_vietqr(charge.text)
    assert (asked.bank, asked.account, asked.amount) == ("999999", "MAU0000000001", 150_000)
    label, reference = asked.purpose.split(" ")
    assert (label, len(reference)) == (ticket.label, 6)
    assert "150" not in repr(charge)
    assert reference not in repr(charge)


@pytest.mark.req("D7")
def test_the_same_wish_changes_nothing_and_another_amount_makes_another_code(site: Site) -> None:
    told = Told()
    ticket = site.ticket(at_counter(site))
    told.charges.ask("q3", ticket, 150_000, ACCOUNT)
    first = told.charges.at("q3")
    told.charges.ask("q3", ticket, 150_000, ACCOUNT)
    assert (told.charges.at("q3"), told.times) == (first, 1)
    told.charges.ask("q3", ticket, 160_000, ACCOUNT)
    second = told.charges.at("q3")
    assert first is not None
    assert second is not None
    assert (second.amount, told.times) == (160_000, 2)
    assert second.purpose != first.purpose


@pytest.mark.req("D7")
@pytest.mark.parametrize("how", ["paid", "finished", "withdrawn", "undone", "account"])
def test_a_code_is_forgotten_when_it_is_paid_withdrawn_or_nobody_is_there_to_pay(site: Site, how: str) -> None:
    charges = Told().charges
    ticket = at_counter(site)
    charges.ask("q3", site.ticket(ticket), 150_000, ACCOUNT)
    site.do(SetPriority(command_id(), ticket, Priority.PREGNANT))
    charges.settle(site.queue)
    assert charges.at("q3") is not None
    match how:
        case "paid":
            site.do(pay(ticket, CASH))
        case "finished":
            site.finish("q3")
        case "withdrawn":
            charges.withdraw("q3")
        case "undone":
            payment = pay(ticket, QR)
            site.do(payment)
            charges.settle(site.queue)
            site.do(Undo(command_id(), "q3", payment.id))
        case "account":
            site.append(CatalogueAdopted(replace(hospital(), payment=replace(ACCOUNT, account="MAU0000000002"))))
    charges.settle(site.queue)
    assert charges.at("q3") is None


def test_a_tablet_counts_while_it_looks() -> None:
    charges = Told().charges
    with charges.seen("q3"):
        assert charges.has_tablet("q3")
        assert not charges.has_tablet("q1")
    assert not charges.has_tablet("q3")
