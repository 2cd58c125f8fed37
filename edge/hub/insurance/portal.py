"""The insurance portal's client: a login, a question, and what becomes of both.

Source: annex 03 of official letter 1923/BHXH-CNTT (20 June 2024), as gathered in the project's facts. The password goes
as the hex digits of its MD5, and bodies as forms, as public integrations send them (docs/adr/0019-insurance-portal.md).
"""

import asyncio
import hashlib
import ipaddress
import logging
import ssl
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from edge.contracts.eligibility import Eligibility, InsuredPerson, Outcome
from edge.daemon.config import ConfigError, read_secret
from edge.hub.config import Insurance
from edge.hub.insurance.answers import (
    TOKEN_REFUSED,
    AnswerError,
    LoginRefused,
    Token,
    read_eligibility,
    read_login,
)
from edge.hub.insurance.breaker import Breaker
from edge.identity.id_number import IdNumberError, read_id_number

log = logging.getLogger(__name__)

LOGIN, QUESTION = "/api/token/take", "/api/egw/KQNhanLichSuKCB2024"
CONNECT_S, TOTAL_S = 3.0, 8.0
AT_ONCE = 4
MOST_WAITING = 16
MOST_BYTES = 64 * 1024


class Portal:
    """Asks the portal whether insurance covers a person. Nothing of question or answer is kept or logged.

    ``wall_s`` reads seconds since 1970 UTC, ``steady_s`` a clock that never goes back. Raises ConfigError where the
    configuration or a file that it names is wrong.
    """

    def __init__(
        self,
        config: Insurance,
        *,
        wall_s: Callable[[], float] = time.time,
        steady_s: Callable[[], float] = time.monotonic,
        total_s: float = TOTAL_S,
    ) -> None:
        password = hashlib.md5(read_secret(config.password_file).encode(), usedforsecurity=False)
        self._account = {"username": config.username, "password": password.hexdigest().upper()}
        self._officer = {"hoTenCb": config.officer_name, "cccdCb": _officer_id(config)}
        self._wall_s = wall_s
        self._steady_s = steady_s
        self._total_s = total_s
        self._http = httpx.AsyncClient(
            base_url=_base_url(config.url),
            verify=_trust(config),
            headers={"Accept": "application/json", "Accept-Encoding": "identity"},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            timeout=httpx.Timeout(total_s, connect=CONNECT_S),
            limits=httpx.Limits(max_connections=AT_ONCE),
            trust_env=False,
        )
        self._waiting = 0
        self._one_login = asyncio.Lock()
        self._token = Token("", "", 0.0)
        self._token_ends_s = 0.0
        self._breaker = Breaker()
        self._complaint = ""

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def look_up(self, person: InsuredPerson) -> Eligibility:
        """Whether this person is insured, within 8 s. A portal that cannot be asked is an outcome too, no exception."""
        if self._waiting >= MOST_WAITING:
            return Eligibility(Outcome.UNREACHABLE)
        if not self._breaker.lets_through(self._steady_s()):
            return self._breaker.answer
        self._waiting += 1
        try:
            async with asyncio.timeout(self._total_s):
                found = await self._ask_twice(person)
        except (TimeoutError, httpx.HTTPError) as error:
            return self._failed(Outcome.UNREACHABLE, type(error).__name__)
        except AnswerError as error:
            return self._failed(Outcome.PORTAL_ERROR, str(error))
        except LoginRefused as error:
            return self._refused(Eligibility(Outcome.NOT_AUTHORISED, str(error)))
        finally:
            self._waiting -= 1
        if found.outcome is Outcome.NOT_AUTHORISED:
            return self._refused(found)
        self._breaker.succeeded()
        if self._complaint:
            log.info("the insurance portal answers again")
        self._complaint = ""
        return found

    async def _ask_twice(self, person: InsuredPerson) -> Eligibility:
        """A connection that the portal had closed shows only when it is used: once more, on another one."""
        try:
            return await self._ask(person)
        except httpx.TransportError:
            return await self._ask(person)

    async def _ask(self, person: InsuredPerson) -> Eligibility:
        token = await self._current_token(turned_away=None)
        found = await self._question(person, token)
        if found.code not in TOKEN_REFUSED:
            return found
        return await self._question(person, await self._current_token(turned_away=token))

    async def _question(self, person: InsuredPerson, token: Token) -> Eligibility:
        return read_eligibility(
            *await self._post(
                QUESTION,
                {"maThe": person.number, "hoTen": person.full_name, "ngaySinh": person.birth, **self._officer},
                {"token": token.access_token, "id_token": token.id_token, **self._account},
            )
        )

    async def _current_token(self, *, turned_away: Token | None) -> Token:
        """The token; a new one where it is over, or is the one that was just turned away."""
        async with self._one_login:
            if self._steady_s() >= self._token_ends_s or self._token is turned_away:
                status, body = await self._post(LOGIN, self._account, {})
                self._token = read_login(status, body, datetime.fromtimestamp(self._wall_s(), UTC))
                self._token_ends_s = self._steady_s() + self._token.good_for_s
            return self._token

    async def _post(self, path: str, form: Mapping[str, str], query: Mapping[str, str]) -> tuple[int, bytes]:
        """Status and body. Raises httpx.TransportError, and AnswerError where the body is too large."""
        request = self._http.build_request("POST", path, data=form)
        # httpx logs a request's URL and hangs it on its exceptions: the secrets join it below that
        request.extensions["target"] = request.url.copy_merge_params(query).raw_path
        response = await self._http.send(request, stream=True)
        try:
            body = b""
            async for chunk in response.aiter_raw():  # never unpacked: a few bytes could become very many
                body += chunk
                if len(body) > MOST_BYTES:
                    raise AnswerError(f"more than {MOST_BYTES} bytes")
            return response.status_code, body
        finally:
            await response.aclose()

    def _failed(self, outcome: Outcome, why: str) -> Eligibility:
        self._breaker.failed(self._steady_s())
        if not self._complaint:
            log.warning("the insurance portal is lost: %s", why)
        self._complaint = self._complaint or why
        return Eligibility(outcome)

    def _refused(self, answer: Eligibility) -> Eligibility:
        self._breaker.refused(self._steady_s(), answer)
        if self._complaint != answer.code:
            log.error("the insurance portal refuses this site: %s", answer.code)
        self._complaint = answer.code
        return answer


def _base_url(text: str) -> str:
    """The address, with TLS unless it is this machine's own. The text of the ConfigError does not repeat it."""
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        raise ConfigError("insurance.url: not an address; https://HOST is expected") from None
    if url.scheme != "https" and not (url.scheme == "http" and _is_loopback(url.host)):
        raise ConfigError("insurance.url: https://HOST is expected; http only for a loopback address")
    if not url.host or url.userinfo or url.query or url.fragment:
        raise ConfigError("insurance.url: https://HOST is expected, without account, query or fragment")
    return text


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _trust(config: Insurance) -> ssl.SSLContext:
    """Who may vouch for the portal: the machine's own store, or only ``ca`` where it is given."""
    try:
        return ssl.create_default_context(cafile=config.ca)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"insurance.ca: {config.ca} is no readable CA certificate ({error})") from error


def _officer_id(config: Insurance) -> str:
    digits = read_secret(config.officer_id_file)
    try:
        read_id_number(digits)
    except IdNumberError as error:
        raise ConfigError(f"{config.officer_id_file}: the officer's ID number: {error}") from None
    return digits
