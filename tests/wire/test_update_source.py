"""What the Department offers, from a folder and over real HTTPS: taken in turn, in its hours, and not held back."""

import http.server
import ssl
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from provisioning.update import bundle
from provisioning.update.index import KIND, NAME, Index
from provisioning.update.signed import sign
from provisioning.update.verify import manifest_of
from tests.update_machine import KEY, Machine, machine, packed
from tests.update_runner import Runner

ALWAYS = "00:00-23:59"
NOW = datetime.now(UTC)
EARLIER, LATER = NOW - timedelta(days=2), NOW + timedelta(days=2)


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    """What runs moiso-update."""
    made = Runner()
    yield made
    made.close()


@pytest.fixture
def site(tmp_path: Path, runner: Runner) -> Iterator[Machine]:
    """A machine that runs 0.1.0."""
    with machine(tmp_path / "machine", runner) as made:
        yield made


def offer(
    folder: Path,
    serial: int,
    *,
    rest: datetime | None = EARLIER,
    key: Ed25519PrivateKey = KEY,
    first: datetime = EARLIER,
) -> None:
    """Offer every bundle of a folder."""
    found = [(path, manifest_of(path, [KEY.public_key()])) for path in sorted(folder.glob("*.bundle"))]
    index = Index(1, serial, NOW, tuple(bundle.offer_of(path, one, first, rest) for path, one in found))
    (folder / NAME).write_bytes(sign(KIND, msgspec.json.encode(index), [key]))


def follow(site: Machine, source: str, **settings: object) -> None:
    site.configure(**{"source": source, "not_before_hours": 0, "window": ALWAYS, **settings})


@pytest.mark.req("X6")
def test_one_site_goes_first_and_the_rest_follow_when_the_department_says_so(site: Machine, tmp_path: Path) -> None:
    packed(tmp_path / "offers", "0.2.0")
    offer(tmp_path / "offers", 1, rest=None)
    follow(site, str(tmp_path / "offers"))
    done = site.update("apply")
    assert (done.code, site.runs()) == (0, "0.1.0")
    assert "not the turn of the ring rest" in done.said
    offer(tmp_path / "offers", 2, rest=LATER)
    assert "not the turn" in site.update("check").said
    follow(site, str(tmp_path / "offers"), ring="first")
    assert site.update("check").code == 1
    assert site.update("apply").code == 0
    assert site.runs() == "0.2.0"
    assert "nothing newer" in site.update("check").said


@pytest.mark.req("X6")
def test_hours_and_days_are_waited_for_unless_a_person_says_now(site: Machine, tmp_path: Path) -> None:
    packed(tmp_path / "offers", "0.2.0")
    offer(tmp_path / "offers", 1)
    follow(site, str(tmp_path / "offers"), not_before_hours=24)
    assert "It is taken from" in site.update("apply").said
    gone = (datetime.now().astimezone() - timedelta(hours=2)).strftime("%H:%M")
    follow(site, str(tmp_path / "offers"), window=f"{gone}-{gone}")
    assert "Updates are taken from" in site.update("apply").said
    assert site.runs() == "0.1.0"
    assert site.update("apply", "--now").code == 0
    assert site.runs() == "0.2.0"


@pytest.mark.req("X6")
def test_an_older_list_another_kind_or_a_strangers_is_not_used(site: Machine, tmp_path: Path) -> None:
    offers = tmp_path / "offers"
    packed(offers, "0.2.0")
    follow(site, str(offers))
    offer(offers, 8, rest=LATER)
    old = (offers / NAME).read_bytes()
    offer(offers, 9, rest=None)
    site.update("check")
    (offers / NAME).write_bytes(old)
    assert "older than one that this machine has seen" in site.update("apply").said
    offer(offers, 10, key=Ed25519PrivateKey.generate())
    assert "vouches" in site.update("apply").said
    (offers / NAME).write_bytes((offers / next(iter(offers.glob("*.bundle"))).name).read_bytes())
    assert site.update("apply").code == 1
    assert site.runs() == "0.1.0"


@pytest.mark.req("X6")
def test_a_bundle_put_in_the_place_of_the_offered_one_is_not_taken(site: Machine, tmp_path: Path) -> None:
    """Both are signed; the list says which."""
    offers = tmp_path / "offers"
    offered, other = packed(offers, "0.3.0"), packed(tmp_path / "other", "0.2.0")
    offer(offers, 1)
    offered.write_bytes(other.read_bytes())
    follow(site, str(offers))
    done = site.update("apply")
    assert (done.code, site.runs()) == (1, "0.1.0")
    assert "is not the version" in done.said


