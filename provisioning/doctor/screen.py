"""The screen's browser: its program, what it is started with, and the page that it shows."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509

from edge.screen.chromium import POLICY_FILE
from edge.screen.config import ScreenConfig
from provisioning.doctor import certificates
from provisioning.doctor.asking import Address, NoAnswer, NotTrusted, get, trusting
from provisioning.doctor.findings import N_, Finding, fail, ok
from provisioning.doctor.programs import only_unit, unit_state
from provisioning.doctor.site import UNITS, Configured

_BROWSER, _PAGE = N_("Trình duyệt"), N_("Trang được hiện")


def look(site: Configured, config: ScreenConfig, now: datetime) -> Iterator[Finding]:
    """Everything about the screen of this machine; whether its page lives is told by the kiosk."""
    unit = only_unit("screen.program", UNITS["screen"], unit_state(UNITS["screen"], under_systemd=site.under_systemd))
    if unit is not None:
        yield unit
    yield from installed(config)
    yield from shown_page(config, now)


def installed(config: ScreenConfig) -> Iterator[Finding]:
    """Whether the browser, its compositor and its policies are there."""
    programs = [config.chromium] if config.compositor == "none" else [config.chromium, config.compositor]
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        yield fail(
            "screen.browser",
            _BROWSER,
            N_("chưa cài {names}"),
            N_("sudo apt-get install {packages}"),
            names=", ".join(missing),
            packages=" ".join(Path(program).name for program in missing),
        )
    else:
        yield ok("screen.browser", _BROWSER, N_("đã cài {names}"), names=", ".join(programs))
    policies = Path(config.policies, POLICY_FILE)
    if not policies.is_file():
        yield fail(
            "screen.policies",
            _BROWSER,
            N_("không có {path}: người dùng có thể ra khỏi trang"),
            N_("sudo moiso-screen --write-policies {folder}"),
            path=policies,
            folder=config.policies,
        )


def shown_page(config: ScreenConfig, now: datetime) -> Iterator[Finding]:
    """Whether the page answers, and by a certificate that the browser will believe."""
    url = urlsplit(config.address)
    host = url.hostname or ""
    try:
        context = trusting(config.ca) if url.scheme == "https" else None
    except OSError as error:
        yield certificates.unusable("screen.page", _PAGE, error, config.ca or Path("ca-certificates"))
        return
    address = Address(host, url.port or (443 if context else 80), context)
    unit = UNITS["kiosk" if config.kind == "kiosk" else "board"]
    try:
        answer = get(address, url.path or "/")
    except NoAnswer as error:
        yield certificates.no_answer("screen.page", _PAGE, error, where=str(address), host=host, unit=unit)
        return
    except NotTrusted as error:
        ca = str(config.ca or "ca-certificates")
        yield certificates.not_trusted("screen.page", _PAGE, error, where=str(address), host=host, ca=ca)
        return
    if answer.status == 200:
        yield ok("screen.page", _PAGE, N_("{where} trả lời sau {ms} ms"), where=config.address, ms=answer.took_ms)
    else:
        yield fail(
            "screen.page",
            _PAGE,
            N_("{where} trả lời HTTP {status}"),
            N_("Xem address trong screen.toml; trên máy đó: journalctl -u {unit} -n 30"),
            where=config.address,
            status=answer.status,
            unit=unit,
        )
    if answer.certificate:
        shown = x509.load_der_x509_certificate(answer.certificate)
        yield certificates.days_left("screen.page.certificate", _PAGE, shown, now.astimezone(UTC))
