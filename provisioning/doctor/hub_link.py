"""From a kiosk or a board to the hub: is it there, is it ours, does it know us, and is its time ours?"""

from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

import msgspec
from cryptography import x509
from msgspec import Struct

from edge.daemon.config import ConfigError, Hub, read_secret
from edge.daemon.hub_client import NOW_HEADER
from provisioning.doctor import certificates
from provisioning.doctor.asking import Address, Answer, NoAnswer, NotTrusted, get, trusting
from provisioning.doctor.findings import N_, Finding, fail, ok, warn

SKEW_WARN_S, SKEW_FAIL_S = 2.0, 30.0
LOOPBACK = ("127.0.0.1", "::1", "localhost")
_HUB, _TOKEN, _CLOCK, _COUNTERS = N_("Máy chủ hàng đợi"), N_("Mã truy cập"), N_("Đồng hồ"), N_("Quầy")


_CORRECT = N_("Sửa hub.url trong tệp cấu hình.")


class _Counter(Struct):
    id: str


class _Catalogue(Struct):
    counters: tuple[_Counter, ...] = ()


class _Snapshot(Struct):
    catalogue: _Catalogue


def look(room: str, hub: Hub, now: datetime, counters: frozenset[str] = frozenset()) -> Iterator[Finding]:
    """The link of the device whose room this is; ``counters`` are those that its configuration names."""
    try:
        url = urlsplit(hub.url)
        host, port = url.hostname or "", url.port
    except ValueError:
        yield fail(f"{room}.hub", _HUB, N_("hub.url không phải một địa chỉ"), _CORRECT)
        return
    if not host or (url.scheme != "https" and host not in LOOPBACK):
        yield fail(f"{room}.hub", _HUB, N_("hub.url không bắt đầu bằng https://"), _CORRECT)
        return
    try:
        token = read_secret(hub.token_file)
        context = trusting(hub.ca) if url.scheme == "https" else None
    except ConfigError as error:
        advice = N_("Cấp lại mã truy cập (docs/install.md, mục By hand).")
        if isinstance(error.__cause__, PermissionError):
            advice = N_("Chạy lại với sudo: sudo moiso-doctor.")
        yield fail(f"{room}.token", _TOKEN, "{error}", advice, error=error)
        return
    except OSError as error:
        yield certificates.unusable(f"{room}.hub", _HUB, error, hub.ca)
        return
    address = Address(host, port or (443 if context else 80), context)
    try:
        answer = get(address, "/api/v1/snapshot", token=token)
    except NoAnswer as error:
        yield certificates.no_answer(f"{room}.hub", _HUB, error, where=str(address), host=host, unit="moiso-hub")
        return
    except NotTrusted as error:
        yield certificates.not_trusted(f"{room}.hub", _HUB, error, where=str(address), host=host, ca=str(hub.ca))
        return
    yield ok(f"{room}.hub", _HUB, N_("{where} trả lời sau {ms} ms"), where=address, ms=answer.took_ms)
    if answer.certificate:
        shown = x509.load_der_x509_certificate(answer.certificate)
        yield certificates.days_left(f"{room}.hub.certificate", N_("Chứng thư của máy chủ"), shown, now.astimezone(UTC))
    yield accepted(room, answer.status)
    if answer.status == 200:
        yield from _after_answer(room, answer, counters)


def _after_answer(room: str, answer: Answer, counters: frozenset[str]) -> Iterator[Finding]:
    hubs = {name.lower(): value for name, value in answer.headers.items()}.get(NOW_HEADER.lower(), "")
    if hubs.isdecimal():
        yield skew(room, answer.at_ms - int(hubs))
    try:
        known = {counter.id for counter in msgspec.json.decode(answer.body, type=_Snapshot).catalogue.counters}
    except (msgspec.ValidationError, msgspec.DecodeError):
        yield fail(
            f"{room}.hub.version",
            _HUB,
            N_("không hiểu câu trả lời của máy chủ: hai máy khác phiên bản?"),
            N_("Cài cùng một phiên bản MờiSố trên mọi máy của điểm này."),
        )
        return
    unknown = sorted(counters - known)
    if unknown:
        yield warn(
            f"{room}.counters",
            _COUNTERS,
            N_("danh mục không có quầy {names}"),
            N_("Sửa tệp cấu hình, hoặc thêm quầy trong trang quản trị rồi xuất bản danh mục."),
            names=", ".join(unknown),
        )


def accepted(room: str, status: int) -> Finding:
    """What the hub's status says of our token."""
    if status == 200:
        return ok(f"{room}.token", _TOKEN, N_("máy chủ nhận mã của máy này"))
    if status == 401:
        return fail(
            f"{room}.token",
            _TOKEN,
            N_("máy chủ không biết mã của máy này"),
            N_("Trên máy chủ: sửa token_sha256 trong devices.toml thành SHA-256 của mã này, khởi động lại moiso-hub."),
        )
    return fail(
        f"{room}.token",
        _TOKEN,
        N_("máy chủ trả lời HTTP {status}"),
        N_("Trên máy chủ: journalctl -u moiso-hub -n 30"),
        status=status,
    )


def skew(room: str, ahead_ms: int) -> Finding:
    """Our clock against the hub's: yellow beyond ``SKEW_WARN_S``, red beyond ``SKEW_FAIL_S``.

    Screens and slips show the hub's time all the same; certificates and logs go by our own.
    """
    seconds = abs(ahead_ms) / 1000
    told = {"seconds": f"{seconds:.1f}" if seconds < 100 else f"{seconds:.0f}"}
    check = f"{room}.clock"
    advice = N_("Nối cả hai máy với cùng một máy chủ giờ (NTP); xem trên từng máy: timedatectl")
    if seconds <= SKEW_WARN_S:
        return ok(check, _CLOCK, N_("lệch {seconds} giây so với máy chủ"), **told)
    judge = fail if seconds > SKEW_FAIL_S else warn
    if ahead_ms > 0:
        return judge(check, _CLOCK, N_("nhanh hơn máy chủ {seconds} giây"), advice, **told)
    return judge(check, _CLOCK, N_("chậm hơn máy chủ {seconds} giây"), advice, **told)
