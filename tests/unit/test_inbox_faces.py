"""Faces at the hub: kept with a number, recognised at the next kiosk, erased on request, and gone after the night."""

import asyncio
import base64
import shutil
import sqlite3
from pathlib import Path

import hypothesis
import msgspec
import pytest
from hypothesis import strategies as st
from msgspec.structs import replace

from edge.contracts.commands import Agreed, Done, IssueTicket, Refused
from edge.contracts.events import ConsentGiven, PersonErased
from edge.contracts.face import (
    AskAgain,
    AskOfficer,
    Consent,
    ContestVerdict,
    ErasePerson,
    FaceCapture,
    Purpose,
    SettleContest,
)
from edge.contracts.refusals import Refusal
from edge.hub.faces.album import Album
from edge.hub.faces.captures import LIFE_MS, MOST, Captures, check_capture
from edge.hub.faces.keeper import FaceKeeper
from edge.hub.vault import Vault
from tests.captures import PORTRAIT, capture, template
from tests.hub_at_work import Hub, story, working
from tests.sites import command_id

DAY_MS = 86_400_000


async def ask(hub: Hub, person: int, kiosk: str = "kiosk-1", **more: str) -> tuple[FaceCapture, Done | Refused]:
    """Somebody has their picture taken at a kiosk and asks for a number."""
    taken = capture(person)
    assert hub.faces.captures.add(kiosk, taken)
    reply = await hub.send(replace(IssueTicket(command_id(), "general", face=taken.id), **more), kiosk)
    assert isinstance(reply, Done | Refused)
    return taken, reply


async def given(hub: Hub, person: int) -> str:
    """A number for somebody with a face; the ticket's id."""
    _, reply = await ask(hub, person)
    assert isinstance(reply, Done)
    return reply.ticket.id


@pytest.mark.req("K8")
@story
async def test_the_second_number_is_questioned_at_any_kiosk_of_the_site(tmp_path: Path) -> None:
    async with working(Hub(tmp_path)) as hub:
        held, other = await given(hub, 1), await given(hub, 2)
        taken, reply = await ask(hub, 1, "kiosk-2")
        assert isinstance(reply, Refused)
        assert (reply.reason, reply.ticket and reply.ticket.id) == (Refusal.SEEMS_HELD, held)
        again = await hub.send(AskAgain(command_id(), held, taken.id), "kiosk-2")
        assert isinstance(again, Done)
        assert (again.ticket.id, again.again) == (held, True)
        stranger = await hub.send(AskAgain(command_id(), other, taken.id), "kiosk-2")
        assert isinstance(stranger, Refused)
        assert len(hub.inbox.queue.tickets) == 2


@pytest.mark.req("K8")
@story
async def test_an_officer_settles_it_and_the_kiosk_goes_on(tmp_path: Path) -> None:
    async with working(Hub(tmp_path)) as hub:
        held = await given(hub, 1)
        taken, _ = await ask(hub, 1)
        contest = AskOfficer(command_id(), "general", held, taken.id)
        await hub.send(contest)
        await hub.send(SettleContest(command_id(), contest.id, ContestVerdict.DIFFERENT), "lan")
        reply = await hub.send(IssueTicket(command_id(), "general", face=taken.id, contest=contest.id))
        assert isinstance(reply, Done)
        assert reply.ticket.id != held
        second = await hub.send(IssueTicket(command_id(), "general", face=taken.id, contest=contest.id))
        assert isinstance(second, Refused), "an officer's word gives one number"
        assert second.reason is Refusal.FACE_GONE


@pytest.mark.req("K8")
@story
async def test_two_kiosks_at_the_same_moment_give_one_person_one_number(tmp_path: Path) -> None:
    hub = Hub(tmp_path)
    commands = []
    for kiosk in ("kiosk-1", "kiosk-2"):
        taken = capture(1)
        hub.faces.captures.add(kiosk, taken)
        commands.append((kiosk, IssueTicket(command_id(), "general", face=taken.id)))
    sent = [asyncio.create_task(hub.send(command, kiosk)) for kiosk, command in commands]
    async with working(hub):
        replies = await asyncio.gather(*sent)
    assert sorted(type(reply).__name__ for reply in replies) == ["Done", "Refused"]


