"""Another machine becomes the hub: whatever each of them knows, no number is given twice, and the cloud counts once."""

from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cloud.admission import Reason
from cloud.ledger import Arrival, Ledger, connect
from edge.contracts.commands import IssueTicket, LeaseNumbers, RegisterTicket, RetireHub
from edge.contracts.events import Batch, DayOpened, Entry, HubRetired, HubSucceeded, Lease, NumbersLeased
from edge.contracts.refusals import Refusal
from edge.contracts.term import (
    FIRST,
    RESTORED,
    TERM_HEADER,
    Term,
    as_header,
    block_of,
    claimed,
    from_header,
    is_genuine,
)
from edge.daemon.terms import Terms
from edge.hub.succession.lineage import Epoch, Lineage, read_epochs, written
from edge.queueing.refused import NotAllowed
from edge.queueing.succession import highest_gap, next_day
from tests.journals import EPOCH, Journal
from tests.queue_story import DAY, Site
from tests.sites import CATALOGUE, command_id

SERVICE = CATALOGUE.services[0]
KEY = b"k" * 32


def take_over(site: Site, block: str = "") -> None:
    """This copy becomes the next hub's."""
    generation = site.queue.term.generation + 1
    site.append(HubSucceeded(generation, EPOCH, site.queue.seq, block or block_of(generation)))


def copied(site: Site) -> Site:
    """A machine with the same journal."""
    copy = Site()
    copy.queue = site.queue
    copy.now_ms = site.now_ms
    return copy


def set_aside(site: Site) -> None:
    """As the hub does for its standby, and for a machine that is set up from a backup."""
    for holder in (block_of(site.queue.term.generation + 1), RESTORED):
        if not any(lease.device == holder for lease in site.queue.leases):
            with suppress(NotAllowed):
                site.do(LeaseNumbers(command_id(), "general"), by=holder)


@pytest.mark.req("X4")
def test_a_successor_gives_numbers_of_its_own_block_and_those_of_the_day_go_on_at_the_old_hub() -> None:
    old = Site()
    set_aside(old)
    assert old.label_of(old.issue()) == "A001"
    new = copied(old)
    take_over(new)
    assert [old.label_of(old.issue()) for _ in range(2)] == ["A002", "A003"]
    assert [new.label_of(new.issue()) for _ in range(2)] == ["A9000", "A9001"]


@pytest.mark.req("X4")
def test_a_second_takeover_on_the_same_day_finds_numbers_too() -> None:
    site = Site()
    for label in ("A9000", "A9800", "A9960"):
        set_aside(site)
        take_over(site)
        assert site.label_of(site.issue()) == label
    assert site.queue.term == Term(3, "hub.3", (0, 1, 2))


@pytest.mark.req("X4")
def test_where_nothing_was_set_aside_a_successor_gives_no_number_rather_than_one_twice() -> None:
    old = Site()
    old.issue()
    new = copied(old)
    take_over(new)
    assert new.refusal(IssueTicket(command_id(), "general")).reason is Refusal.DAY_FULL


def test_a_small_range_keeps_its_lower_half_for_the_hub() -> None:
    site = Site(replace(CATALOGUE, services=(replace(SERVICE, last_number=20), CATALOGUE.services[1])))
    set_aside(site)
    assert [(lease.device, lease.first, lease.last) for lease in site.queue.leases] == [
        ("hub.1", 17, 20),
        (RESTORED, 13, 16),
    ]
    assert [site.label_of(site.issue()) for _ in range(12)][-1] == "A012"


@pytest.mark.req("X4")
def test_a_kiosk_whose_numbers_the_successor_never_heard_of_hands_them_in_all_the_same() -> None:
    old = Site()
    set_aside(old)
    new = copied(old)
    (leased,) = old.do(LeaseNumbers(command_id(), "general"), by="kiosk-2")
    assert isinstance(leased, NumbersLeased)
    take_over(new)
    number = leased.lease.first
    paper = RegisterTicket(command_id(), "general", number, DAY, new.now_ms)
    assert new.do(paper, by="kiosk-2")
    assert new.refusal(replace(paper, id=command_id()), by="kiosk-2").reason is Refusal.NOT_LEASED  # twice
    own = replace(paper, id=command_id(), number=9000)
    assert new.refusal(own, by="kiosk-2").reason is Refusal.NOT_LEASED  # the successor may give this one itself
    assert new.label_of(new.issue()) == "A9000"


