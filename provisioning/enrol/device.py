"""A kiosk or a board controller asks the hub to be let in, and is."""

import hashlib
import secrets
import ssl
import time
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from edge.contracts.code_words import read, shown, typeable
from edge.contracts.enrolment import (
    CODE_S,
    NONCE_BYTES,
    PATH,
    POLL_S,
    Answer,
    Ask,
    Asked,
    Reveal,
    Standing,
    code,
    commitment,
    reply,
)
from edge.daemon import identity
from edge.daemon.identity import AUTHORITY, CERTIFICATE, KEY, TOKEN, About, Peer
from edge.daemon.site_tls import site_context
from edge.daemon.x509 import (
    checked_host,
    der_of,
    issued_by,
    key_in,
    key_pem,
    load_certificate,
    make_request,
    new_key,
    public_bytes,
    read_request,
)
from provisioning.enrol.link import Link
from provisioning.enrol.words import N_, Failed, Revoked, Say

REPLY_TRIES = 3
LEAST_FINGERPRINT = 32  # hex digits of the authority's SHA-256

BEGAN_WRONG = N_("{url} đưa một CA không dùng được.")
OTHER_CA = N_("CA của {url} không có dấu vân tay đã cho: có thể một máy lạ đang giả làm máy chủ. Dừng lại.")
TOO_LATE = N_("Không ai duyệt trong mười phút. Chạy lại để có mã mới.")
REFUSED = N_("Yêu cầu bị từ chối ở máy chủ.")
NO_WORDS = N_("Hai từ không đúng: không phải máy chủ này đã duyệt. Không ghi gì vào máy.")
WRONG_WORDS = N_("Chưa đúng. Xem lại hai từ trên trang của máy chủ.")
ASK_WORDS = N_("Hai từ mà trang của máy chủ hiện sau khi duyệt: ")
BAD_CERTIFICATE = N_("Chứng thư mà {url} cấp không phải cho máy này. Không ghi gì vào máy.")
SHOW = N_("Trên trang {page} của máy chủ, quản trị viên nhập bốn từ:")
WAITING = N_("Đang chờ duyệt…")
DONE = N_("Xong: máy này là {name} ({role}). Tệp ở {folder}.")
BY_HAND_HOST = N_("{host}: không phải tên máy hay địa chỉ IP")


class Wanted(Struct, frozen=True):
    """What the technician typed. ``hosts`` are the names and addresses at which this machine serves pages itself;
    ``fingerprint`` is the beginning of the authority's SHA-256 in hex, where somebody knows it already."""

    url: str
    role: str
    folder: Path
    hosts: tuple[str, ...] = ()
    fingerprint: str = ""


Shown = Callable[[str, str], None]  # the code in words, and the address with it for a QR


def enrol(wanted: Wanted, say: Say, show: Shown, ask_words: Callable[[], str]) -> About:
    """Do it: ``show`` shows the code while it waits, ``ask_words`` asks for the two words. Raises Failed."""
    key, token = new_key(), secrets.token_urlsafe(32)
    public, token_sha256 = public_bytes(key.public_key()), hashlib.sha256(token.encode()).hexdigest()
    nonce = secrets.token_hex(NONCE_BYTES)
    csr = make_request(key, f"moiso-{wanted.role}", _hosts(wanted.hosts))
    hosts = read_request(csr).hosts
    bound = commitment(public, token_sha256, wanted.role, nonce)
    with Link(wanted.url, _trusting_nobody()) as first:
        asked = first.post(PATH, Ask(csr, token_sha256, wanted.role, bound), Asked)
        url = first.url
    try:
        ca = load_certificate(asked.ca)
        context = site_context(asked.ca)
    except (ValueError, OSError) as error:
        raise Failed(BEGAN_WRONG, url=url) from error
    known = _is_known(der_of(ca), wanted.fingerprint, url)
    transcript = (public, token_sha256, wanted.role, der_of(ca), nonce, asked.nonce)
    with Link(url, context, token) as hub:  # from here on only with whoever has this authority's certificate
        hub.post(f"{PATH}/number", Reveal(asked.id, nonce), type(None))
        words = code(*transcript)
        show(shown(words), f"{url}/devices/enrolment?code={typeable(words)}")
        say(WAITING)
        answer = _wait(hub)
    if not known:
        _check_words(reply(*transcript), say, ask_words)
    certificate = certificate_for(answer, public, asked.ca, url) if hosts else ""
    told = About(Peer.HUB, answer.name, answer.role, url, hosts=hosts)
    files = {TOKEN: token.encode(), KEY: key_pem(key), AUTHORITY: asked.ca.encode(), CERTIFICATE: certificate.encode()}
    generation = identity.prepare(wanted.folder, told, {name: data for name, data in files.items() if data})
    identity.switch(wanted.folder, generation)
    identity.tidy(wanted.folder)
    return told


def _hosts(hosts: tuple[str, ...]) -> tuple[str, ...]:
    checked = []
    for host in hosts:
        try:
            checked.append(checked_host(host))
        except ValueError:
            raise Failed(BY_HAND_HOST, host=host) from None
    return tuple(dict.fromkeys(checked))


def _trusting_nobody() -> ssl.SSLContext:
    """For the first question alone: nothing secret is in it, and the code shows whether somebody stood between."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _is_known(ca: bytes, fingerprint: str, url: str) -> bool:
    """Whether the authority is the one that the technician named. Raises Failed where it is another."""
    digits = fingerprint.replace(":", "").replace(" ", "").lower()
    if not digits:
        return False
    if len(digits) < LEAST_FINGERPRINT or not hashlib.sha256(ca).hexdigest().startswith(digits):
        raise Failed(OTHER_CA, url=url)
    return True


def _wait(hub: Link) -> Answer:
    deadline = time.monotonic() + CODE_S
    while time.monotonic() < deadline:
        try:
            answer = hub.get(PATH, Answer)
        except Revoked:
            raise Failed(REFUSED) from None
        except Failed:
            time.sleep(POLL_S)  # the hub is being started anew
            continue
        if answer.standing is Standing.ENROLLED:
            return answer
        time.sleep(POLL_S)
    raise Failed(TOO_LATE)


def _check_words(expected: bytes, say: Say, ask_words: Callable[[], str]) -> None:
    """Whoever approved reads two words off the hub's page; whoever only pretends to be the hub has none to show."""
    for _ in range(REPLY_TRIES):
        try:
            if secrets.compare_digest(read(ask_words()), expected):
                return
        except ValueError:
            pass
        say(WRONG_WORDS)
    raise Failed(NO_WORDS)


def certificate_for(answer: Answer, public: bytes, ca: str, url: str) -> str:
    """The certificate in the answer. Raises Failed where it is not of this authority, or over another key."""
    try:
        certificate = load_certificate(answer.certificate)
        good = key_in(certificate) == public and issued_by(certificate, load_certificate(ca))
    except ValueError:
        good = False
    if not good:
        raise Failed(BAD_CERTIFICATE, url=url)
    return answer.certificate