@story
async def test_a_face_of_another_kiosk_or_one_that_is_gone_gives_no_number_and_says_so(tmp_path: Path) -> None:
    async with working(Hub(tmp_path)) as hub:
        taken = capture(1)
        hub.faces.captures.add("kiosk-2", taken)
        for face in (taken.id, "f" * 32):
            reply = await hub.send(IssueTicket(command_id(), "general", face=face))
            assert isinstance(reply, Refused)
            assert reply.reason is Refusal.FACE_GONE


@pytest.mark.req("K8", "X3")
@story
async def test_after_a_restart_faces_are_recognised_and_seen_as_before(tmp_path: Path) -> None:
    async with working(Hub(tmp_path)) as hub:
        held = await given(hub, 1)
        hub.faces.album.close()
    async with working(Hub(tmp_path)) as hub:
        assert hub.faces.portraits == {held}
        assert hub.faces.album.portrait(held) == PORTRAIT
        _, reply = await ask(hub, 1)
        assert isinstance(reply, Refused)


@pytest.mark.req("X3")
@story
async def test_whoever_has_their_data_erased_keeps_the_number_and_is_not_known_any_more(tmp_path: Path) -> None:
    async with working(Hub(tmp_path)) as hub:
        held = await given(hub, 1)
        reply = await hub.send(ErasePerson(command_id(), held))
        assert isinstance(reply, Done)
        assert (reply.ticket.id, hub.faces.portraits, hub.faces.album.tickets()) == (held, set(), set())
        assert isinstance(hub.told[-1].event, PersonErased)
        once_more = await hub.send(ErasePerson(command_id(), held))
        assert isinstance(once_more, Refused)
        assert once_more.reason is Refusal.NOTHING_KEPT
        _, new = await ask(hub, 1)
        assert isinstance(new, Done)


@pytest.mark.req("X3")
@story
async def test_a_document_finds_whose_data_is_to_be_erased(tmp_path: Path) -> None:
    async with working(Hub(tmp_path)) as hub:
        taken = capture(1, Purpose.PORTRAIT)
        hub.faces.captures.add("kiosk-1", taken)
        reply = await hub.send(IssueTicket(command_id(), "general", id_number="001099000017", face=taken.id))
        assert isinstance(reply, Done)
        stranger = await hub.send(ErasePerson(command_id(), id_number="001099000025"))
        assert isinstance(stranger, Refused)
        await hub.send(ErasePerson(command_id(), id_number="001099000017"))
        assert hub.faces.album.tickets() == set()


@pytest.mark.req("X3")
@story
async def test_what_was_to_be_erased_when_the_power_went_is_erased_at_the_start(tmp_path: Path) -> None:
    async with working(Hub(tmp_path)) as hub:
        held = await given(hub, 1)
        shutil.copy(tmp_path / "faces.db", tmp_path / "before.db")
        await hub.send(ErasePerson(command_id(), held))
        hub.faces.album.close()
    shutil.move(tmp_path / "before.db", tmp_path / "faces.db")
    async with working(Hub(tmp_path)) as hub:
        assert (hub.faces.album.tickets(), hub.faces.portraits) == (set(), set())


@pytest.mark.req("X3")
@story
async def test_only_what_was_agreed_to_is_kept(tmp_path: Path) -> None:
    async with working(Hub(tmp_path)) as hub:
        for purposes in ((Purpose.PORTRAIT,), (Purpose.ONE_NUMBER,), (Purpose.CHIP,)):
            taken = capture(3, *purposes)
            hub.faces.captures.add("kiosk-1", taken)
            reply = await hub.send(IssueTicket(command_id(), "insurance", face=taken.id))
            assert isinstance(reply, Done)
            kept = {kind for kind in ("portrait", "template") if (reply.ticket.id,) in _rows(tmp_path, kind)}
            named = {Purpose.PORTRAIT: "portrait", Purpose.ONE_NUMBER: "template"}
            assert kept == {named[purpose] for purpose in purposes if purpose in named}


def _rows(folder: Path, kind: str) -> list[tuple[str]]:
    with sqlite3.connect(folder / "faces.db") as db:
        return db.execute("SELECT ticket FROM sealed WHERE kind = ?", (kind,)).fetchall()


