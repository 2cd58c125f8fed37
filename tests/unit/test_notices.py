"""What a floor lead has said and shown on the spot."""

import msgspec
import pytest
from msgspec.structs import replace

from edge.contracts.events import Announced, DayOpened, Entry
from edge.contracts.notice import MINUTE_MS, MOST_STANDING, Announce, EndNotice, SpotNotice, meant_for, standing
from edge.contracts.refusals import Refusal
from edge.contracts.snapshot import follow
from edge.hub.uplink import payload_of
from edge.queueing.queue import snapshot_of
from tests.queue_story import Site
from tests.sites import CATALOGUE, command_id

ZONED = replace(CATALOGUE, counters=tuple(replace(c, zone=f"Khu {c.number % 2}") for c in CATALOGUE.counters))


def announced(site: Site, text: str, *, minutes: int = 5, urgent: bool = False, zones: tuple[str, ...] = ()) -> str:
    command = Announce(command_id(), text, "", zones, urgent, minutes)
    site.do(command, by="truongphong")
    return command.id


@pytest.mark.req("S6", "B3")
def test_a_notice_stands_for_its_minutes_urgent_ones_first() -> None:
    site = Site()
    announced(site, "Nhà thuốc đóng cửa lúc 11 giờ")
    site.now_ms += 1000
    urgent = announced(site, "Xin rời sảnh theo lối thoát hiểm", urgent=True, minutes=1)
    assert [n.urgent for n in standing(site.queue.notices, site.now_ms)] == [True, False]
    site.now_ms += MINUTE_MS
    assert [n.id == urgent for n in standing(site.queue.notices, site.now_ms)] == [False]


def test_what_is_only_to_be_spoken_never_stands() -> None:
    site = Site()
    announced(site, "Mời người nhà ra cổng", minutes=0)
    assert site.queue.notices == ()
    assert isinstance(site.entries[-1].event, Announced)


def test_a_notice_is_taken_down_once_and_again_it_changes_nothing() -> None:
    site = Site()
    notice = announced(site, "Thang máy đang sửa", minutes=60)
    assert len(site.do(EndNotice(command_id(), notice), by="truongphong")) == 1
    assert site.queue.notices == ()
    assert site.do(EndNotice(command_id(), notice), by="truongphong") == ()


def test_the_eldest_gives_way_where_there_are_too_many() -> None:
    site = Site()
    ids = [announced(site, f"Thông báo {number}", minutes=60) for number in range(MOST_STANDING + 2)]
    assert [notice.id for notice in site.queue.notices] == ids[2:]


def test_a_zone_that_no_counter_has_is_refused() -> None:
    site = Site(ZONED)
    assert site.refusal(Announce(command_id(), "Xin chú ý", zones=("Khu 9",))).reason is Refusal.UNKNOWN_ZONE
    announced(site, "Xin chú ý", zones=("Khu 1",))
    (notice,) = site.queue.notices
    assert standing((notice,), site.now_ms, ["Khu 0"]) == ()
    assert standing((notice,), site.now_ms, ["Khu 0", "Khu 1"]) == (notice,)


def test_whoever_follows_the_stream_knows_the_same_notices() -> None:
    site = Site()
    before = snapshot_of(site.queue, "e" * 32)
    first = announced(site, "Một", minutes=2)
    announced(site, "Hai")
    site.do(EndNotice(command_id(), first))
    site.now_ms += 6 * MINUTE_MS
    announced(site, "Ba")
    for entry in site.entries[before.seq :]:
        before = follow(before, entry)
    assert before.notices == snapshot_of(site.queue, "e" * 32).notices
    site.append(DayOpened("2026-11-24"))
    assert follow(before, site.entries[-1]).notices == site.queue.notices == ()


@pytest.mark.req("X3", "X6")
def test_the_words_stay_in_the_building_and_out_of_every_log() -> None:
    site = Site()
    announced(site, "Mời người nhà bà Mẫu", minutes=5)
    entry = site.entries[-1]
    payload = payload_of("e" * 32, [Entry(entry.seq, entry.at_ms, entry.event)])
    assert "Mẫu" not in payload.decode()
    assert "Announced/1" in payload.decode()
    for shown in (repr(entry.event), repr(site.queue.notices[0]), repr(Announce("0" * 32, "Mẫu"))):
        assert "Mẫu" not in shown


@pytest.mark.parametrize("wrong", [{"text_vi": ""}, {"text_vi": "a" * 201}, {"minutes": 241}, {"minutes": -1}])
def test_a_notice_is_bounded(wrong: dict[str, object]) -> None:
    body = {"type": "Announce/1", "id": "0" * 32, "text_vi": "Xin chú ý", **wrong}
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(msgspec.json.encode(body), type=Announce)


def test_zones_meet() -> None:
    assert meant_for((), ("A",))
    assert meant_for(("A",), ())
    assert meant_for(("A", "B"), ("B",))
    assert not meant_for(("A",), ("B",))
    assert standing((SpotNotice("x", "", "", ("A",), False, 0, 10),), 10) == ()
