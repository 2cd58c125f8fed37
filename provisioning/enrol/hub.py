"""The hub's own part: the site's authority, made once, and the hub's first certificate."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from edge.contracts.code_words import spelt
from edge.daemon.addresses import own_hosts
from edge.daemon.config import load
from edge.daemon.x509 import checked_host, permits
from edge.hub.config import HubConfig
from edge.hub.enrolment.authority import found, renew_own, wanted_hosts
from edge.hub.enrolment.authority import load as load_authority
from edge.hub.web.trust import WORD_BYTES, fingerprint
from provisioning.enrol.words import N_, Failed

BUILT_AFTER_S = 1_767_225_600  # 2026-01-01: a clock before it is wrong
CLOCK = N_("Đồng hồ máy này sai ({now}): không cấp chứng thư. Chỉnh giờ trước: timedatectl.")
NO_SECTION = N_('{config}: thiếu [enrolment]. Thêm: [enrolment] rồi folder = "{folder}".')
NO_HOST = N_("{host}: không phải tên máy hay địa chỉ IP")
NOT_PERMITTED = N_("CA của điểm này không ký được cho {host}: địa chỉ ngoài mạng nội bộ phải có từ khi tạo CA.")


class Made(Struct, frozen=True):
    """What there is now: whether the authority, and the hub's certificate, are new; for whom; and the fingerprint."""

    new_authority: bool
    new_certificate: bool
    hosts: tuple[str, ...]
    folder: Path
    words: tuple[str, ...]
    fingerprint: str


def prepare(config: Path, now_s: float | None = None) -> Made:
    """Make what is missing; nothing that is there is touched. Raises Failed and ConfigError."""
    now = datetime.fromtimestamp(time.time() if now_s is None else now_s, UTC)
    if now.timestamp() < BUILT_AFTER_S:
        raise Failed(CLOCK, now=f"{now:%Y-%m-%d %H:%M}")
    hub = load(config, HubConfig)
    if hub.enrolment is None:
        raise Failed(NO_SECTION, config=config, folder=hub.data / "tls")
    folder, named = hub.enrolment.folder, _checked(hub.enrolment.hosts)
    new_authority = found(folder, hub.site, named, now)
    authority = load_authority(folder)
    for host in named:
        if not permits(authority.certificate, host):
            raise Failed(NOT_PERMITTED, host=host)
    hosts = wanted_hosts(authority.certificate, named, own_hosts())
    new_certificate = renew_own(folder, authority, hosts, now)
    digest = fingerprint(authority.certificate)
    return Made(new_authority, new_certificate, hosts, folder, spelt(digest[:WORD_BYTES]), digest.hex())


def _checked(hosts: Sequence[str]) -> tuple[str, ...]:
    checked = []
    for host in hosts:
        try:
            checked.append(checked_host(host))
        except ValueError:
            raise Failed(NO_HOST, host=host) from None
    return tuple(checked)