@pytest.mark.req("K8", "X3")
@story
async def test_after_the_night_nothing_in_the_folder_or_its_backup_opens_or_holds_a_portrait(tmp_path: Path) -> None:
    """A day with faces, a backup at noon of everything but the keys, the night; then all bytes are looked through."""
    data, backup = tmp_path / "data", tmp_path / "backup"
    data.mkdir()
    people = {person: template(person) for person in range(12)}
    async with working(Hub(data)) as hub:
        tickets = [await given(hub, person) for person in people]
        await hub.send(ErasePerson(command_id(), tickets[0]))
        assert [hub.faces.album.portrait(ticket) == PORTRAIT for ticket in tickets] == [False] + [True] * 11
        agreed = [entry.event for entry in hub.told if isinstance(entry.event, ConsentGiven)]
        assert len(agreed) == 12
        shutil.copytree(data, backup, ignore=shutil.ignore_patterns("keys"))
        hub.now_ms += DAY_MS
        await hub.send(IssueTicket(command_id(), "general"))
        assert (hub.faces.portraits, hub.faces.album.tickets()) == (set(), set())
        _, newcomer = await ask(hub, 1)
        assert isinstance(newcomer, Done), "yesterday's face is not known"
        await hub.send(ErasePerson(command_id(), newcomer.ticket.id))
        assert len(hub.journal.consents(0, hub.now_ms + 1)) == 12 + 1 + 1 + 1, "the consents stay provable"
        hub.faces.album.close()

    for folder in (data, backup):
        album = Album(folder / "faces.db", _vault(data / "keys"))
        assert [album.portrait(ticket) for ticket in tickets] == [None] * 12
        assert album.templates("2026-11-23") == {}
        album.close()
    everything = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"a picture of a person" not in everything
    assert not [person for person, one in people.items() if one in everything or one[:32] in everything]
    assert b"\xff\xd8\xff\xe0" not in (data / "faces.db").read_bytes()


def _vault(keys: Path) -> Vault:
    vault = Vault(keys, "secret")
    vault.open_day("2026-11-24")
    return vault


@pytest.mark.req("X3")
def test_the_key_of_the_faces_lives_as_many_nights_as_the_facility_says(tmp_path: Path) -> None:
    vault = Vault(tmp_path, "secret", keep_days=2)
    vault.open_day("2026-11-23")
    day, sealed = vault.seal("portrait x", PORTRAIT)
    for today in ("2026-11-24", "2026-11-25"):
        vault.open_day(today)
        assert vault.unseal(day, "portrait x", sealed) == PORTRAIT
    vault.open_day("2026-11-26")
    assert vault.days == ("2026-11-24", "2026-11-25", "2026-11-26")


@pytest.mark.req("X3")
def test_a_facility_that_comes_to_keep_faces_longer_keeps_none_longer_than_was_agreed_to(tmp_path: Path) -> None:
    tonight = Vault(tmp_path, "secret", keep_days=0)
    tonight.open_day("2026-11-23")
    longer = Vault(tmp_path, "secret", keep_days=7)
    longer.open_day("2026-11-23")
    assert longer.days == ("2026-11-23",)
    longer.open_day("2026-11-24")
    assert longer.days == ("2026-11-24",)
    shorter = Vault(tmp_path, "secret", keep_days=1)
    shorter.open_day("2026-11-26")
    assert shorter.days == ("2026-11-26",), "a shorter time holds at once"


@pytest.mark.req("X3")
@pytest.mark.parametrize("restarted", [False, True], ids=["in one run", "after a restart"])
def test_a_face_of_the_day_before_that_is_still_kept_is_erased_by_its_slip(tmp_path: Path, *, restarted: bool) -> None:
    @story
    async def told(folder: Path) -> None:
        async with working(Hub(folder, keep_days=7)) as hub:
            held = await given(hub, 1)
            hub.now_ms += DAY_MS
            await hub.send(IssueTicket(command_id(), "general"))
            assert hub.faces.album.tickets() == {held}
            if not restarted:
                await erased(hub, held)
            now_ms = hub.now_ms
            hub.faces.album.close()
        async with working(Hub(folder, now_ms=now_ms, keep_days=7)) as hub:
            if restarted:
                await erased(hub, held)
            assert isinstance(await hub.send(IssueTicket(command_id(), "general")), Done), "the hub goes on"

    async def erased(hub: Hub, held: str) -> None:
        reply = await hub.send(ErasePerson(command_id(), held))
        assert isinstance(reply, Agreed), "no number of today is about it"
        assert hub.faces.album.tickets() == set()
        again = await hub.send(ErasePerson(command_id(), held))
        assert isinstance(again, Refused)
        assert again.reason is Refusal.NOTHING_KEPT

    told(tmp_path)


