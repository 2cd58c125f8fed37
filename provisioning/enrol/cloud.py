"""A site's hub gets its certificate for the broker from the dashboard, with a code that somebody made there."""

import ssl
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from edge.contracts.site_enrolment import ENROL_PATH, Ask, Given
from edge.daemon import identity
from edge.daemon.identity import AUTHORITY, CERTIFICATE, KEY, About, Peer
from edge.daemon.x509 import issued_by, key_in, key_pem, load_certificate, load_key, make_request, new_key, public_bytes
from provisioning.enrol.link import Link
from provisioning.enrol.words import N_, Failed

NOT_OURS = N_("Chứng thư mà {url} cấp không phải cho máy này. Không ghi gì vào máy.")
NO_CA = N_("{path}: không đọc được CA này.")


class Wanted(Struct, frozen=True):
    """What the technician typed. ``ca``: the only authority that may vouch for the dashboard, "" for this machine's
    own store."""

    url: str
    site: str
    code: str
    folder: Path
    ca: str = ""

    def __repr__(self) -> str:
        return f"Wanted({self.url!r}, {self.site!r})"


def enrol(wanted: Wanted) -> About:
    """Do it. A code is good for one key: after a cut, or a lost answer, the same key asks again. Raises Failed."""
    told = About(Peer.CLOUD, wanted.site, "hub", wanted.url, ca=wanted.ca)
    generation = identity.prepared(wanted.folder)
    if generation is None:
        generation = identity.prepare(wanted.folder, told, {KEY: key_pem(new_key())})
    csr = make_request(load_key((generation / KEY).read_bytes()), wanted.site)
    with dashboard(wanted.url, wanted.ca) as cloud:
        given = cloud.post(ENROL_PATH, Ask(wanted.site, wanted.code, csr), Given)
        told = replace(told, url=cloud.url)
    return put_given(wanted.folder, generation, told, given)


def put_given(folder: Path, generation: Path, told: About, given: Given) -> About:
    """Check what the cloud gave, and put it in force. Raises Failed."""
    public = public_bytes(load_key((generation / KEY).read_bytes()).public_key())
    try:
        certificate, ca = load_certificate(given.certificate), load_certificate(given.ca)
        good = key_in(certificate) == public and issued_by(certificate, ca)
    except ValueError:
        good = False
    if not good:
        raise Failed(NOT_OURS, url=told.url)
    made = replace(told, broker=given.broker)
    identity.put(generation, CERTIFICATE, given.certificate.encode())
    identity.put(generation, AUTHORITY, given.ca.encode())
    identity.tell(generation, made)
    identity.switch(folder, generation)
    identity.tidy(folder)
    return made


def dashboard(url: str, ca: str) -> Link:
    """The dashboard, by its public name: a certificate of the machine's own store, or of ``ca`` alone."""
    try:
        context = ssl.create_default_context(cafile=ca or None)
    except OSError as error:
        raise Failed(NO_CA, path=ca) from error
    return Link(url, context)