@pytest.mark.req("X4")
def test_the_next_day_begins_at_one_again_only_where_every_hub_before_is_known_to_have_stopped() -> None:
    site = Site()
    set_aside(site)
    take_over(site)
    term, leases = next_day(site.queue.term, site.queue.leases)
    assert (term, leases) == (Term(1, "hub.1", (0,)), site.queue.leases)
    site.do(RetireHub(command_id(), 0))
    assert site.do(RetireHub(command_id(), 0)) == ()
    assert site.label_of(site.issue()) == "A9000"  # not on the same day
    term, leases = next_day(site.queue.term, site.queue.leases)
    assert term == Term(1)
    assert [lease.device for lease in leases] == [RESTORED]
    site.append(DayOpened("2026-11-24", leases=leases, term=term))
    assert site.label_of(site.issue()) == "A001"


@given(st.randoms(use_true_random=False), st.integers(20, 120))
def test_however_hubs_fork_and_whatever_they_do_alone_no_number_is_given_twice(chance: Random, steps: int) -> None:
    """Hubs, standbys that follow or are cut off, kiosks that lease and give alone, a machine restored from a backup:
    all of them work on, and nobody tells anybody that their time is over."""
    hubs = [Site()]
    set_aside(hubs[0])
    standby: dict[int, Site] = {0: copied(hubs[0])}
    backup = copied(hubs[0])
    restored = False
    given_labels: list[str] = []
    reserves: dict[str, Iterator[int]] = {}
    for _ in range(steps):
        at = chance.randrange(len(hubs))
        hub = hubs[at]
        match chance.randrange(7):
            case 0 if at in standby:  # the copy catches up
                standby[at] = copied(hub)
            case 1 if at in standby and len(hubs) < 6:  # promoted, and a new standby follows it
                new = standby.pop(at)
                take_over(new)
                hubs.append(new)
                set_aside(new)
                standby[len(hubs) - 1] = copied(new)
            case 2 if not restored and at == 0:
                backup = copied(hub)
            case 3 if not restored and chance.random() < 0.2:
                restored = True
                take_over(backup, RESTORED)
                hubs.append(backup)
            case 4:  # a kiosk has numbers set aside, or gives one of them on its own
                kiosk = f"kiosk-{chance.randrange(2)}-at-{at}"
                if kiosk in reserves:
                    given_labels += [f"A{number:03d}" for number in [next(reserves[kiosk], 0)] if number]
                    continue
                try:
                    events = hub.do(LeaseNumbers(command_id(), "general"), by=kiosk)
                except NotAllowed:
                    continue
                for event in events:
                    assert isinstance(event, NumbersLeased)
                    reserves[kiosk] = iter(range(event.lease.first, event.lease.last + 1))
            case _:
                with suppress(NotAllowed):
                    given_labels.append(hub.label_of(hub.issue()))
    assert len(set(given_labels)) == len(given_labels)


@given(st.lists(st.tuples(st.integers(1, 90), st.integers(0, 9)), max_size=8), st.integers(1, 30))
def test_the_highest_gap_is_free_and_none_above_it_is_as_large(held: list[tuple[int, int]], size: int) -> None:
    leases = [Lease("x", "s", "A", first, first + more) for first, more in held]
    first, last = highest_gap(1, 100, leases, size)
    taken = {number for lease in leases for number in range(lease.first, lease.last + 1)}
    if first >= 1:
        assert last - first + 1 == size
        assert not taken & set(range(first, last + 1))
    runs = [n for n in range(1, 102 - size) if not taken & set(range(n, n + size))]
    assert first == max(runs) if runs else first < 1


def test_a_claim_is_believed_only_where_a_hub_of_the_site_made_it() -> None:
    claim = claimed(KEY, 3, EPOCH, "https://10.0.0.7:8443")
    assert from_header(as_header(claim)) == claim
    assert is_genuine(KEY, claim)
    for forged in (
        replace(claim, generation=4),
        replace(claim, epoch="0" * 32),
        replace(claim, url="https://10.0.0.8"),
        replace(claim, mac="0" * 64),
        replace(claim, mac=""),
    ):
        assert not is_genuine(KEY, forged)
    assert not is_genuine(b"another", claim)


@given(st.one_of(st.text(max_size=1500), st.binary(max_size=600).map(lambda b: b.decode("latin-1"))))
def test_a_header_that_is_no_claim_is_refused_and_nothing_else_happens(value: str) -> None:
    with suppress(ValueError):
        from_header(value)


