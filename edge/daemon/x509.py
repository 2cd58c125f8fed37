"""Keys, requests and certificates: what an authority is, what it issues, and how long that is good.

The extensions are those that OpenSSL's strict check asks for, on in Python 3.13: key identifiers in both ends, critical
basicConstraints and keyUsage, the name in subjectAltName. Source: RFC 5280, 4.2.1; RFC 9525 for names of services;
RFC 2986 for requests.
"""

import ipaddress
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from msgspec import Struct

AUTHORITY_DAYS = 3650
LEAF_DAYS = 397
BACKDATED = timedelta(days=1)  # a browser's clock may be a little behind
MOST_BYTES = 4096  # of a certificate or a request, as PEM
MOST_HOSTS = 16
MOST_NAME = 253
PRIVATE_NAMES = ("localhost", "local", "lan", "internal", "home.arpa")
PRIVATE_NETWORKS = (
    *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8"),
    *("fc00::/7", "fe80::/10", "::1/128"),
)


class Request(Struct, frozen=True):
    """A signing request whose signature was checked. ``key`` is the SubjectPublicKeyInfo and ``der`` the request."""

    key: bytes
    hosts: tuple[str, ...]
    der: bytes


def new_key() -> ec.EllipticCurvePrivateKey:
    """A private key on P-256."""
    return ec.generate_private_key(ec.SECP256R1())


def key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """A private key as its file holds it, without a password."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def load_key(pem: bytes) -> ec.EllipticCurvePrivateKey:
    """The key of a file. Raises ValueError where it is none of ours."""
    try:
        key = serialization.load_pem_private_key(pem, None)
    except (TypeError, UnsupportedAlgorithm) as error:
        raise ValueError("not a key of ours") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError("not a key of ours")
    return key


def public_bytes(key: ec.EllipticCurvePublicKey) -> bytes:
    """The SubjectPublicKeyInfo in DER."""
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def key_in(certificate: x509.Certificate) -> bytes:
    """The SubjectPublicKeyInfo (DER) that a certificate is over; empty where it is none of ours."""
    key = certificate.public_key()
    return public_bytes(key) if isinstance(key, ec.EllipticCurvePublicKey) else b""


def pem_of(certificate: x509.Certificate) -> str:
    """A certificate as PEM."""
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def der_of(certificate: x509.Certificate) -> bytes:
    """A certificate as DER."""
    return certificate.public_bytes(serialization.Encoding.DER)


def load_certificate(pem: str | bytes) -> x509.Certificate:
    """A certificate of at most ``MOST_BYTES``. Raises ValueError, which does not repeat what was given."""
    data = pem.encode() if isinstance(pem, str) else pem
    if len(data) > MOST_BYTES:
        raise ValueError("larger than a certificate of ours")
    try:
        return x509.load_pem_x509_certificate(data)
    except ValueError:
        raise ValueError("not a certificate") from None


def make_request(key: ec.EllipticCurvePrivateKey, name: str, hosts: Sequence[str] = ()) -> str:
    """A signing request as PEM; ``hosts`` are the DNS names and IP addresses that the certificate should be for."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(_common_name(name))
    if hosts:
        builder = builder.add_extension(x509.SubjectAlternativeName([name_of(host) for host in hosts]), critical=False)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def read_request(pem: str) -> Request:
    """What a signing request asks for. Raises ValueError, which does not repeat what was given.

    Only a key on P-256, and at most ``MOST_HOSTS`` names and addresses.
    """
    if len(pem) > MOST_BYTES:
        raise ValueError("larger than a request of ours")
    try:
        request = x509.load_pem_x509_csr(pem.encode())
        key = request.public_key()
        signed = request.is_signature_valid
        extensions = list(request.extensions)
    except (ValueError, TypeError, UnsupportedAlgorithm, InvalidSignature, x509.DuplicateExtension):
        raise ValueError("not a signing request") from None
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1) or not signed:
        raise ValueError("not a request of a key on P-256")
    hosts: tuple[str, ...] = ()
    for extension in extensions:
        if isinstance(extension.value, x509.SubjectAlternativeName):
            hosts = _hosts(extension.value)
    return Request(public_bytes(key), hosts, request.public_bytes(serialization.Encoding.DER))


def _hosts(names: Iterable[x509.GeneralName]) -> tuple[str, ...]:
    hosts = []
    for name in names:
        if isinstance(name, x509.DNSName):
            hosts.append(checked_host(name.value))
        elif isinstance(name, x509.IPAddress) and isinstance(name.value, ipaddress.IPv4Address | ipaddress.IPv6Address):
            hosts.append(str(name.value))
        else:
            raise ValueError("a name that is neither a host's nor an address")
    if len(hosts) > MOST_HOSTS:
        raise ValueError(f"more than {MOST_HOSTS} names")
    return tuple(dict.fromkeys(hosts))


def checked_host(host: str) -> str:
    """A DNS name in small letters, or an address as it is usually written. Raises ValueError where it is neither.

    >>> checked_host("Hub.local"), checked_host("FE80::0001")
    ('hub.local', 'fe80::1')
    """
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    labels = host.lower().split(".")
    letters = set("abcdefghijklmnopqrstuvwxyz0123456789-")
    if len(host) > MOST_NAME or not all(
        1 <= len(label) <= 63 and set(label) <= letters and label[0] != "-" and label[-1] != "-" for label in labels
    ):
        raise ValueError("neither a name of a host nor an address")
    return host.lower()