@pytest.mark.req("X4")
@story
async def test_a_disk_that_takes_no_picture_costs_nobody_a_number_nor_the_hub_its_night(tmp_path: Path) -> None:
    async with working(Hub(tmp_path)) as hub:
        held = await given(hub, 1)
        hub.faces.album.close()  # from here on it refuses everything
        _, reply = await ask(hub, 2)
        assert isinstance(reply, Done)
        assert hub.faces.portraits == {held}, "nobody is offered a picture that was not sealed"
        await hub.send(ErasePerson(command_id(), held))
        hub.now_ms += DAY_MS
        assert isinstance(await hub.send(IssueTicket(command_id(), "general")), Done)


@pytest.mark.req("X4")
@story
async def test_an_album_that_cannot_be_read_gives_way_to_a_new_one(tmp_path: Path) -> None:
    (tmp_path / "faces.db").write_bytes(b"no database at all, for a block and more " * 200)
    async with working(Hub(tmp_path)) as hub:
        held = await given(hub, 1)
        assert hub.faces.album.portrait(held) == PORTRAIT


def test_a_capture_that_no_ticket_takes_is_forgotten_and_there_are_never_too_many() -> None:
    now = [0]
    captures = Captures(lambda: now[0])
    first = capture(1)
    assert captures.add("kiosk-1", first)
    assert captures.add("kiosk-1", first), "sent again"
    assert not captures.add("kiosk-2", first)
    for _ in range(MOST):
        captures.add("kiosk-2", capture(2))
    assert captures.get(first.id) is None
    assert len(captures.with_portrait()) == MOST
    now[0] += LIFE_MS + 1
    assert captures.with_portrait() == frozenset()


@pytest.mark.req("X3")
@pytest.mark.parametrize(
    "wrong",
    [
        {"consent": Consent((Purpose.ONE_NUMBER,))},
        {"consent": Consent((Purpose.PORTRAIT,))},
        {"portrait": b"GIF89a"},
        {"template": b"\0" * 256},
        {"template": b"\x7e" * 255},
        {"template": b"\xff" * 256},
    ],
)
def test_a_capture_holds_what_was_agreed_to_and_nothing_else(wrong: dict[str, object]) -> None:
    good = capture(1)
    check_capture(good, 0)
    with pytest.raises(ValueError, match=r"."):
        check_capture(replace(good, **wrong), 0)


def test_a_capture_is_turned_away_where_it_would_be_kept_for_longer_than_was_agreed_to() -> None:
    tonight = capture(1)
    longer = replace(tonight, consent=replace(tonight.consent, keep_days=7))
    check_capture(longer, 7)
    check_capture(longer, 0)
    with pytest.raises(ValueError, match="longer than was agreed"):
        check_capture(tonight, 7)


@pytest.mark.req("X3", "X6")
@hypothesis.given(st.binary(max_size=300), st.binary(max_size=300), st.lists(st.sampled_from(Purpose), max_size=4))
def test_whatever_a_kiosk_sends_is_a_sound_capture_or_turned_away(
    portrait: bytes, made: bytes, purposes: list[Purpose]
) -> None:
    body = {
        "type": "FaceCapture/1",
        "id": "0" * 32,
        "consent": {"purposes": [purpose.value for purpose in purposes]},
        "portrait": base64.b64encode(portrait).decode(),
        "template": base64.b64encode(made).decode(),
    }
    try:
        taken = msgspec.json.decode(msgspec.json.encode(body), type=FaceCapture)
        check_capture(taken, 0)
    except ValueError:
        return
    assert not taken.portrait or (Purpose.PORTRAIT in purposes and portrait.startswith(b"\xff\xd8\xff"))
    assert not taken.template or Purpose.ONE_NUMBER in purposes


def test_a_capture_is_not_shown_where_it_is_printed() -> None:
    assert "picture" not in repr(capture(1))
    assert repr(FaceKeeper).startswith("<class")
