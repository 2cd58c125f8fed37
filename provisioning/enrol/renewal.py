"""Another token, key and certificate before the old ones run out. A power cut between any two steps harms nothing.

1. The next key and token are written beside those in force. 2. The hub hears of them, and gives a certificate over the
key where the machine serves pages. 3. One rename puts them in force. 4. The new token is used, and the old is good no
more. Run again after a cut, it goes on with the step that was not done.
"""

import hashlib
import secrets
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from edge.contracts import enrolment, site_enrolment
from edge.contracts.enrolment import PATH, Answer
from edge.daemon import identity
from edge.daemon.identity import AUTHORITY, CERTIFICATE, KEY, TOKEN, About, Peer
from edge.daemon.site_tls import site_context
from edge.daemon.x509 import (
    der_of,
    is_due,
    key_pem,
    load_certificate,
    load_key,
    make_request,
    new_key,
    public_bytes,
    read_request,
)
from provisioning.enrol.cloud import dashboard, put_given
from provisioning.enrol.device import certificate_for
from provisioning.enrol.link import Link, Refused
from provisioning.enrol.words import N_, Failed

NOTHING_TO_DO = N_("{folder}: chưa đến lúc đổi.")
RENEWED = N_("{folder}: đã đổi khoá và mã.")
NOT_READ = N_("{folder}: tệp {name} không đọc được ({why}). Chạy lại moiso-enrol để xin vào lại.")


def renew(folder: Path, *, now: bool = False) -> str:
    """Renew where it is time, or ``now``; what was done, as a sentence. Raises Failed and identity.NotEnrolled."""
    told = identity.about(identity.current(folder))
    if told.peer is Peer.CLOUD:
        return _renew_site(folder, told, now=now)
    return _renew_device(folder, told, now=now)


def _renew_device(folder: Path, told: About, *, now: bool) -> str:
    inside = identity.current(folder)
    with _hub(inside, told) as hub:
        standing = hub.get(PATH, Answer)  # the first use of a token that was put in force before a cut
        following = identity.prepared(folder)
        if following is None and not (now or standing.renew):
            identity.tidy(folder)
            return NOTHING_TO_DO
        following = following or prepare_device(folder, told)
        try:
            answer = ask_hub(hub, inside, following, told)
        except Refused as error:
            if error.status == 409:  # of no use any more: the next time with new ones
                identity.drop(following)
            raise
    if answer.certificate or told.hosts:
        ca = (inside / AUTHORITY).read_text(encoding="ascii")
        public = public_bytes(load_key((following / KEY).read_bytes()).public_key())
        identity.put(following, CERTIFICATE, certificate_for(answer, public, ca, told.url).encode())
    identity.switch(folder, following)
    with _hub(following, told) as hub:
        hub.get(PATH, Answer)
    identity.tidy(folder)
    return RENEWED


def prepare_device(folder: Path, told: About) -> Path:
    """Step 1 for a device."""
    files = {TOKEN: secrets.token_urlsafe(32).encode(), KEY: key_pem(new_key())}
    files[AUTHORITY] = (identity.current(folder) / AUTHORITY).read_bytes()
    return identity.prepare(folder, told, files)


def ask_hub(hub: Link, inside: Path, following: Path, told: About) -> Answer:
    """Step 2 for a device: the same answer however often."""
    key = load_key((following / KEY).read_bytes())
    csr = make_request(key, told.name, told.hosts)
    token_sha256 = hashlib.sha256((following / TOKEN).read_bytes()).hexdigest()
    signed = _sign(inside, enrolment.renewal(read_request(csr).der, token_sha256))
    return hub.post(f"{PATH}/renewal", enrolment.Renew(csr, token_sha256, signed), Answer)


def _renew_site(folder: Path, told: About, *, now: bool) -> str:
    inside = identity.current(folder)
    old = load_certificate(_read(inside, CERTIFICATE))
    following = identity.prepared(folder)
    if following is None and not (now or is_due(old, datetime.now(UTC))):
        identity.tidy(folder)
        return NOTHING_TO_DO
    following = following or identity.prepare(folder, told, {KEY: key_pem(new_key())})
    key = load_key((following / KEY).read_bytes())
    csr = make_request(key, told.name)
    signed = _sign(inside, site_enrolment.renewal(read_request(csr).der, der_of(old)))
    asked = site_enrolment.Renew(_read(inside, CERTIFICATE).decode(), csr, signed)
    with dashboard(told.url, told.ca) as cloud:
        given = cloud.post(site_enrolment.RENEW_PATH, asked, site_enrolment.Given)
    put_given(folder, following, told, given)
    return RENEWED


def _hub(generation: Path, told: About) -> Link:
    try:
        context = site_context(generation / AUTHORITY)
    except OSError as error:
        raise Failed(NOT_READ, folder=generation, name=AUTHORITY, why=error.strerror) from error
    return Link(told.url, context, _read(generation, TOKEN).decode().strip())


def _read(generation: Path, name: str) -> bytes:
    try:
        return (generation / name).read_bytes()
    except OSError as error:
        raise Failed(NOT_READ, folder=generation, name=name, why=error.strerror) from error


def _sign(generation: Path, data: bytes) -> str:
    return load_key(_read(generation, KEY)).sign(data, ec.ECDSA(hashes.SHA256())).hex()