class Authority:
    """An authority's certificate and its private key."""

    def __init__(self, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
        if public_bytes(key.public_key()) != certificate.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        ):
            raise ValueError("the authority's key is not the one in its certificate")
        self.certificate = certificate
        self._key = key

    @classmethod
    def load(cls, crt: Path, key: Path) -> "Authority":
        """Read both. Raises OSError where one cannot be read and ValueError where they are no pair."""
        return cls(load_certificate(crt.read_bytes()), load_key(key.read_bytes()))

    def issue(
        self, key: bytes, *, name: str, now: datetime, hosts: Sequence[str] = (), days: int = LEAF_DAYS
    ) -> x509.Certificate:
        """A certificate over this public key (DER): a server's for ``hosts``, or a client's where there are none.

        It is valid for ``days`` from a day before ``now`` on, and not longer than the authority itself.
        """
        public = serialization.load_der_public_key(key)
        if not isinstance(public, ec.EllipticCurvePublicKey):
            raise ValueError("not a key of ours")
        purpose = ExtendedKeyUsageOID.SERVER_AUTH if hosts else ExtendedKeyUsageOID.CLIENT_AUTH
        identifier = self.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        begin = now - BACKDATED
        until = min(begin + timedelta(days=days, seconds=-1), self.certificate.not_valid_after_utc)
        builder = (
            _builder(_common_name(name), self.certificate.subject, public, begin, until)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(authority=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
        )
        if hosts:
            names = x509.SubjectAlternativeName([name_of(host) for host in hosts])
            builder = builder.add_extension(names, critical=False)
        return builder.sign(self._key, hashes.SHA256())

    def revocation_list(self, revoked: Iterable[tuple[int, datetime]], now: datetime) -> bytes:
        """The list of these serial numbers and since when, as PEM.

        It is valid as long as an authority is: with one that has expired, Mosquitto refuses everybody.
        """
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(now - BACKDATED)
            .next_update(now + timedelta(days=AUTHORITY_DAYS))
        )
        for serial, since in revoked:
            one = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(since).build()
            builder = builder.add_revoked_certificate(one)
        return builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def listed(self, crl: bytes) -> list[tuple[int, datetime]]:
        """The serial numbers of a list that this authority signed, and since when; none where there is no list.

        Raises ValueError where it is another authority's.
        """
        if not crl:
            return []
        found = x509.load_pem_x509_crl(crl)
        key = self.certificate.public_key()
        if not isinstance(key, ec.EllipticCurvePublicKey) or not found.is_signature_valid(key):
            raise ValueError("a list of another authority")
        return [(one.serial_number, one.revocation_date_utc) for one in found]


def issued_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    """Whether this authority signed this certificate."""
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def new_site_authority(name: str, hosts: Sequence[str], now: datetime) -> tuple[x509.Certificate, bytes]:
    """The certificate of a new authority and its key as PEM.

    It can vouch for private names and addresses, for ``hosts``, and for nothing else (RFC 5280, 4.2.1.10): whoever
    steals its key cannot be a bank to a PC that trusts it.
    """
    servers = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    return new_authority(name, now, (servers, False), (x509.NameConstraints(_permitted(hosts), None), True))


def new_authority(name: str, now: datetime, *bounds: tuple[x509.ExtensionType, bool]) -> tuple[x509.Certificate, bytes]:
    """The certificate of a new authority with these further extensions, each critical or not, and its key as PEM."""
    key = new_key()
    public = key.public_key()
    subject = _common_name(name)
    identifier = x509.SubjectKeyIdentifier.from_public_key(public)
    begin = now - BACKDATED
    builder = (
        _builder(subject, subject, public, begin, begin + timedelta(days=AUTHORITY_DAYS, seconds=-1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(authority=True), critical=True)
        .add_extension(identifier, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
    )
    for extension, critical in bounds:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(key, hashes.SHA256()), key_pem(key)


def _permitted(hosts: Sequence[str]) -> list[x509.GeneralName]:
    networks = [ipaddress.ip_network(network) for network in PRIVATE_NETWORKS]
    names = list(PRIVATE_NAMES)
    for host in hosts:
        name = name_of(host)
        if isinstance(name, x509.DNSName):
            names.append(name.value)
        else:
            networks.append(ipaddress.ip_network(host))
    return [
        *(x509.DNSName(name) for name in dict.fromkeys(names)),
        *(x509.IPAddress(network) for network in dict.fromkeys(networks)),
    ]


def permits(authority: x509.Certificate, host: str) -> bool:
    """Whether the authority can vouch for this name or address; one without constraints can for every."""
    try:
        constraints = authority.extensions.get_extension_for_class(x509.NameConstraints).value
    except x509.ExtensionNotFound:
        return True
    wanted = name_of(host)
    for permitted in constraints.permitted_subtrees or ():
        if isinstance(wanted, x509.DNSName) and isinstance(permitted, x509.DNSName):
            if wanted.value == permitted.value or wanted.value.endswith(f".{permitted.value}"):
                return True
        elif isinstance(wanted, x509.IPAddress) and isinstance(permitted, x509.IPAddress):
            network = permitted.value
            if isinstance(network, ipaddress.IPv4Network | ipaddress.IPv6Network) and wanted.value in network:
                return True
    return False


def hosts_of(certificate: x509.Certificate) -> tuple[str, ...]:
    """The names and addresses that a server's certificate is for."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return (
        *names.get_values_for_type(x509.DNSName),
        *(str(address) for address in names.get_values_for_type(x509.IPAddress)),
    )


def is_due(certificate: x509.Certificate, now: datetime) -> bool:
    """Whether less than a third of its life is left."""
    until = certificate.not_valid_after_utc
    return (until - now) * 3 < until - certificate.not_valid_before_utc


def name_of(host: str) -> x509.GeneralName:
    """A DNS name or an IP address as certificates carry it."""
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _common_name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, begin: datetime, until: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(until)
    )


def _key_usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )
