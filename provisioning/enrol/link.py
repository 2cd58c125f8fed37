"""Asking the hub or the cloud over HTTPS, once, with words for what goes wrong."""

import ssl
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import urlsplit

import httpx
import msgspec

from provisioning.enrol.words import N_, Failed, Revoked

T = TypeVar("T")
ANSWER_S = 15.0  # an SD card may stall an fsync for seconds
MOST_ANSWER_BYTES = 64 * 1024

NO_ANSWER = N_("{url} không trả lời ({why}). Xem địa chỉ, dây mạng, và máy ở đó có chạy không.")
NOT_TRUSTED = N_(
    "Chứng thư của {url} không dùng được ({why}). Xem địa chỉ và đồng hồ máy đó; có thể một máy lạ giả làm."
)
TURNED_AWAY = N_("{url} từ chối: {why}")
NOT_UNDERSTOOD = N_("{url} trả lời điều không hiểu được: có phải máy chủ MờiSố cùng phiên bản không?")
REVOKED = N_("{url} không biết máy này nữa: đã bị thu hồi hoặc thay. Chạy lại moiso-enrol để xin vào lại.")
NO_HTTPS = N_("{url}: cần một địa chỉ bắt đầu bằng https://")


class Refused(Failed):
    """The other end said no; ``status`` is HTTP's."""

    def __init__(self, status: int, url: str, why: str) -> None:
        super().__init__(TURNED_AWAY, url=url, why=why)
        self.status = status


class _Problem(msgspec.Struct):
    detail: str = ""


class Link:
    """One peer, by its address. ``token`` is empty for whoever has none yet."""

    def __init__(self, url: str, context: ssl.SSLContext, token: str = "") -> None:  # nosec B107 (none yet)
        address = urlsplit(url)
        if address.scheme != "https" or not address.hostname:
            raise Failed(NO_HTTPS, url=url)
        self.url = f"https://{address.netloc}"
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._http = httpx.Client(base_url=self.url, verify=context, headers=headers, timeout=ANSWER_S, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def get(self, path: str, shape: type[T]) -> T:
        """What is there. Raises Failed, or Refused or Revoked of it."""
        return self._ask("GET", path, b"", shape)

    def post(self, path: str, told: msgspec.Struct, shape: type[T]) -> T:
        """The answer to this. Raises as :meth:`get` does."""
        return self._ask("POST", path, msgspec.json.encode(told), shape)

    def _ask(self, method: str, path: str, content: bytes, shape: type[T]) -> T:
        try:
            with self._http.stream(
                method, path, content=content or None, headers={"Content-Type": "application/json"} if content else {}
            ) as response:
                body = b""
                for block in response.iter_bytes():
                    body += block
                    if len(body) > MOST_ANSWER_BYTES:
                        raise Failed(NOT_UNDERSTOOD, url=self.url)
        except httpx.HTTPError as error:
            raise self._why(error) from error
        if response.status_code == 401:
            raise Revoked(REVOKED, url=self.url)
        if response.status_code >= 300:
            raise Refused(response.status_code, self.url, _detail(body) or f"HTTP {response.status_code}")
        if response.status_code == 204:
            body = b"null"
        try:
            return msgspec.json.decode(body, type=shape)
        except ValueError as error:  # msgspec's own, and text that is no UTF-8
            raise Failed(NOT_UNDERSTOOD, url=self.url) from error

    def _why(self, error: httpx.HTTPError) -> Failed:
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, ssl.SSLCertVerificationError):
                return Failed(NOT_TRUSTED, url=self.url, why=cause.verify_message)
            cause = cause.__cause__ or cause.__context__
        return Failed(NO_ANSWER, url=self.url, why=type(error).__name__)


def _detail(body: bytes) -> str:
    try:
        told = msgspec.json.decode(body, type=_Problem).detail[:200]
    except ValueError:
        return ""
    return told if told.isprintable() else ""
