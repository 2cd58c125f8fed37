"""Versions of a site's configuration: what is read, signed, checked, applied once, and kept, without any wire."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cloud.remote.signing import load_key, new_pair, signed
from cloud.remote.store import Configurations, Overtaken, TooLong
from edge.contracts.catalogue import Catalogue
from edge.contracts.commands import AdoptCatalogue
from edge.contracts.hall import Medium, MediumKind
from edge.contracts.payment import Payment
from edge.contracts.remote import (
    MOST_BODY,
    MOST_MESSAGE,
    MOST_VERSION,
    Answer,
    NotAConfiguration,
    Reason,
    Result,
    SignedConfiguration,
    Wanted,
    digest,
    read_answer,
    read_body,
    read_message,
    signed_text,
)
from edge.daemon.config import Broker as BrokerAddress
from edge.daemon.config import ConfigError
from edge.daemon.streams import Broadcast
from edge.hub.catalogue.drafts import Drafts
from edge.hub.config import Device
from edge.hub.forecast import Forecast
from edge.hub.media import MediaStore
from edge.hub.remote import SENDER, RemoteConfiguration, public_keys
from edge.hub.remote_record import Pending, Record
from edge.hub.uplink import Uplink
from tests.hub_at_work import Hub, story, working
from tests.sites import CATALOGUE, command_id

SITE = "mau-01"
KEY = Ed25519PrivateKey.generate()
CLOSED = replace(CATALOGUE, public_holidays=False)
DEVICES = (
    Device("kiosk-1", "kiosk", "0" * 64),
    Device("board-1", "board", "1" * 64),
    Device("Kiosk cô Lan", "kiosk", "2" * 64),
)


def body(settings: Catalogue | None = CLOSED, *kiosks_out: str) -> bytes:
    return msgspec.json.encode(Wanted(settings, kiosks_out))


class Site:
    """A hub at work and its ear for the Department; the uplink has no broker, and messages are handed over."""

    def __init__(self, folder: Path, hub: Hub) -> None:
        self.hub = hub
        self.record = Record(folder / "remote.db")
        self.drafts = Drafts(folder / "drafts.db")
        self.forecast = Forecast(hub.inbox, Broadcast(), lambda: hub.now_ms)
        address = BrokerAddress("127.0.0.1:1", folder, folder, folder)
        self.department = RemoteConfiguration(
            [Ed25519PrivateKey.generate().public_key(), KEY.public_key()],  # as while keys change
            SITE,
            self.record,
            uplink=Uplink(address, SITE, hub.inbox, hub.journal),
            inbox=hub.inbox,
            journal=hub.journal,
            drafts=self.drafts,
            media=MediaStore(folder / "media", 10**6, lambda: 0.0),
            devices=lambda: DEVICES,
            forecast=self.forecast,
        )

    @property
    def in_force(self) -> Catalogue:
        return self.hub.inbox.queue.catalogue

    async def send(self, version: int, sent: bytes, *, site: str = SITE, key: Ed25519PrivateKey = KEY) -> Answer:
        return await self.take(signed(key, site, version, sent))

    async def take(self, payload: bytes) -> Answer:
        """What the site answers to this message."""
        return await self.department.take(payload)

    def audited(self) -> list[tuple[str, str, str]]:
        lines = self.hub.journal.audit()
        return [(entry.line.action, entry.line.subject, entry.line.outcome) for entry in reversed(lines)]


@asynccontextmanager
async def site_at(folder: Path, **more: Any) -> AsyncIterator[Site]:
    async with working(Hub(folder, **more)) as hub:
        while not hub.inbox.queue.day:
            await asyncio.sleep(0.001)
        site = Site(folder, hub)
        await site.department.recover()
        yield site
        site.record.close()
        site.drafts.close()


def out_of(site: Site) -> list[str]:
    """The kiosks that are told to be out of service."""
    return list(site.forecast.current.kiosks_out)


def rejected(answer: Answer) -> Reason | None:
    assert answer.result is Result.REJECTED
    return answer.reason


@pytest.mark.req("D4")
@story
async def test_a_version_becomes_the_next_edition_in_the_departments_name(tmp_path: Path) -> None:
    async with site_at(tmp_path) as site:
        assert site.department.standing.result is Result.NONE
        sent = body(CLOSED, "kiosk-1")
        answer = await site.send(1, sent)
        assert (answer.version, answer.result, answer.reason) == (1, Result.APPLIED, None)
        assert (answer.running_version, answer.running_sha256) == (1, digest(sent))
        assert answer.kiosks == ("kiosk-1", "device-3")
        assert site.in_force == replace(CLOSED, version=1)
        (edition,) = site.hub.journal.editions()
        assert (edition.officer, edition.version) == (SENDER, 1)
        assert site.drafts.notes()[1].startswith("Cấu hình số 1")
        assert site.audited() == [
            ("AdoptCatalogue", "catalogue 0", "done"),
            ("configure", "1", "done"),
            ("put-out", "kiosk-1", "done"),
        ]


@pytest.mark.req("D4")
@story
async def test_kiosks_go_out_of_service_and_come_back_by_their_names_at_the_hub(tmp_path: Path) -> None:
    async with site_at(tmp_path) as site:
        await site.send(1, body(None, "kiosk-1", "device-3"))
        assert out_of(site) == ["kiosk-1", "Kiosk cô Lan"]
        assert site.in_force.version == 0, "the settings are left as they are"
        assert out_of(Site(tmp_path, site.hub)) == ["kiosk-1", "Kiosk cô Lan"], "after a start"
        await site.send(2, body(None))
        assert out_of(site) == []


@pytest.mark.req("D4", "X5")
@story
async def test_what_is_not_the_departments_for_this_site_now_changes_nothing(tmp_path: Path) -> None:
    async with site_at(tmp_path) as site:
        await site.send(5, body())
        good = msgspec.json.decode(signed(KEY, SITE, 6, body(None, "kiosk-1")), type=SignedConfiguration)
        forged = msgspec.json.encode
        strange = {
            Reason.SIGNATURE: signed(Ed25519PrivateKey.generate(), SITE, 6, body(None)),
            Reason.OTHER_SITE: signed(KEY, "mau-02", 6, body(None)),
            Reason.DIGEST: forged(replace(good, body=body(None))),
            Reason.OLD_VERSION: signed(KEY, SITE, 4, body(None)),
            Reason.SAME_VERSION: signed(KEY, SITE, 5, body(None)),
            Reason.UNREADABLE: b"{}",
            Reason.TOO_LARGE: b" " * (MOST_MESSAGE + 1),
        }
        for reason, payload in strange.items():
            answer = await site.take(payload)
            assert rejected(answer) is reason
            assert answer.running_version == 5
            assert reason.strange
        renamed = forged(replace(good, site=SITE, version=7))  # signed as 6
        assert rejected(await site.take(renamed)) is Reason.SIGNATURE
        stolen = msgspec.json.decode(signed(KEY, "mau-02", 6, body(None)), type=SignedConfiguration)
        assert rejected(await site.take(forged(replace(stolen, site=SITE)))) is Reason.SIGNATURE
        assert (site.department.standing.version, site.department.standing.result) == (5, Result.APPLIED)
        assert site.in_force.version == 1
        assert site.forecast.current.kiosks_out == ()
        assert ("configure", "6: signature", "refused") in site.audited()


@pytest.mark.req("D4")
@story
async def test_a_version_that_the_administrators_page_would_not_publish_is_rejected_with_a_code(tmp_path: Path) -> None:
    async with site_at(tmp_path) as site:
        await site.hub.issue(service="insurance")
        without = replace(
            CATALOGUE,
            services=CATALOGUE.services[:1],
            counters=tuple(replace(counter, services=("general",)) for counter in CATALOGUE.counters),
        )
        twice = replace(CATALOGUE, services=(CATALOGUE.services[0],) * 2)
        picture = Medium("p", "Ảnh", MediumKind.PICTURE, "f" * 64, 1000)
        wrong = [
            (Reason.BODY, b'{"settings":null,"kiosks_out":[],"more":1}'),
            (Reason.BODY, b'{"kiosks_out":["kiosk-1","kiosk-1"]}'),
            (Reason.BODY, b"\xff"),
            (Reason.SETTINGS, body(twice)),
            (Reason.MEDIA, body(replace(CATALOGUE, media=(picture,)))),
            (Reason.KIOSK, body(None, "kiosk-9")),
            (Reason.PEOPLE_WAIT, body(without)),
        ]
        for version, (reason, sent) in enumerate(wrong, start=1):
            answer = await site.send(version, sent)
            assert (rejected(answer), answer.version, answer.running_version) == (reason, version, 0)
            assert not reason.strange
        assert site.in_force == CATALOGUE
        assert rejected(await site.send(7, body(without))) is Reason.PEOPLE_WAIT, "sent again it has its answer"
        assert [entry for entry in site.audited() if entry[0] == "configure"][-1] == (
            "configure", "7: people-wait", "refused",
        )  # fmt: skip


@pytest.mark.req("D4")
@story
async def test_what_the_sites_administrator_changes_is_drift_until_a_newer_version_comes(tmp_path: Path) -> None:
    async with site_at(tmp_path) as site:
        first = body()
        await site.send(1, first)
        own = replace(CLOSED, facility=replace(CLOSED.facility, ward="Phường Mẫu"))
        await site.hub.send(AdoptCatalogue(command_id(), 1, own), "quản trị")
        drifted = site.department.standing
        assert (drifted.running_version, drifted.result) == (1, Result.APPLIED)
        assert drifted.running_sha256 not in (None, digest(first))
        answer = await site.send(1, first)
        assert answer == drifted, "the same version again overwrites nothing"
        assert site.in_force.facility.ward == "Phường Mẫu"
        only_kiosks = await site.send(2, body(None, "kiosk-1"))
        assert only_kiosks.running_sha256 == drifted.running_sha256, "it is still not what the Department set"
        accepted = body(own, "kiosk-1")
        assert (await site.send(3, accepted)).running_sha256 == digest(accepted)
        assert site.in_force.version == 2, "the same settings are no new edition"
        fourth = body()
        assert (await site.send(4, fourth)).running_sha256 == digest(fourth)
        assert site.in_force == replace(CLOSED, version=3), "a new version wins"


@pytest.mark.req("D4", "D7")
@story
async def test_the_account_that_patients_pay_into_is_the_sites_own_whatever_the_department_sends(
    tmp_path: Path,
) -> None:
    async with site_at(tmp_path) as site:
        ours = Payment("999999", "MAU0000000001", "TRUNG TAM Y TE HUYEN MAU")
        await site.hub.send(AdoptCatalogue(command_id(), 0, replace(CATALOGUE, payment=ours)), "quản trị")
        for version, theirs in ((1, Payment()), (2, replace(ours, account="MAU9999999999"))):
            sent = body(replace(CLOSED, payment=theirs), "kiosk-1")
            answer = await site.send(version, sent)
            assert (answer.result, answer.running_sha256) == (Result.APPLIED, digest(sent))
            assert site.in_force == replace(CLOSED, payment=ours, version=2)
        await site.hub.send(AdoptCatalogue(command_id(), 2, replace(CLOSED, payment=Payment())), "quản trị")
        assert site.department.standing.running_sha256 == digest(sent), "its own account is no drift"


@pytest.mark.req("D4", "X4")
@pytest.mark.parametrize("adopted", [False, True])
def test_a_power_cut_leaves_a_version_to_be_applied_once(tmp_path: Path, adopted: bool) -> None:
    sent = body(CLOSED, "kiosk-1")

    async def before(site: Site) -> None:
        """As far as the power lasted: the version is noted, and perhaps an edition already."""
        site.record.begin(Pending(1, digest(sent), 0, sent))
        if adopted:
            await site.hub.inbox.handle(SENDER, AdoptCatalogue(command_id(), 0, CLOSED), audited=True)
            own = replace(CLOSED, facility=replace(CLOSED.facility, ward="Phường Mẫu"))
            await site.hub.send(AdoptCatalogue(command_id(), 1, own), "quản trị")

    async def tell() -> None:
        async with site_at(tmp_path) as site:
            await before(site)
        async with site_at(tmp_path) as site:
            assert site.record.pending is None
            assert site.department.standing.version == (1 if adopted else 0)
            answer = await site.send(1, sent)
            assert (answer.version, answer.result, answer.running_version) == (1, Result.APPLIED, 1)
            assert site.forecast.current.kiosks_out == ("kiosk-1",)
            by = [edition.officer for edition in site.hub.journal.editions()]
            assert by == (["quản trị", SENDER] if adopted else [SENDER]), "applied once, and nothing overwritten"

    asyncio.run(tell())


@pytest.mark.req("D4", "X4")
@story
async def test_while_the_clock_is_not_believed_nothing_is_decided(tmp_path: Path) -> None:
    async with working(Hub(tmp_path, now_ms=1_000)) as hub:
        site = Site(tmp_path, hub)
        assert (await site.send(1, body())).version == 0
        hub.now_ms = 1_795_410_000_000
        while not hub.inbox.queue.day:
            await asyncio.sleep(0.01)
        assert (await site.send(1, body())).result is Result.APPLIED


@pytest.mark.req("D4", "X4")
@story
async def test_a_disk_that_takes_nothing_costs_a_version_and_no_number(tmp_path: Path) -> None:
    async with site_at(tmp_path) as site:
        with contextlib.closing(sqlite3.connect(tmp_path / "remote.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            assert (await site.send(1, body(None, "kiosk-1"))).version == 0
            assert (await site.send(1, body())).version == 0
            assert out_of(site) == []
            await site.hub.issue()
            other.execute("ROLLBACK")
        answer = await site.send(1, body(CLOSED, "kiosk-1"))
        assert (answer.version, answer.result) == (1, Result.APPLIED)
        assert out_of(site) == ["kiosk-1"]


def test_a_key_is_made_once_for_its_owner_alone_and_read_at_both_ends(tmp_path: Path) -> None:
    private, public = tmp_path / "remote.key", tmp_path / "remote.pem"
    new_pair(private, public)
    assert private.stat().st_mode & 0o777 == 0o600
    key = load_key(private)
    (read,) = public_keys(public)
    read.verify(key.sign(b"x"), b"x")
    with pytest.raises(FileExistsError):
        new_pair(private, public)
    new_pair(tmp_path / "next.key", tmp_path / "next.pem")
    public.write_bytes(public.read_bytes() + (tmp_path / "next.pem").read_bytes())
    assert len(public_keys(public)) == 2
    for wrong in (b"", b"no key", private.read_bytes()):
        public.write_bytes(wrong)
        with pytest.raises(ConfigError):
            public_keys(public)
    private.write_bytes(b"no key")
    with pytest.raises(ConfigError):
        load_key(private)


def test_what_is_signed_names_site_version_and_body() -> None:
    made = {signed_text(site, version, sha) for site in ("a", "b") for version in (1, 2) for sha in ("0", "1")}
    assert len(made) == 8


FIELDS = ("site", "version", "sha256", "body", "signature", "settings", "kiosks_out", "result", "reason", "kiosks")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.binary(max_size=8).map(bytes.hex),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(FIELDS) | st.text(), inner, max_size=6),
    max_leaves=12,
)


@pytest.mark.req("X5")
@given(st.binary(max_size=300) | JSON.map(msgspec.json.encode))
def test_any_bytes_are_a_message_or_refused_with_a_code(payload: bytes) -> None:
    for read in (read_message, read_body):
        with contextlib.suppress(NotAConfiguration):
            read(payload)
    with contextlib.suppress(ValueError):
        read_answer(payload)


@pytest.mark.req("X5")
@pytest.mark.parametrize(
    "payload",
    [
        b"[" * 100_000,
        b'{"settings":' * 20_000,
        b'{"site":"mau-01","version":1e400,"sha256":"","body":"","signature":""}',
        b'{"site":"\\ud800","version":1}',
        b'{"kiosks_out":' + msgspec.json.encode(["k"] * 101) + b"}",
        b'{"kiosks_out":["0912345678"]}',
        b'{"kiosks_out":["kiosk 1"]}',
    ],
)
def test_deep_long_and_odd_messages_are_refused(payload: bytes) -> None:
    for read in (read_message, read_body):
        with pytest.raises(NotAConfiguration):
            read(payload)
    with pytest.raises(ValueError, match="answer"):
        read_answer(payload)


@pytest.mark.req("X5")
def test_a_message_is_bounded_and_says_nothing_of_its_body_in_words() -> None:
    message = SignedConfiguration(SITE, 1, "0" * 64, b"x" * (MOST_BODY + 1), bytes(64))
    assert "xxx" not in repr(message)
    with pytest.raises(NotAConfiguration, match="too-large"):
        read_message(msgspec.json.encode(message))
    assert len(msgspec.json.encode(replace(message, body=b"x" * MOST_BODY))) < MOST_MESSAGE
    for version in (0, -1, MOST_VERSION + 1):
        with pytest.raises(NotAConfiguration):
            read_message(msgspec.json.encode(replace(message, body=b"", version=version)))


@pytest.mark.req("D4")
def test_versions_are_counted_for_each_site_and_nobody_overtakes_another_unseen(tmp_path: Path) -> None:
    store = Configurations(tmp_path)
    assert store.want(SITE, body(), "lan", after=0, at_ms=1).version == 1
    assert store.want("mau-02", body(), "lan", after=0, at_ms=1).version == 1
    with pytest.raises(Overtaken):
        store.want(SITE, body(None), "minh", after=0, at_ms=2)
    with pytest.raises(TooLong):
        store.want(SITE, b" " * (MOST_BODY + 1), "minh", after=1, at_ms=2)
    assert store.unanswered() == {SITE: 1, "mau-02": 1}
    store.take(SITE, Answer(1, digest(body()), Result.REJECTED, Reason.SETTINGS), 5)
    assert store.unanswered() == {"mau-02": 1}
    (version,) = store.history(SITE)
    assert (version.who, version.result, version.reason, version.answered_ms) == (
        "lan", Result.REJECTED, Reason.SETTINGS, 5,
    )  # fmt: skip
    store.take(SITE, Answer(0, None, Result.NONE), 6)  # it was given a new disk
    assert store.unanswered() == {SITE: 1, "mau-02": 1}, "it is sent again"
    store.take(SITE, Answer(41, "0" * 64, Result.APPLIED), 7)  # and this file comes from a backup
    assert store.last(SITE) == 41
    assert store.want(SITE, body(), "lan", after=41, at_ms=8).version == 42


@pytest.mark.req("D4", "X5")
def test_a_strange_message_at_a_site_is_told_and_is_no_answer_to_ours(tmp_path: Path) -> None:
    store = Configurations(tmp_path)
    store.want(SITE, body(), "lan", after=0, at_ms=1)
    store.take(SITE, Answer(1, digest(body()), Result.REJECTED, Reason.OLD_VERSION), 5)
    standing = store.standing(SITE)
    assert standing is not None
    assert (standing.strange, standing.strange_ms) == (Reason.OLD_VERSION, 5)
    assert store.history(SITE)[0].result is Result.NONE
    assert store.unanswered() == {SITE: 1}


def test_old_versions_of_a_site_are_forgotten(tmp_path: Path) -> None:
    store = Configurations(tmp_path)
    for version in range(203):
        store.want(SITE, body(None), "lan", after=version, at_ms=version)
    kept = [version.version for version in store.history(SITE, 999)]
    assert kept == list(range(203, 3, -1))