def test_a_device_never_goes_back_to_an_older_hub_and_remembers_that_over_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "data/hub-term.json"
    terms = Terms(path)
    assert terms.headers() == {}
    assert terms.is_current(None)
    assert terms.is_current(as_header(FIRST))
    second = claimed(KEY, 2, EPOCH, "")
    assert terms.is_current(as_header(second))
    terms = Terms(path)
    assert from_header(terms.headers()[TERM_HEADER]) == second
    assert not terms.is_current(None)
    assert not terms.is_current(as_header(claimed(KEY, 1, EPOCH, "")))
    assert not terms.is_current(as_header(claimed(KEY, 2, "0" * 32, "")))  # two that both took over from the same one
    assert terms.is_current(as_header(claimed(KEY, 3, "0" * 32, "")))
    path.write_bytes(b"{")
    assert Terms(path).latest == FIRST


def entries(first: int, last: int) -> list[Entry]:
    return [Entry(seq, 0, HubRetired(0)) for seq in range(first, last + 1)]


def test_copied_entries_go_up_under_the_epoch_that_they_had() -> None:
    lineage = Lineage((Epoch(1, "a"), Epoch(11, "b"), Epoch(15, "c")))
    for first, epoch, numbers in ((1, "a", [*range(1, 11)]), (11, "b", [1, 2, 3, 4]), (15, "c", [1, 2, 3, 4, 5, 6])):
        sent, numbered = lineage.as_sent(entries(first, 20))
        assert (sent, [entry.seq for entry in numbered]) == (epoch, numbers)
    assert [lineage.seq_of("a", seq) for seq in (1, 10, 12)] == [1, 10, 10]  # the old hub may have sent more itself
    assert [lineage.seq_of("c", seq) for seq in (1, 6)] == [15, 20]
    assert lineage.seq_of("c", 0) == 10  # the cloud lacks something before: from the beginning of that epoch
    assert lineage.seq_of("z", 3) is None
    assert lineage.before() == ("b", 4)
    assert read_epochs(written(lineage.epochs), "x") == lineage.epochs
    assert read_epochs("", "x") == (Epoch(1, "x"),)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with closing(Ledger(tmp_path)) as ledger:
        yield ledger


def carried_on() -> tuple[Journal, Journal]:
    """The old hub's journal with two people waiting, and the successor's epoch, in which one of them is called."""
    old = Journal()
    old.open()
    old.issue("a")
    old.issue("b")
    new = Journal(old.at_ms + 60_000)
    new.add(HubSucceeded(1, EPOCH, len(old.entries), "hub.1"))
    new.call("a")
    new.issue("c")
    return old, new


def sums(data: Path) -> dict[str, int]:
    with closing(connect(data)) as db:
        issued, called, wait = db.execute("SELECT sum(issued_none), sum(called), sum(wait_01) FROM days").fetchone()
    return {"issued": issued, "called": called, "waited": wait}


@pytest.mark.req("X4", "D1")
def test_the_cloud_counts_a_journal_that_another_machine_carries_on_exactly_once(
    ledger: Ledger, tmp_path: Path
) -> None:
    old, new = carried_on()
    other = "e" * 32
    early = ledger.record_all([_arrival(new.batch(epoch=other))], received_ms=1)
    assert (early[0].seq, early[0].refusal) == (0, Reason.GAP)  # what came before it is not here yet
    ledger.record("mau-01", old.batch(), received_ms=1)
    for _ in range(2):
        ledger.record("mau-01", new.batch(epoch=other), received_ms=2)
    assert sums(tmp_path) == {"issued": 3, "called": 1, "waited": 1}
    # the old hub comes back with one more number that was never copied
    old.issue("lost")
    ledger.record("mau-01", old.batch(), received_ms=3)
    assert sums(tmp_path)["issued"] == 4
    with closing(connect(tmp_path)) as db:
        waiting = db.execute(
            "SELECT id FROM open_tickets JOIN sites USING (journal) WHERE called_at_ms = 0 ORDER BY id"
        ).fetchall()
    assert [ticket for (ticket,) in waiting] == ["b", "c"]


@pytest.mark.req("X4", "D1")
def test_old_and_new_epoch_in_one_transaction_count_the_same(ledger: Ledger, tmp_path: Path) -> None:
    old, new = carried_on()
    taken = ledger.record_all([_arrival(old.batch()), _arrival(new.batch(epoch="e" * 32))], received_ms=1)
    assert [one.refusal for one in taken] == [None, None]
    assert sums(tmp_path) == {"issued": 3, "called": 1, "waited": 1}


def _arrival(batch: Batch) -> Arrival:
    return Arrival("mau-01", batch)
