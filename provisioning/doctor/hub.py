"""The hub: its page, its certificate, its data, the way up to the cloud, and the insurance portal."""

import asyncio
import sqlite3
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from msgspec import Struct
from msgspec.structs import replace

from edge.daemon.config import Broker, ConfigError, Listen
from edge.daemon.config import load as load_config
from edge.hub.config import Devices, HubConfig, Insurance, Officers, load_catalogue
from provisioning.doctor import certificates, databases
from provisioning.doctor.asking import Address, NoAnswer, NotTrusted, own_address, shake_hands, trusting
from provisioning.doctor.findings import N_, Finding, Verdict, fail, ok, warn
from provisioning.doctor.programs import Unit, page, running, told, unit_state
from provisioning.doctor.site import UNITS, Configured

BEHIND_MS = 5 * 60_000
_CERTIFICATE, _DATA, _CLOUD = N_("Chứng thư của máy chủ"), N_("Dữ liệu"), N_("Kết nối lên Sở")
_PORTAL, _FILES, _CLOCK = N_("Cổng giám định BHYT"), N_("Cấu hình"), N_("Đồng hồ")


class Health(Struct):
    """What this reads of the hub's health page."""

    clock_trusted: bool = True
    day: str = ""


def look(site: Configured, config: HubConfig, now: datetime, own: frozenset[str]) -> Iterator[Finding]:
    """Everything about the hub of this machine; ``own`` are this machine's names and addresses."""
    yield from named_files(config)
    unit = unit_state(UNITS["hub"], under_systemd=site.under_systemd)
    for listen in config.listen:
        if listen.certificate and listen.key:
            yield from server(listen.certificate, listen.key, now, own)
    for listen in config.listen:
        yield from answering(listen, unit)
    yield from data_folder("hub.data", config.data)
    yield from databases.all_whole("hub.database", config.data)
    if config.uplink:
        yield from broker("hub", config.uplink, config.site, now)
        yield from backlog(config.data / "hub.db", int(now.timestamp() * 1000))
    if config.insurance:
        yield from portal(config.insurance)


def named_files(config: HubConfig) -> Iterator[Finding]:
    """The files that hub.toml names: devices, officers, the catalogue to begin with."""
    wrong = False
    for shape, path in ((Devices, config.devices), (Officers, config.officers)):
        try:
            load_config(path, shape)
        except ConfigError as error:
            wrong = True
            yield _wrong_file(error)
    try:
        load_catalogue(config.catalogue)
    except ConfigError as error:
        wrong = True
        yield _wrong_file(error)
    if not wrong:
        count = len(load_config(config.devices, Devices).device)
        yield ok("hub.files", _FILES, N_("thiết bị, tài khoản và danh mục đúng; {count} thiết bị"), count=count)


def server(crt: Path, key: Path, now: datetime, own: frozenset[str]) -> Iterator[Finding]:
    """The hub's certificate; and whether the site's CA signed it, where its certificate lies beside it."""
    yield from certificates.server_files("hub.certificate", _CERTIFICATE, crt, key, now, own)
    ca = crt.with_name("site-ca.crt")
    try:
        certificate, authority = certificates.load(crt), certificates.load(ca)
    except (OSError, ValueError):  # told above, or the CA is not here, as it need not be
        return
    if not certificates.signed_by(certificate, authority):
        yield fail(
            "hub.certificate.chain",
            _CERTIFICATE,
            N_("{crt} không do {ca} ký: không thiết bị nào sẽ tin máy chủ"),
            N_("Cấp lại chứng thư của máy chủ bằng CA của điểm này (docs/install.md, mục By hand)."),
            crt=crt,
            ca=ca,
        )
    else:
        yield certificates.days_left("hub.certificate.ca", N_("CA của điểm này"), authority, now)


def answering(listen: Listen, unit: Unit) -> Iterator[Finding]:
    """The hub's page at one of its addresses."""
    try:
        where = own_address(listen)
    except OSError:  # told with the certificate
        return
    answer = page(where, "/api/v1/health")
    yield running("hub.program", UNITS["hub"], unit, answer, where)
    health = told(answer, Health)
    if health is not None and listen.certificate is not None and not health.clock_trusted:
        yield fail(
            "hub.clock",
            _CLOCK,
            N_("máy chủ không tin đồng hồ của mình, nên không mở ngày và không phát số"),
            N_("Xem: timedatectl; đặt lại giờ. Giờ đúng mà máy đã tắt hơn 120 ngày: xem docs/operate.md."),
        )


