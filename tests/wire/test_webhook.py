"""A webhook reaches only who can prove to be its receiver, and never lasts longer than it may."""

import ssl
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest

from cloud.fleet.webhook import NoAnswer, NotTaken, post
from tests.http_receiver import Receiver, http_receiver
from tests.notice_centre import make_authority, tls
from tests.smtp_server import smtp_server
from tests.wire.mosquitto import free_port


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def receiver(authority: Path) -> Iterator[Receiver]:
    with http_receiver(tls(authority)) as receiver:
        yield receiver


@pytest.mark.req("X5")
@pytest.mark.parametrize("how", ["holding", "dripping"])
def test_a_receiver_that_hangs_or_answers_letter_by_letter_is_left_in_time(
    authority: Path, receiver: Receiver, how: str
) -> None:
    getattr(receiver, how).set()
    begin = monotonic()
    with pytest.raises(TimeoutError):
        post(f"https://127.0.0.1:{receiver.port}/", b"{}", {}, authority / "ca.crt", all_s=1.0)
    assert monotonic() - begin < 4


@pytest.mark.req("X5")
def test_an_answer_without_end_is_not_read(authority: Path, receiver: Receiver) -> None:
    receiver.endless.set()
    receiver.status = 200
    post(f"https://127.0.0.1:{receiver.port}/", b"{}", {}, authority / "ca.crt")
    receiver.status = 400
    with pytest.raises(NotTaken, match="400"):
        post(f"https://127.0.0.1:{receiver.port}/", b"{}", {}, authority / "ca.crt")


@pytest.mark.req("X5")
def test_a_large_body_goes_through_whole(authority: Path, receiver: Receiver) -> None:
    body = b"x" * 500_000
    post(f"https://127.0.0.1:{receiver.port}/", body, {}, authority / "ca.crt")
    assert receiver.requests[0].body == body


@pytest.mark.req("X5")
def test_a_receiver_that_cannot_prove_who_it_is_gets_nothing(authority: Path) -> None:
    with http_receiver(tls(authority, "wrong")) as other, pytest.raises(ssl.SSLCertVerificationError):
        post(f"https://127.0.0.1:{other.port}/", b"{}", {}, authority / "ca.crt")
    assert other.requests == []
    with http_receiver(tls(authority)) as unknown, pytest.raises(ssl.SSLCertVerificationError):
        post(f"https://127.0.0.1:{unknown.port}/", b"{}", {})
    assert unknown.requests == []


@pytest.mark.req("X5")
def test_a_redirect_is_not_followed(authority: Path, receiver: Receiver) -> None:
    with http_receiver(tls(authority)) as elsewhere:
        receiver.location = f"https://127.0.0.1:{elsewhere.port}/"
        for status in (301, 302, 307, 308):
            receiver.status = status
            with pytest.raises(NotTaken, match=str(status)):
                post(f"https://127.0.0.1:{receiver.port}/", b"{}", {}, authority / "ca.crt")
        assert elsewhere.requests == []


def test_a_server_that_does_not_speak_http_is_no_answer() -> None:
    with smtp_server() as (_, port), pytest.raises((NoAnswer, OSError)):
        post(f"http://127.0.0.1:{port}/", b"{}", {}, all_s=2.0)
    with pytest.raises(ConnectionRefusedError):
        post(f"http://127.0.0.1:{free_port()}/", b"{}", {})
