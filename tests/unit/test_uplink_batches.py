"""What one message of the uplink carries."""

import msgspec
import pytest
from msgspec.structs import replace

from cloud.admission import admit
from edge.contracts.catalogue import Service
from edge.contracts.events import Batch, CatalogueAdopted, DayOpened, Entry
from edge.hub.uplink import MOST_BYTES, payload_of
from tests.sites import CATALOGUE, NOON_MS

EPOCH = "e" * 32


@pytest.mark.req("X4")
def test_a_day_of_many_editions_goes_up_in_messages_that_the_ingest_takes() -> None:
    services = tuple(Service(f"s{n}", "exam", "A", "Khám " * 15, "Examination " * 6, "#0b6e6e") for n in range(40))
    large = replace(CATALOGUE, services=services)
    entries = [Entry(1, NOON_MS, DayOpened("2026-11-23"))]
    entries += [Entry(seq, NOON_MS, CatalogueAdopted(large)) for seq in range(2, 202)]
    sent = 0
    while sent < len(entries):
        payload = payload_of(EPOCH, entries[sent : sent + 200])
        assert len(payload) <= MOST_BYTES
        batch = admit(payload)
        assert batch.entries[0].seq == sent + 1
        sent = batch.entries[-1].seq


def test_small_entries_go_up_together() -> None:
    entries = [Entry(seq, NOON_MS, DayOpened("2026-11-23")) for seq in range(1, 201)]
    assert len(msgspec.json.decode(payload_of(EPOCH, entries), type=Batch).entries) == 200
