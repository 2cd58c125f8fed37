"""What enrolment does, apart from HTTP: who is let in under which name, and what is renewed."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from enum import Enum

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from msgspec import Struct

from edge.contracts.enrolment import DeviceName, Renew, renewal
from edge.daemon.x509 import Authority, is_due, load_certificate, pem_of, permits, read_request
from edge.hub.config import Device
from edge.hub.enrolment.register import RENEW_AFTER_S, Enrolled, Next, Register
from edge.hub.enrolment.waiting import Pending, Refusal, WaitingRoom


class Fault(Enum):
    """Why a device cannot be let in as somebody asked."""

    NAME = "name"
    TAKEN = "taken"
    ROLE = "role"
    COUNTERS = "counters"
    HOST_OF_HUB = "host-of-hub"
    HOST_OF_OTHER = "host-of-other"
    HOST_NOT_PERMITTED = "host-not-permitted"
    CLOCK = "clock"


class NotEnrolled(Exception):
    """The device was not let in."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


class Wish(Struct, frozen=True):
    """How an administrator wants a device let in; ``replace``: an old one of this name is thrown out."""

    name: str
    label: str = ""
    counters: tuple[str, ...] = ()
    spare: bool = False
    replace: bool = False


class EnrolmentDesk:
    """Lets devices in and renews them. ``own_hosts`` are the hub's own names and addresses, ``clock_trusted`` whether
    its clock may date a certificate."""

    def __init__(
        self,
        register: Register,
        authority: Authority,
        waiting: WaitingRoom,
        own_hosts: Callable[[], Sequence[str]],
        now_s: Callable[[], float],
        clock_trusted: Callable[[], bool],
    ) -> None:
        self.register = register
        self.authority = authority
        self.waiting = waiting
        self._own_hosts = own_hosts
        self._now_s = now_s
        self._clock_trusted = clock_trusted

    @property
    def clock_trusted(self) -> bool:
        """Whether the hub's clock may date a certificate."""
        return self._clock_trusted()

    def check(self, pending: Pending, wish: Wish, counters: Sequence[str]) -> None:
        """Raise NotEnrolled where the device cannot be let in so; ``counters`` are the site's."""
        if not self._clock_trusted():
            raise NotEnrolled(Fault.CLOCK)
        try:
            msgspec.convert(wish.name, DeviceName)
        except msgspec.ValidationError:
            raise NotEnrolled(Fault.NAME) from None
        if self.register.named(wish.name) is not None and not wish.replace:
            raise NotEnrolled(Fault.TAKEN)
        if not set(wish.counters) <= set(counters) or (wish.counters and pending.role != "board"):
            raise NotEnrolled(Fault.COUNTERS)
        if not self.register.is_new(pending.token_sha256):
            raise NotEnrolled(Fault.ROLE)
        self._check_hosts(pending, wish.name)

    def _check_hosts(self, pending: Pending, name: str) -> None:
        """No device gets a certificate with which it could pretend to be the hub, or another device; a program on the
        hub's own machine has its addresses."""
        own = set(self._own_hosts())
        others = {host for line in self.register.lines if line.enrolled for host in line.enrolled.hosts}
        before = self.register.enrolled(name)
        others -= set(before.hosts) if before else set()
        at_home = pending.address in own
        for host in pending.request.hosts:
            if host in own and not at_home:
                raise NotEnrolled(Fault.HOST_OF_HUB)
            if host in others and host not in own:
                raise NotEnrolled(Fault.HOST_OF_OTHER)
            if not permits(self.authority.certificate, host):
                raise NotEnrolled(Fault.HOST_NOT_PERMITTED)

    def approve(self, pending: Pending, wish: Wish, officer: str) -> None:
        """Let a device in that :meth:`check` found good."""
        device = Device(wish.name, pending.role, pending.token_sha256, wish.counters, wish.label, wish.spare)  # type: ignore[arg-type]  # the role was checked when it asked
        certificate, serial = self._issue(pending.request.key, wish.name, pending.request.hosts)
        self.register.enrol(device, pending.request.key, certificate, serial, pending.request.hosts, officer)
        self.waiting.close(pending.id)

    def _issue(self, key: bytes, name: str, hosts: Sequence[str]) -> tuple[str, int | None]:
        if not hosts:
            return "", None
        certificate = self.authority.issue(key, name=name, now=self._now(), hosts=hosts)
        return pem_of(certificate), certificate.serial_number

    def renew(self, enrolled: Enrolled, asked: Renew) -> str:
        """The certificate for this device's next key, "" where it has none; asked again, it is the same.

        Raises Refusal.
        """
        try:
            request = read_request(asked.csr)
        except ValueError as error:
            raise Refusal(f"csr: {error}") from error
        if not _signed(enrolled.key, bytes.fromhex(asked.signature), renewal(request.der, asked.token_sha256)):
            raise Refusal("the signature is not of the key in use")
        before = self.register.following(enrolled.device.name)
        if before is not None and (before.key, before.token_sha256) == (request.key, asked.token_sha256):
            return before.certificate
        if not self._clock_trusted():
            raise Refusal("the hub's clock is wrong: nothing is issued")
        if not set(request.hosts) <= set(enrolled.hosts):
            raise Refusal("other names than an administrator approved: enrol the device again")
        if request.key == enrolled.key or not self.register.is_new(asked.token_sha256):
            raise Refusal("a new key and a new token are expected")
        certificate, serial = self._issue(request.key, enrolled.device.name, request.hosts)
        self.register.renew(enrolled.device.name, Next(request.key, asked.token_sha256, certificate), serial)
        return certificate

    def is_due(self, enrolled: Enrolled) -> bool:
        """Whether the device should renew its token, key and certificate; never by a wrong clock."""
        if not self._clock_trusted():
            return False
        if self._now_s() - enrolled.since_s > RENEW_AFTER_S:
            return True
        return bool(enrolled.certificate) and is_due(load_certificate(enrolled.certificate), self._now())

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._now_s(), UTC)


def days_left(enrolled: Enrolled, now_s: float) -> int | None:
    """How many days the device's certificate is still good; None where it has none."""
    if not enrolled.certificate:
        return None
    until = load_certificate(enrolled.certificate).not_valid_after_utc
    return (until - datetime.fromtimestamp(now_s, UTC)).days


def _signed(key: bytes, signature: bytes, data: bytes) -> bool:
    public = serialization.load_der_public_key(key)
    if not isinstance(public, ec.EllipticCurvePublicKey):
        return False
    try:
        public.verify(signature, data, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True
