"""Whom an administrator can let in, for which addresses, and what the register says afterwards."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from edge.contracts.enrolment import Ask, Renew, commitment, renewal
from edge.daemon.x509 import (
    Authority,
    der_of,
    load_key,
    make_request,
    new_key,
    new_site_authority,
    public_bytes,
    read_request,
)
from edge.hub.config import Device
from edge.hub.enrolment.desk import EnrolmentDesk, Fault, NotEnrolled, Wish, days_left
from edge.hub.enrolment.register import RENEW_AFTER_S, Register
from edge.hub.enrolment.waiting import Pending, Refusal, WaitingRoom

NOW_S = datetime.now(UTC).timestamp()
NONCE = "1" * 32
OWN = ("localhost", "127.0.0.1", "192.168.1.5", "hub.local")
BY_HAND = Device("kiosk-1", "kiosk", hashlib.sha256(b"by hand").hexdigest())


class Site:
    """A desk with a clock that the test sets."""

    def __init__(self, folder: Path) -> None:
        self.now_s = NOW_S
        self.clock_trusted = True
        self.changed = 0
        self.path = folder / "enrolled.db"
        certificate, pem = new_site_authority("MoiSo", [], datetime.now(UTC))
        self.authority = Authority(certificate, load_key(pem))
        self.register = self.opened()
        self.desk = EnrolmentDesk(
            self.register,
            self.authority,
            WaitingRoom(der_of(certificate), lambda: self.now_s),
            lambda: OWN,
            lambda: self.now_s,
            lambda: self.clock_trusted,
        )

    def opened(self) -> Register:
        return Register(self.path, [BY_HAND], lambda: self.now_s, self._change)

    def _change(self) -> None:
        self.changed += 1

    def asks(
        self, *hosts: str, role: str = "kiosk", word: str = "t", address: str = "192.168.1.7"
    ) -> tuple[Pending, ec.EllipticCurvePrivateKey]:
        key, digest = new_key(), hashlib.sha256(word.encode()).hexdigest()
        csr = make_request(key, "x", hosts)
        ask = Ask(csr, digest, role, commitment(public_bytes(key.public_key()), digest, role, NONCE))
        shown = self.desk.waiting.reveal(self.desk.waiting.ask(ask, read_request(csr), address).id, NONCE)
        assert shown is not None
        return shown, key

    def fault(self, pending: Pending, wish: Wish) -> Fault:
        with pytest.raises(NotEnrolled) as refused:
            self.desk.check(pending, wish, ("q1", "q2"))
        return refused.value.fault

    def lets_in(self, name: str, *hosts: str, word: str = "t", role: str = "kiosk") -> ec.EllipticCurvePrivateKey:
        pending, key = self.asks(*hosts, word=word, role=role)
        wish = Wish(name)
        self.desk.check(pending, wish, ())
        self.desk.approve(pending, wish, "an")
        return key


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@pytest.mark.req("X1")
@pytest.mark.parametrize("name", ["", "Kiosk", "kiosk 1", "-kiosk", "k" * 41, "kiosk/1", "quầy", "k\n"])
def test_a_name_that_would_be_read_wrongly_is_none(site: Site, name: str) -> None:
    assert site.fault(site.asks()[0], Wish(name)) is Fault.NAME


def test_a_name_that_is_taken_is_taken_unless_the_old_one_is_to_go(site: Site) -> None:
    pending, _ = site.asks()
    assert site.fault(pending, Wish("kiosk-1")) is Fault.TAKEN
    site.desk.check(pending, Wish("kiosk-1", replace=True), ())
    site.desk.approve(pending, Wish("kiosk-1", replace=True), "an")
    assert site.register.device("by hand") is None
    device = site.register.device("t")
    assert device is not None
    assert device.name == "kiosk-1"
    assert [one.name for one in site.register.devices] == ["kiosk-1"]
    assert site.opened().device("by hand") is None, "after a start, too"


def test_only_a_board_carries_buttons_and_only_of_counters_that_there_are(site: Site) -> None:
    assert site.fault(site.asks()[0], Wish("kiosk-2", counters=("q1",))) is Fault.COUNTERS
    assert site.fault(site.asks(role="board", word="b")[0], Wish("board-2", counters=("q9",))) is Fault.COUNTERS


@pytest.mark.req("X1", "X5")
@pytest.mark.parametrize(
    ("hosts", "fault"),
    [
        (("192.168.1.5",), Fault.HOST_OF_HUB),
        (("192.168.1.7", "hub.local"), Fault.HOST_OF_HUB),
        (("127.0.0.1",), Fault.HOST_OF_HUB),
        (("192.168.1.6",), Fault.HOST_OF_OTHER),
        (("bank.example.com",), Fault.HOST_NOT_PERMITTED),
        (("8.8.8.8",), Fault.HOST_NOT_PERMITTED),
    ],
)
def test_no_device_can_pretend_to_be_the_hub_another_device_or_the_internet(
    site: Site, hosts: tuple[str, ...], fault: Fault
) -> None:
    site.lets_in("board-1", "192.168.1.6", role="board", word="b1")
    pending, _ = site.asks(*hosts, role="board", word="b2")
    assert site.fault(pending, Wish("board-2")) is fault


def test_a_program_on_the_hubs_own_machine_has_its_addresses(site: Site) -> None:
    pending, _ = site.asks("192.168.1.5", role="board", address="127.0.0.1")
    site.desk.check(pending, Wish("board-1"), ())


@pytest.mark.req("X6")
def test_a_hub_whose_clock_is_wrong_issues_nothing(site: Site) -> None:
    pending, _ = site.asks()
    key = site.lets_in("board-1", "192.168.1.6", role="board", word="b1")
    site.clock_trusted = False
    assert site.fault(pending, Wish("kiosk-2")) is Fault.CLOCK
    enrolled = site.register.enrolled("board-1")
    assert enrolled is not None
    assert not site.desk.is_due(enrolled)
    with pytest.raises(Refusal, match="clock"):
        site.desk.renew(enrolled, renewal_by(key, "b2", "192.168.1.6"))


def renewal_by(
    key: ec.EllipticCurvePrivateKey, token: str, *hosts: str, new: ec.EllipticCurvePrivateKey | None = None
) -> Renew:
    csr, digest = make_request(new or new_key(), "x", hosts), hashlib.sha256(token.encode()).hexdigest()
    signature = key.sign(renewal(read_request(csr).der, digest), ec.ECDSA(hashes.SHA256()))
    return Renew(csr, digest, signature.hex())


@pytest.mark.req("X1", "X6")
def test_a_renewal_is_the_same_however_often_it_is_asked_for_and_the_old_token_lasts_until_the_new_is_used(
    site: Site,
) -> None:
    key, new = site.lets_in("board-1", "192.168.1.6", role="board", word="b1"), new_key()
    enrolled = site.register.enrolled("board-1")
    assert enrolled is not None
    first = site.desk.renew(enrolled, renewal_by(key, "b2", "192.168.1.6", new=new))
    assert site.desk.renew(enrolled, renewal_by(key, "b2", "192.168.1.6", new=new)) == first
    reopened = site.opened()
    for register in (site.register, reopened):
        assert register.device("b1") is not None
    assert reopened.device("b2") is not None
    assert reopened.device("b1") is None
    again = reopened.enrolled("board-1")
    assert again is not None
    assert (again.key, again.certificate) == (public_bytes(new.public_key()), first)


@pytest.mark.req("X1", "X5")
def test_a_renewal_for_other_addresses_with_a_known_token_or_another_key_is_none(site: Site) -> None:
    key = site.lets_in("board-1", "192.168.1.6", role="board", word="b1")
    enrolled = site.register.enrolled("board-1")
    assert enrolled is not None
    for wrong in (
        renewal_by(key, "b2", "192.168.1.5"),
        renewal_by(key, "b1", "192.168.1.6"),
        renewal_by(key, "b2", "192.168.1.6", new=key),
        renewal_by(new_key(), "b2", "192.168.1.6"),
    ):
        with pytest.raises(Refusal):
            site.desk.renew(enrolled, wrong)


def test_it_is_time_after_a_month_and_for_a_certificate_in_its_last_third(site: Site) -> None:
    site.lets_in("board-1", "192.168.1.6", role="board", word="b1")
    enrolled = site.register.enrolled("board-1")
    assert enrolled is not None
    assert days_left(enrolled, site.now_s) == 395
    assert not site.desk.is_due(enrolled)
    site.now_s += RENEW_AFTER_S + 1
    assert site.desk.is_due(enrolled)


@pytest.mark.req("X6")
def test_whoever_is_revoked_is_nobody_and_its_token_never_comes_back(site: Site) -> None:
    site.lets_in("kiosk-2")
    device = site.register.device("t")
    assert device is not None
    assert site.register.knows(device)
    assert site.register.revoke("kiosk-2", "an")
    assert not site.register.knows(device)
    assert not site.register.revoke("kiosk-2", "an")
    assert site.changed == 2
    assert [(one.name, one.revoked_by) for one in site.register.revoked()] == [("kiosk-2", "an")]
    pending, _ = site.asks(word="t")
    assert site.fault(pending, Wish("kiosk-2")) is Fault.ROLE


@pytest.mark.req("X6")
def test_who_connected_before_a_renewal_is_known_still_and_who_was_replaced_is_not(site: Site) -> None:
    key = site.lets_in("board-1", role="board", word="b1")
    connected = site.register.device("b1")
    enrolled = site.register.enrolled("board-1")
    assert connected is not None
    assert enrolled is not None
    site.desk.renew(enrolled, renewal_by(key, "b2"))
    assert site.register.device("b2") is not None
    assert site.register.device("b1") is None
    assert site.register.knows(connected)
    pending, _ = site.asks(role="board", word="b3")
    site.desk.approve(pending, Wish("board-1", replace=True), "an")
    assert not site.register.knows(connected)
    assert site.register.device("b2") is None
    again = site.register.device("b3")
    assert again is not None
    assert site.register.knows(again)