def test_a_release_that_was_taken_back_is_passed_over_for_the_next(site: Machine, tmp_path: Path) -> None:
    offers = tmp_path / "offers"
    packed(offers, "0.2.0", "ends at once")
    offer(offers, 1)
    follow(site, str(offers), within_s=2)
    assert site.update("apply").code == 3
    assert site.update("apply").code == 0  # nothing to take
    assert site.runs() == "0.1.0"
    packed(offers, "0.2.1")
    offer(offers, 2)
    follow(site, str(offers))
    assert site.update("apply").code == 0
    assert site.runs() == "0.2.1"


def test_a_stick_of_any_name_is_a_source_where_it_is_configured_as_one(site: Machine, tmp_path: Path) -> None:
    follow(site, str(tmp_path / "media/*"))
    assert site.update("apply").code == 1  # none is plugged in
    packed(tmp_path / "media/KINGSTON", "0.2.0")
    assert site.update("apply").code == 1  # and this one has no list: only a person takes that
    offer(tmp_path / "media/KINGSTON", 1)
    assert site.update("apply").code == 0
    assert site.runs() == "0.2.0"


def test_without_a_source_only_a_person_updates(site: Machine) -> None:
    assert "No source of updates" in site.update("apply").said


class Web:
    """A real HTTPS server in front of a folder; ``faults`` are answers instead of files."""

    def __init__(self, folder: Path, keys: Path) -> None:
        self.faults: dict[str, bytes] = {}
        keys.mkdir()
        subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        command += ["-keyout", str(keys / "key"), "-out", str(keys / "ca.crt"), "-days", "2", *subject]
        subprocess.run(command, check=True, capture_output=True)
        web = self

        class Handler(http.server.SimpleHTTPRequestHandler):
            def __init__(self, *arguments: object) -> None:
                super().__init__(*arguments, directory=str(folder))  # type: ignore[arg-type]

            def do_GET(self) -> None:
                fault = web.faults.get(self.path.rpartition("/")[2])
                if fault is None:
                    super().do_GET()
                else:
                    self.wfile.write(fault)

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(keys / "ca.crt", keys / "key")
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"https://127.0.0.1:{self._server.server_address[1]}/"
        self.ca = keys / "ca.crt"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    """The Department's server, with a bundle that everybody may take."""
    packed(tmp_path / "offers", "0.2.0")
    offer(tmp_path / "offers", 1)
    made = Web(tmp_path / "offers", tmp_path / "keys")
    yield made
    made.close()


@pytest.mark.req("X3", "X6")
def test_over_https_a_release_is_fetched_and_then_taken(site: Machine, web: Web) -> None:
    follow(site, web.url, ca=str(web.ca))
    assert site.update("apply").code == 1  # nothing was fetched yet: what is root speaks to nobody
    fetched = site.update("fetch")
    assert fetched.code == 0, fetched.said
    done = site.update("apply")
    assert (done.code, site.runs()) == (0, "0.2.0"), done.said
    assert not [*(site.root / "var/lib/moiso-update").glob("*.part")]
    packed(web.ca.parents[1] / "offers", "0.3.0")
    offer(web.ca.parents[1] / "offers", 2)
    assert site.update("fetch").code == 0
    left = sorted(path.name for path in (site.root / "var/lib/moiso-update").iterdir())
    assert len(left) == 2  # the list, and the newest of what it lists
    assert "0.3.0" in left[0]


@pytest.mark.req("X3", "X6")
def test_a_server_that_nobody_vouches_for_gives_nothing(site: Machine, web: Web) -> None:
    follow(site, web.url)
    done = site.update("fetch")
    assert (done.code, site.runs()) == (1, "0.1.0")
    assert "could not be fetched" in done.said


@pytest.mark.req("X6")
@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * 5_000_000,
        b"HTTP/1.0 302 Found\r\nLocation: https://elsewhere.example/\r\n\r\n",
        b"HTTP/1.0 404 Not Found\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Length: 999\r\n\r\nshort",
        b"nonsense\r\n\r\n",
        b"",
    ],
    ids=["too much", "elsewhere", "not there", "too little", "no HTTP", "nothing"],
)
@pytest.mark.parametrize("of", ["index", "bundle"])
def test_a_server_that_answers_something_else_changes_nothing(site: Machine, web: Web, answer: bytes, of: str) -> None:
    names = [NAME] if of == "index" else [path.name for path in (web.ca.parents[1] / "offers").glob("*.bundle")]
    web.faults = dict.fromkeys(names, answer)
    follow(site, web.url, ca=str(web.ca))
    done = site.update("fetch")
    assert done.code == 1, done.said
    assert "could not be fetched" in done.said
    assert site.update("apply").code == 1
    assert site.runs() == "0.1.0"
    assert not [*(site.root / "var/lib/moiso-update").iterdir()]
