"""Certificates: how long they last, whom they are for, who signed them. The rules are pure; ``load`` reads."""

import ipaddress
import ssl
from collections.abc import Collection, Iterator
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import NameOID

from provisioning.doctor.asking import NoAnswer, NotTrusted
from provisioning.doctor.findings import N_, Finding, fail, ok, warn

WARN_DAYS, FAIL_DAYS = 30, 7

_RENEW = N_("Cấp lại chứng thư (docs/install.md, mục By hand) rồi khởi động lại chương trình.")
_NO_ANSWER = {
    "refused": (
        N_("{where} từ chối kết nối: chương trình ở đó không chạy"),
        N_("Trên máy đó: systemctl status {unit}, rồi journalctl -u {unit}."),
    ),
    "timeout": (
        N_("{where} không trả lời"),
        N_("Xem dây mạng, bộ chia mạng và địa chỉ; thử: ping {host}. Máy đó có bật không?"),
    ),
    "no-name": (
        N_("không tìm được địa chỉ của tên {host}"),
        N_("Xem DNS của máy này, hoặc dùng địa chỉ IP trong tệp cấu hình."),
    ),
    "unreachable": (
        N_("không tới được {where} ({details})"),
        N_("Xem dây mạng, bộ chia mạng và địa chỉ; thử: ping {host}. Máy đó có bật không?"),
    ),
    "tls": (
        N_("{where} không nói TLS như mong đợi ({details})"),
        N_("Xem cổng có đúng không, và chương trình nào đang nghe ở đó."),
    ),
    "turned-away": (
        N_("{where} không nhận chứng thư của máy này ({details})"),
        N_("Cấp lại chứng thư của điểm này bằng CA của bên kia (docs/install.md, mục By hand)."),
    ),
    "no-http": (
        N_("ở {where} không phải máy chủ HTTP ({details})"),
        N_("Xem cổng có đúng không, và chương trình nào đang nghe ở đó."),
    ),
}


def load(path: Path) -> x509.Certificate:
    """The first certificate of a PEM file. Raises OSError where it cannot be read, ValueError where it holds none."""
    return x509.load_pem_x509_certificate(path.read_bytes())


def days_left(check: str, subject: str, certificate: x509.Certificate, now: datetime, **values: object) -> Finding:
    """How long a certificate is still good: yellow below ``WARN_DAYS``, red below ``FAIL_DAYS``."""
    until = certificate.not_valid_after_utc
    days = (until - now).days
    told = {"days": days, "until": f"{until:%d/%m/%Y}", **values}
    if certificate.not_valid_before_utc > now:
        return fail(
            check,
            subject,
            N_("chỉ có hiệu lực từ {since}"),
            N_("Xem đồng hồ của máy này: timedatectl. Nếu đồng hồ đúng thì cấp lại chứng thư."),
            since=f"{certificate.not_valid_before_utc:%d/%m/%Y %H:%M} UTC",
            **values,
        )
    if until <= now:
        return fail(check, subject, N_("đã hết hạn ngày {until}"), _RENEW, **told)
    if days < FAIL_DAYS:
        return fail(check, subject, N_("chỉ còn {days} ngày (đến {until})"), _RENEW, **told)
    if days < WARN_DAYS:
        return warn(check, subject, N_("chỉ còn {days} ngày (đến {until})"), _RENEW, **told)
    return ok(check, subject, N_("còn {days} ngày (đến {until})"), **told)


def names(certificate: x509.Certificate) -> tuple[str, ...]:
    """The DNS names and IP addresses that a server's certificate is for."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return (
        *found.get_values_for_type(x509.DNSName),
        *(str(address) for address in found.get_values_for_type(x509.IPAddress)),
    )


def common_name(certificate: x509.Certificate) -> str:
    """Whose it is; empty where it does not say."""
    found = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else ""


def is_for(certificate: x509.Certificate, own: Collection[str]) -> bool:
    """Whether one of its names is one of ours: names of this machine in lower case, and its addresses."""
    return any(_plain(name) in own for name in names(certificate))


def signed_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    """Whether this authority signed it."""
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def server_files(
    check: str, subject: str, crt: Path, key: Path, now: datetime, own: Collection[str]
) -> Iterator[Finding]:
    """A server's certificate and key as they lie on the disk: they fit each other, last, and are for us."""
    try:
        certificate = load(crt)
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(crt, key)
    except (OSError, ValueError) as error:  # an SSLError is an OSError: the key is another certificate's
        yield unusable(check, subject, error, crt)
        return
    yield days_left(check, subject, certificate, now)
    listed = ", ".join(names(certificate))
    if own and not is_for(certificate, own):
        yield warn(
            f"{check}.names",
            subject,
            N_("dành cho {names}, không có địa chỉ nào của máy này"),
            N_("Địa chỉ của máy có đổi không? Đặt lại địa chỉ cũ, hoặc cấp lại chứng thư cho địa chỉ mới."),
            names=listed or "-",
        )


def unusable(check: str, subject: str, error: OSError | ValueError, path: Path) -> Finding:
    """A certificate or its key cannot be used."""
    if isinstance(error, PermissionError):
        return fail(
            check, subject, N_("không được phép đọc {path}"), N_("Chạy lại với sudo: sudo moiso-doctor."), path=path
        )
    if isinstance(error, ssl.SSLError):
        why = error.reason or "SSL"
    else:
        why = (error.strerror if isinstance(error, OSError) else "") or "PEM"
    return fail(
        check,
        subject,
        N_("{path} hoặc khoá của nó không dùng được ({why})"),
        N_("Chứng thư và khoá phải là một cặp. Chép lại cả hai, hoặc cấp lại (docs/install.md, mục By hand)."),
        path=path,
        why=why,
    )


def no_answer(check: str, subject: str, error: NoAnswer, *, where: str, host: str, unit: str) -> Finding:
    """Nobody answers at ``where``; ``unit`` is the systemd unit that should."""
    says, advice = _NO_ANSWER[error.why]
    return fail(check, subject, says, advice, where=where, host=host, unit=unit, details=error)


def not_trusted(check: str, subject: str, error: NotTrusted, *, where: str, host: str, ca: str) -> Finding:
    """The certificate that is shown at ``where`` does not convince."""
    match error.code:
        case NotTrusted.EXPIRED:
            says, advice = N_("chứng thư của {where} đã hết hạn"), _RENEW
        case NotTrusted.NOT_YET_VALID:
            says = N_("chứng thư của {where} chưa có hiệu lực: đồng hồ của máy này chạy chậm?")
            advice = N_("Xem đồng hồ: timedatectl. Đặt lại: timedatectl set-time '2026-12-31 07:00'.")
        case NotTrusted.WRONG_HOST | NotTrusted.WRONG_ADDRESS:
            says = N_("chứng thư của {where} không dành cho {host}")
            advice = N_("Dùng trong tệp cấu hình đúng tên hoặc địa chỉ có trong chứng thư, hoặc cấp lại chứng thư.")
        case _:
            says = N_("chứng thư của {where} không do CA trong {ca} ký ({details})")
            advice = N_("Chép lại site-ca.crt của điểm này. Nếu CA đúng thì có thể một máy lạ đang giả làm máy chủ!")
    return fail(check, subject, says, advice, where=where, host=host, ca=ca, details=error)


def _plain(name: str) -> str:
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        return name.lower()
