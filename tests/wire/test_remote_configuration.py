"""The Department's configuration from moiso-remote through a real broker to a real hub and its kiosk, and back."""

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace

from cloud import quarantine
from cloud.ledger import connect, transaction
from cloud.remote.signing import load_key, signed
from cloud.remote.store import Configurations, Standing, Version
from cloud.web.remote import State, state_of
from edge.contracts import topics
from edge.contracts.catalogue import Catalogue
from edge.contracts.commands import CallNext, Done, IssueTicket
from edge.contracts.remote import MOST_MESSAGE, Answer, Reason, Result, Wanted, digest, read_answer
from edge.daemon.hub_client import new_command_id
from edge.hub.journal import Journal
from edge.hub.remote import SENDER
from provisioning.certificates import issue
from provisioning.demo.configuration import MORNING_KIOSK, SITE_NAME
from provisioning.demo.site import ADMINISTRATOR, Site
from tests.counter_desk import make_site
from tests.hub_http import Device
from tests.waiting import until
from tests.whole_site import KioskPage, WholeSite
from tests.wire.daemon import Daemon
from tests.wire.mosquitto import Broker, Client
from tests.wire.test_officer_pages import Browser, lines

INTRUDER = (
    "\nuser intruder\ntopic write moiso/v1/+/down/configuration\ntopic read moiso/v1/+/down/configuration\n"
    "topic read moiso/v1/+/up/configuration\n"
)
OUT_OF_SERVICE = "Kiosk này tạm ngưng phục vụ"


def broker_of(site: Site) -> Broker:
    """The broker of this site, which somebody else started."""
    broker = Broker.__new__(Broker)
    broker.folder, broker.port = site.folder / "tls", site.ports.broker
    return broker


class Department:
    """A site with hub and kiosk, a broker, moiso-remote, and an intruder who may read and write as it may."""

    def __init__(self, site: Site) -> None:
        self.site = site
        tls, folder = site.folder / "tls", site.folder
        for name in ("intruder", "mau-02"):
            issue(
                tls / "broker-ca.crt",
                tls / "broker-ca.key",
                crt=tls / f"{name}.crt",
                key=tls / f"{name}.key",
                common_name=name,
                client=True,
            )
        with (folder / "broker/acl").open("a", encoding="utf-8") as access:
            access.write(INTRUDER)
        plain, _, _ = (folder / "hub.toml").read_text(encoding="utf-8").partition("[remote]")
        (folder / "hub-alone.toml").write_text(plain, encoding="utf-8")
        self.key = load_key(folder / "secrets/remote.key")
        self.store = Configurations(folder / "data/cloud")
        self.hub = Daemon("edge.hub.app", folder / "hub.toml", folder / "hub.log")
        self.deaf_hub = Daemon("edge.hub.app", folder / "hub-alone.toml", folder / "hub.log")
        self.kiosk = Daemon("edge.kiosk.app", folder / "kiosk.toml", folder / "kiosk.log")
        self.sender = Daemon("cloud.remote.publish", folder / "remote.toml", folder / "remote.log")
        self.page = KioskPage(site)

    def want(self, settings: Catalogue | None, *kiosks_out: str) -> Version:
        """The newest version from now on."""
        body = msgspec.json.encode(Wanted(settings, kiosks_out))
        now_ms = time.time_ns() // 1_000_000
        return self.store.want(SITE_NAME, body, "lan", after=self.store.last(SITE_NAME), at_ms=now_ms)

    def want_of(self, site: str) -> None:
        """A version of a site that has no hub here."""
        body, last = msgspec.json.encode(Wanted(None)), self.store.last(site)
        self.store.want(site, body, "lan", after=last, at_ms=time.time_ns() // 1_000_000)

    def shut_out(self, deed: Callable[..., None]) -> None:
        """``quarantine.revoke`` this site, or ``readmit`` it."""
        more = {"at_ms": time.time_ns() // 1_000_000} if deed is quarantine.revoke else {}
        with contextlib.closing(connect(self.site.folder / "data/cloud")) as db, transaction(db):
            deed(db, SITE_NAME, **more)

    def client_of(self, site: str) -> Client:
        """Somebody at the broker who has this site's certificate; its own hub must be off."""
        ca = self.site.folder / "tls/broker-ca.crt"
        client = Client(broker_of(self.site), site, ca=ca, certificate=site)
        client.connect()
        return client

    def answer(self, version: Version) -> Version:
        """The version once the site has answered it."""

        def answered() -> Version | None:
            kept = {one.version: one for one in self.store.history(SITE_NAME)}[version.version]
            return kept if kept.result is not Result.NONE else None

        answer = until(answered, within_s=30, what=f"the answer to version {version.version}")
        assert answer is not None
        return answer

    def applied(self, settings: Catalogue | None, *kiosks_out: str) -> Version:
        version = self.answer(self.want(settings, *kiosks_out))
        assert (version.result, version.reason) == (Result.APPLIED, None)
        return version

    def standing(self) -> Standing:
        standing = self.store.standing(SITE_NAME)
        assert standing is not None
        return standing

    def in_force(self) -> Catalogue:
        return Device(self.site, "kiosk-1").snapshot().catalogue

    def renamed(self, ward: str) -> Catalogue:
        """The settings in force with another ward."""
        now = self.in_force()
        return replace(now, facility=replace(now.facility, ward=ward))

    def editions(self) -> list[tuple[str, str]]:
        """Who published, and which ward, the first version first; read as the hub wrote it."""
        journal = Journal(self.site.folder / "data/hub/hub.db")
        found = [(edition.officer, edition.catalogue.facility.ward) for edition in journal.editions()]
        journal.close()
        return found[::-1]

    def restore_at_the_site(self, version: int) -> None:
        """The site's own administrator goes back to this edition."""
        browser = Browser(self.site)
        browser.log_in(ADMINISTRATOR, self.site.passwords.administrator)
        path, base = f"/admin/catalogue/versions/{version}", str(self.in_force().version)
        assert browser.send("/account", path, base=base).status_code == 303

    def state(self) -> State:
        return state_of(self.store.history(SITE_NAME), self.store.standing(SITE_NAME))


@pytest.fixture(scope="module")
def department(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Department]:
    department = Department(make_site(tmp_path_factory.mktemp("site")))
    with WholeSite(department.site, "broker"):
        for daemon in (department.hub, department.kiosk, department.sender):
            daemon.start()
        until(lambda: department.page.shows('data-touch="service"'), within_s=30, what="the kiosk's services")
        yield department
        for daemon in (department.sender, department.kiosk, department.hub, department.deaf_hub):
            daemon.kill()


class Intruder(Client):
    """Somebody with a certificate who may say everything that moiso-remote may, but for the signature."""

    def __init__(self, site: Site) -> None:
        super().__init__(broker_of(site), "intruder", ca=site.folder / "tls/broker-ca.crt", certificate="intruder")
        self.connect()
        self.subscribe("moiso/v1/+/down/configuration")
        self.subscribe(topics.ANSWER_FILTER)

    def heard_of(self, site: str) -> int:
        return sum(topic == topics.configuration(site) for topic, _ in self.messages)

    def heard(self) -> list[bytes]:
        return [payload for topic, payload in self.messages if topic == topics.configuration(SITE_NAME)]

    def answers(self) -> list[Answer]:
        return [read_answer(payload) for topic, payload in self.messages if topic == topics.answer(SITE_NAME)]

    def say(self, payload: bytes, reason: Reason) -> Answer:
        """What the site answers to this."""
        before = len(self.answers())
        assert self.publish(topics.configuration(SITE_NAME), payload) == "Success"
        return until(
            lambda: next((answer for answer in self.answers()[before:] if answer.reason is reason), None),
            what=f"the answer {reason.value}",
        )  # type: ignore[return-value]


@pytest.fixture
def intruder(department: Department) -> Iterator[Intruder]:
    intruder = Intruder(department.site)
    yield intruder
    intruder.close()


@pytest.mark.req("D4")
def test_a_version_is_signed_sent_applied_answered_and_shown_as_the_sites_own_edition(department: Department) -> None:
    before = department.in_force()
    version = department.applied(department.renamed("Phường Một"), "kiosk-1")
    assert department.in_force().facility.ward == "Phường Một"
    assert department.in_force().version == before.version + 1
    assert department.editions()[-1] == (SENDER, "Phường Một")
    standing = department.standing().answer
    assert (standing.running_version, standing.running_sha256) == (version.version, version.sha256)
    assert standing.kiosks == ("kiosk-1", MORNING_KIOSK)
    assert department.state() is State.RUNNING
    browser = Browser(department.site)
    browser.log_in(ADMINISTRATOR, department.site.passwords.administrator)
    assert ("configure", str(version.version), "done") in lines(browser)
    assert "Cấu hình số" in browser.http.get("/admin/catalogue/versions").text


@pytest.mark.req("D4")
def test_a_kiosk_goes_out_of_service_with_words_and_comes_back_and_numbers_stay_valid(department: Department) -> None:
    department.applied(None)
    until(lambda: department.page.shows('data-touch="service"'), what="the kiosk's services")
    given = Device(department.site, MORNING_KIOSK).do(IssueTicket(new_command_id(), "cashier")).ticket
    department.applied(None, "kiosk-1")
    until(lambda: department.page.shows(OUT_OF_SERVICE), what="the kiosk out of service")
    assert department.page.health()["outage"] == "shut"
    called = Device(department.site, "board-1").send(CallNext(new_command_id(), "q4"))
    assert isinstance(called, Done)
    assert called.ticket.id == given.id
    department.applied(None)
    until(lambda: department.page.shows('data-touch="service"'), what="the kiosk back in service")


@pytest.mark.req("D4", "X4")
def test_a_kiosk_that_starts_without_its_hub_stays_out_of_service(department: Department) -> None:
    department.applied(None, "kiosk-1")
    until(lambda: department.page.shows(OUT_OF_SERVICE), what="the kiosk out of service")
    department.kiosk.kill()
    department.hub.kill()
    department.kiosk.start()
    until(lambda: department.page.health().get("alone"), within_s=30, what="the kiosk on its own")
    assert department.page.health()["outage"] == "shut"
    assert department.page.shows(OUT_OF_SERVICE)
    department.hub.start()
    department.applied(None)
    until(lambda: department.page.shows('data-touch="service"'), within_s=30, what="the kiosk back in service")


@pytest.mark.req("D4")
def test_what_the_site_cannot_work_by_is_rejected_with_a_reason_and_the_last_good_one_runs_on(
    department: Department,
) -> None:
    good = department.applied(department.renamed("Phường Tốt"))
    now = department.in_force()
    Device(department.site, MORNING_KIOSK).do(IssueTicket(new_command_id(), "insurance"))
    twice = replace(now, services=(*now.services, now.services[0]))
    without = replace(
        now,
        services=tuple(service for service in now.services if service.id != "insurance"),
        counters=tuple(counter for counter in now.counters if counter.id not in ("q2", "q3")),
    )
    for settings, kiosk, reason in (
        (twice, "kiosk-1", Reason.SETTINGS),
        (now, "kiosk-9", Reason.KIOSK),
        (without, "kiosk-1", Reason.PEOPLE_WAIT),
    ):
        version = department.answer(department.want(settings, kiosk))
        assert (version.result, version.reason) == (Result.REJECTED, reason)
        answer = department.standing().answer
        assert (answer.running_version, answer.running_sha256) == (good.version, good.sha256)
        assert department.state() is State.REJECTED
    assert department.in_force() == now
    assert Device(department.site, "kiosk-1").outlook().kiosks_out == ()


@pytest.mark.req("D4", "X3", "X5")
def test_forged_replayed_and_anothers_versions_are_refused_and_told(department: Department, intruder: Intruder) -> None:
    department.applied(None, "kiosk-1")
    good = department.applied(department.renamed("Phường Thật"))
    until(lambda: len(intruder.heard()) >= 2, what="what is sent")
    replayed, last = intruder.heard()[0], good.version
    evil = msgspec.json.encode(Wanted(None, ("kiosk-1",)))
    stranger = Ed25519PrivateKey.generate()
    attempts = {
        Reason.OLD_VERSION: replayed,
        Reason.SIGNATURE: signed(stranger, SITE_NAME, last + 1, evil),
        Reason.OTHER_SITE: signed(department.key, "mau-02", last + 1, evil),
        Reason.SAME_VERSION: signed(department.key, SITE_NAME, last, evil),
        Reason.DIGEST: signed(department.key, SITE_NAME, last + 1, evil).replace(digest(evil).encode(), b"0" * 64),
        Reason.UNREADABLE: b'{"version":' + b"[" * 5000,
        Reason.TOO_LARGE: b" " * (MOST_MESSAGE + 1),
    }
    for reason, payload in attempts.items():
        answer = intruder.say(payload, reason)
        assert answer.running_sha256 == good.sha256
        told = until(lambda reason=reason: department.standing().strange is reason, what=f"{reason.value} told")  # type: ignore[misc]
        assert told
    assert department.in_force().facility.ward == "Phường Thật"
    assert Device(department.site, "kiosk-1").outlook().kiosks_out == ()
    assert department.state() is State.RUNNING
    log = (department.site.folder / "hub.log").read_text(encoding="utf-8")
    assert "a message that would configure this site is refused: signature" in log
    assert "Phường" not in log + (department.site.folder / "remote.log").read_text(encoding="utf-8")
    assert department.applied(None).version == last + 1


@pytest.mark.req("D4", "X4")
def test_a_hub_that_was_away_and_a_sender_that_was_started_anew_lose_nothing(department: Department) -> None:
    settings = department.renamed("Phường Về")
    department.hub.stop()
    department.want(None, "kiosk-1")
    version = department.want(settings)
    department.sender.kill()
    department.hub.start()
    department.sender.start()
    assert department.answer(version).result is Result.APPLIED
    assert department.in_force().facility.ward == "Phường Về"
    assert department.store.history(SITE_NAME)[1].result is Result.NONE, "only the newest is sent"


@pytest.mark.req("D4", "X4")
def test_power_cuts_while_versions_are_applied_leave_each_applied_once(department: Department) -> None:
    before = department.editions()
    wards = [f"Phường {n}" for n in range(1, 5)]
    for n, ward in enumerate(wards):
        settings, version_before = department.renamed(ward), department.in_force().version
        version = department.want(settings)
        until(
            lambda last=version_before: len(department.editions()) > last or n % 2,  # type: ignore[misc]  # noqa: B023
            what="the edition",
        )
        department.hub.kill()
        department.hub.start()
        assert department.answer(version).result is Result.APPLIED
        assert department.state() is State.RUNNING
    assert department.editions()[len(before) :] == [(SENDER, ward) for ward in wards]


@pytest.mark.req("D4")
def test_a_local_change_is_shown_as_drift_and_overwritten_by_a_new_version_only(department: Department) -> None:
    department.applied(department.renamed("Phường Của Sở"))
    department.restore_at_the_site(1)
    until(lambda: department.state() is State.DRIFT, what="the drift")
    department.sender.stop()
    department.sender.start()
    department.hub.stop()
    department.hub.start()
    until(lambda: department.standing().heard_ms > time.time() * 1000 - 1000, what="the hub heard again")
    assert department.state() is State.DRIFT
    assert department.in_force().facility.ward != "Phường Của Sở"
    department.applied(department.renamed("Phường Của Sở"))
    assert department.state() is State.RUNNING
    assert department.in_force().facility.ward == "Phường Của Sở"


@pytest.mark.req("D4", "X5")
def test_a_hub_without_the_departments_key_hears_nothing(department: Department, intruder: Intruder) -> None:
    department.hub.stop()
    department.deaf_hub.start()
    before, sent = department.in_force(), len(intruder.heard())
    version = department.want(department.renamed("Phường Khác"))
    until(lambda: len(intruder.heard()) > sent, what="the version sent")
    Device(department.site, MORNING_KIOSK).do(IssueTicket(new_command_id(), "general"))
    assert department.in_force() == before
    department.deaf_hub.stop()
    department.hub.start()
    assert department.answer(version).result is Result.APPLIED


@pytest.mark.req("D4", "X6")
def test_a_revoked_site_is_neither_sent_to_nor_believed_and_goes_on_when_it_is_readmitted(
    department: Department, intruder: Intruder
) -> None:
    department.applied(None)
    settings = department.renamed("Phường Về Lại")
    department.shut_out(quarantine.revoke)
    department.hub.stop()
    try:
        version = department.want(settings)
        for n in range(2):  # the second is of a later turn than the first, in which ours would have been sent
            department.want_of("mau-02")
            until(lambda n=n: intruder.heard_of("mau-02") > n, within_s=30, what="another site's version")  # type: ignore[misc]
        assert not any(f'"version":{version.version},'.encode() in payload for payload in intruder.heard())
        before = department.standing()
        forged = Answer(version.version, version.sha256, Result.APPLIED, None, version.version, version.sha256)
        for site in (SITE_NAME, "mau-02"):
            client = department.client_of(site)
            assert client.publish(topics.answer(site), msgspec.json.encode(forged)) == "Success"
            client.close()
        until(lambda: department.store.standing("mau-02"), what="the other site believed")
        assert department.standing() == before
        assert department.store.history(SITE_NAME)[0].result is Result.NONE
    finally:
        department.hub.start()
        department.shut_out(quarantine.readmit)
    assert department.answer(version).result is Result.APPLIED
    assert department.in_force().facility.ward == "Phường Về Lại"
    log = (department.site.folder / "remote.log").read_text(encoding="utf-8")
    assert f"site {SITE_NAME} is revoked" in log
    assert f"site {SITE_NAME} is readmitted" in log


@pytest.mark.req("X3")
def test_no_site_may_send_versions_or_answer_for_another(department: Department) -> None:
    site = department.site
    department.hub.stop()
    try:
        client = department.client_of(SITE_NAME)
        assert client.publish(topics.configuration(SITE_NAME), b"x") == "Not authorized"
        assert client.publish(topics.answer("mau-02"), b"x") == "Not authorized"
        assert client.publish(topics.answer(SITE_NAME), b"x") == "Success"
        client.close()
        log = site.folder / "remote.log"
        until(
            lambda: f"site {SITE_NAME} says of its configuration is refused" in log.read_text(), what="the log's line"
        )
    finally:
        department.hub.start()


def test_a_sender_says_what_it_lacks(tmp_path: Path, department: Department) -> None:
    text = (department.site.folder / "remote.toml").read_text(encoding="utf-8")
    config = department.site.folder / "remote-wrong.toml"
    config.write_text(text.replace("secrets/remote.key", "secrets/none.key"), encoding="utf-8")
    wrong = Daemon("cloud.remote.publish", config, tmp_path / "log")
    wrong.launch()
    assert wrong.exit_status() == 78
    assert "signing_key_file" in (tmp_path / "log").read_text(encoding="utf-8")