def data_folder(check: str, folder: Path) -> Iterator[Finding]:
    """Whether a file can be written there: one without a name, which is gone at once."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"moiso-doctor")
            file.flush()
    except OSError as error:
        yield fail(
            check,
            _DATA,
            N_("không ghi được vào {path} ({why})"),
            N_("Xem: ls -ld {path}; df -h {path}; mount. Thư mục phải thuộc tài khoản của chương trình."),
            path=folder,
            why=error.strerror,
        )
    else:
        yield ok(check, _DATA, N_("ghi được vào {path}"), path=folder)


def broker(room: str, config: Broker, name: str, now: datetime) -> Iterator[Finding]:
    """The MQTT broker, by a TLS handshake only: a CONNECT with our certificate would put the running session out."""
    host, port = config.host_port
    try:
        own = certificates.load(config.certificate)
        address = Address(host, port, trusting(config.ca, config.certificate, config.key))
    except (OSError, ValueError) as error:
        yield certificates.unusable(f"{room}.broker", _CLOUD, error, config.certificate)
        return
    yield certificates.days_left(f"{room}.broker.own", N_("Chứng thư để nối với broker"), own, now)
    whose = certificates.common_name(own)
    if whose != name:
        yield fail(
            f"{room}.broker.name",
            _CLOUD,
            N_("chứng thư là của {whose}, không phải của {name}: broker sẽ không nhận sự kiện"),
            N_("Cấp chứng thư có common name {name} (docs/install.md, mục By hand)."),
            whose=whose,
            name=name,
        )
    where = f"mqtts://{host}:{port}"
    try:
        shown = shake_hands(address)
    except NoAnswer as error:
        found = certificates.no_answer(f"{room}.broker", _CLOUD, error, where=where, host=host, unit="mosquitto")
        works_on = room == "hub" and error.why != "turned-away"  # a site needs no broker, and a cloud does
        yield replace(found, verdict=Verdict.WARN) if works_on else found
    except NotTrusted as error:
        yield certificates.not_trusted(f"{room}.broker", _CLOUD, error, where=where, host=host, ca=str(config.ca))
    else:
        theirs = x509.load_der_x509_certificate(shown)
        yield ok(f"{room}.broker", _CLOUD, N_("{where} nhận chứng thư của máy này"), where=where)
        yield certificates.days_left(
            f"{room}.broker.certificate", N_("Chứng thư của broker"), theirs, now.astimezone(UTC)
        )


def backlog(path: Path, now_ms: int) -> Iterator[Finding]:
    """How many entries the cloud has not acknowledged yet, and since when."""
    try:
        with databases.read_only(path) as db:
            row = db.execute("SELECT value FROM meta WHERE key = 'acknowledged'").fetchone()
            done = int(row[0]) if row else 0
            left, since_ms = db.execute("SELECT count(*), min(at_ms) FROM entries WHERE seq > ?", (done,)).fetchone()
    except sqlite3.Error:  # told with the databases, or there is no journal yet
        return
    yield behind(left, since_ms or now_ms, now_ms)


def behind(left: int, since_ms: int, now_ms: int) -> Finding:
    """Whether what the site has to tell has come to the cloud; the site works on either way."""
    if now_ms - since_ms <= BEHIND_MS:
        return ok("hub.backlog", _CLOUD, N_("mọi sự kiện đã lên Sở"))
    since = datetime.fromtimestamp(since_ms / 1000).astimezone()
    return warn(
        "hub.backlog",
        _CLOUD,
        N_("{count} sự kiện chờ gửi từ {since}"),
        N_("Không mất gì: chúng được gửi khi có đường lên. Xem internet, tường lửa (cổng 8883), moiso-ingest ở Sở."),
        count=left,
        since=f"{since:%H:%M %d/%m/%Y}",
    )


def portal(config: Insurance) -> Iterator[Finding]:
    """The insurance portal: our files for it, and whether it can be reached. Nobody logs in, and nothing is asked."""
    from edge.hub.insurance.portal import Portal

    try:
        asyncio.run(_opened(Portal, config))
    except ConfigError as error:
        yield fail("hub.insurance", _PORTAL, "{error}", N_("Sửa [insurance] theo docs/configure.md."), error=error)
        return
    url = urlsplit(config.url)
    host = url.hostname or ""
    if url.scheme != "https":
        yield ok("hub.insurance", _PORTAL, N_("ở chính máy này ({host})"), host=host)
        return
    where = f"https://{host}:{url.port or 443}"
    try:
        shake_hands(Address(host, url.port or 443, trusting(config.ca)), listen_s=0.2)
    except NoAnswer as error:
        if error.why == "turned-away":  # a server that hangs up on silence was there all the same
            yield ok("hub.insurance", _PORTAL, N_("tới được {where}"), where=where)
            return
        yield warn(
            "hub.insurance",
            _PORTAL,
            N_("không tới được {where} ({why})"),
            N_("Xem internet và tường lửa. Vẫn lấy được số; chỉ không tra được BHYT."),
            where=where,
            why=error,
        )
    except NotTrusted as error:
        ca = str(config.ca or "ca-certificates")
        yield certificates.not_trusted("hub.insurance", _PORTAL, error, where=where, host=host, ca=ca)
    else:
        yield ok("hub.insurance", _PORTAL, N_("tới được {where}"), where=where)


async def _opened(portal: type, config: Insurance) -> None:
    await portal(config).close()


def _wrong_file(error: ConfigError) -> Finding:
    return fail(
        "hub.files",
        _FILES,
        "{error}",
        N_("Sửa tệp theo docs/configure.md, rồi: sudo systemctl restart {unit}"),
        error=error,
        unit=UNITS["hub"],
    )
