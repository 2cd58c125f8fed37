"""The insurance look-up against a portal written from the published annex, over real sockets."""

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from edge.contracts.eligibility import OUTCOMES, Eligibility, InsuredPerson, Outcome
from edge.daemon.config import ConfigError
from edge.hub.config import Insurance
from edge.hub.insurance.breaker import REFUSED_REST_S, REST_S
from edge.hub.insurance.portal import AT_ONCE, MOST_WAITING, TOTAL_S, Portal
from provisioning.certificates import create_authority, issue
from tests.insurance_portal import OFFICER, OFFICER_ID, PASSWORD, USERNAME, InsurancePortal, Insured, Mischief
from tests.waiting import until

MAU = InsuredPerson("001099000017", "NGUYỄN VĂN MẪU", "01/02/1999")
VALID = Eligibility(Outcome.VALID, "000", "HC4010099000017", "2026-01-01", "2026-12-31", "01001")
UNREACHABLE = Eligibility(Outcome.UNREACHABLE)
PORTAL_ERROR = Eligibility(Outcome.PORTAL_ERROR)
PASSWORD_MD5 = "D6E01486062891B745799FA413EC3384"  # printf "Mật khẩu giả 1" | md5sum
Story = Callable[[Portal], Awaitable[None]]


class Clock:
    """A steady clock that a test moves."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def far_end() -> Iterator[InsurancePortal]:
    with InsurancePortal() as portal:
        yield portal


@pytest.fixture
def config(tmp_path: Path, far_end: InsurancePortal) -> Insurance:
    return configured(tmp_path, far_end.url)


def configured(
    folder: Path,
    url: str,
    *,
    ca: Path | None = None,
    password: str = PASSWORD,
    officer: str = OFFICER,
    officer_id: str = OFFICER_ID,
) -> Insurance:
    (folder / "password").write_text(password + "\n", encoding="utf-8")
    (folder / "officer").write_text(officer_id + "\n", encoding="utf-8")
    return Insurance(USERNAME, folder / "password", officer, folder / "officer", url, ca)


def tell(config: Insurance, story: Story, clock: Clock | None = None, *, total_s: float = TOTAL_S) -> None:
    async def told() -> None:
        portal = Portal(config, steady_s=clock or Clock(), total_s=total_s)
        try:
            await story(portal)
        finally:
            await portal.close()

    asyncio.run(told())


def looked_up(config: Insurance, person: InsuredPerson, *, total_s: float = TOTAL_S) -> Eligibility:
    found: list[Eligibility] = []

    async def story(portal: Portal) -> None:
        found.append(await portal.look_up(person))

    tell(config, story, total_s=total_s)
    return found[0]


@pytest.mark.req("D5")
@pytest.mark.parametrize("number", ["001099000017", "HC4010099000017", "0099000017"])
@pytest.mark.parametrize("birth", ["01/02/1999", "1999"])
def test_a_person_is_looked_up_by_id_number_card_or_insurance_number(
    config: Insurance, far_end: InsurancePortal, number: str, birth: str
) -> None:
    assert looked_up(config, InsuredPerson(number, "Nguyễn Văn Mẫu", birth)) == VALID
    assert far_end.logins == [{"username": USERNAME, "password": PASSWORD_MD5}]
    assert far_end.questions == [
        {
            "maThe": number,
            "hoTen": "Nguyễn Văn Mẫu",
            "ngaySinh": birth,
            "hoTenCb": OFFICER,
            "cccdCb": OFFICER_ID,
        }
    ]
    (access_token, id_token) = far_end.tokens[0]
    assert far_end.queries == [
        {"token": access_token, "id_token": id_token, "username": USERNAME, "password": PASSWORD_MD5}
    ]


def test_a_card_that_was_replaced_comes_with_the_new_one(config: Insurance) -> None:
    found = looked_up(config, InsuredPerson("HT2010051000031", "Lê Văn Cũ", "1951"))
    assert (found.outcome, found.new_card_number, found.new_valid_from, found.new_valid_to) == (
        Outcome.NEW_CARD,
        "HT3010051000031",
        "2026-01-01",
        "2027-12-31",
    )


@pytest.mark.req("D5", "D1")
@pytest.mark.parametrize("code", [*OUTCOMES, "777"])
def test_whatever_code_the_portal_gives_has_its_outcome(config: Insurance, far_end: InsurancePortal, code: str) -> None:
    far_end.people["001099000017"] = Insured("Nguyễn Văn Mẫu", "01/02/1999", code)
    found = looked_up(config, MAU)
    assert (found.outcome, found.code) == (OUTCOMES.get(code, Outcome.UNKNOWN), code)


@pytest.mark.parametrize(
    ("person", "code"),
    [
        (InsuredPerson("001099000018", "Nguyễn Văn Mẫu", "01/02/1999"), "050"),
        (InsuredPerson("001099000017", "Lê Thị Khác", "01/02/1999"), "060"),
        (InsuredPerson("001099000017", "Nguyễn Văn Mận", "01/02/1999"), "061"),
        (InsuredPerson("001099000017", "Nguyễn Văn Mẫu", "02/02/1999"), "070"),
    ],
)
def test_what_does_not_fit_the_person_is_told(config: Insurance, person: InsuredPerson, code: str) -> None:
    found = looked_up(config, person)
    assert (found.outcome, found.code) == (OUTCOMES[code], code)


@pytest.mark.parametrize(
    ("officer", "officer_id", "code"), [("Ai Đó", OFFICER_ID, "055"), (OFFICER, "001199000025", "054")]
)
def test_an_officer_who_is_not_registered_asks_once(
    tmp_path: Path, far_end: InsurancePortal, officer: str, officer_id: str, code: str
) -> None:
    async def story(portal: Portal) -> None:
        for _ in range(3):
            assert await portal.look_up(MAU) == Eligibility(Outcome.NOT_AUTHORISED, code)
        assert len(far_end.questions) == 1

    tell(configured(tmp_path, far_end.url, officer=officer, officer_id=officer_id), story)


def test_one_login_serves_until_shortly_before_its_token_ends(
    config: Insurance, far_end: InsurancePortal, clock: Clock
) -> None:
    far_end.lifetime = timedelta(minutes=10)

    async def story(portal: Portal) -> None:
        for _ in range(3):
            assert await portal.look_up(MAU) == VALID
        clock.now_s += 8 * 60
        assert await portal.look_up(MAU) == VALID
        assert len(far_end.logins) == 1
        clock.now_s += 65
        assert await portal.look_up(MAU) == VALID
        assert len(far_end.logins) == 2

    tell(config, story, clock)


@pytest.mark.parametrize("refuses_by_status", [True, False])
def test_a_token_that_ended_early_is_taken_anew_once(tmp_path: Path, refuses_by_status: bool) -> None:
    with InsurancePortal(refuses_by_status=refuses_by_status) as far_end:

        async def story(portal: Portal) -> None:
            assert await portal.look_up(MAU) == VALID
            far_end.end_sessions()
            assert await portal.look_up(MAU) == VALID
            assert (len(far_end.logins), len(far_end.questions)) == (2, 3)

        tell(configured(tmp_path, far_end.url), story)


@pytest.mark.parametrize("refuses_by_status", [True, False])
def test_a_wrong_password_is_not_sent_again_and_again(tmp_path: Path, refuses_by_status: bool, clock: Clock) -> None:
    with InsurancePortal(refuses_by_status=refuses_by_status) as far_end:
        far_end.password = "another"

        async def story(portal: Portal) -> None:
            for _ in range(3):
                assert await portal.look_up(MAU) == Eligibility(Outcome.NOT_AUTHORISED, "401")
            assert (len(far_end.logins), len(far_end.questions)) == (1, 0)
            clock.now_s += REFUSED_REST_S
            far_end.password = PASSWORD
            assert await portal.look_up(MAU) == VALID

        tell(configured(tmp_path, far_end.url), story, clock)


def test_many_at_once_share_one_login(config: Insurance, far_end: InsurancePortal) -> None:
    async def story(portal: Portal) -> None:
        assert await asyncio.gather(*(portal.look_up(MAU) for _ in range(MOST_WAITING))) == [VALID] * MOST_WAITING
        assert len(far_end.logins) == 1

    tell(config, story)


def test_the_portal_is_asked_by_few_at_once_and_more_than_can_wait_are_told_so(
    config: Insurance, far_end: InsurancePortal
) -> None:
    far_end.open.clear()

    async def story(portal: Portal) -> None:
        waiting = [asyncio.create_task(portal.look_up(MAU)) for _ in range(MOST_WAITING)]
        await asyncio.to_thread(until, lambda: len(far_end.questions) >= AT_ONCE)
        assert await portal.look_up(MAU) == UNREACHABLE
        far_end.open.set()
        assert await asyncio.gather(*waiting) == [VALID] * MOST_WAITING
        assert far_end.most_at_once == AT_ONCE

    tell(config, story, total_s=60)


def test_a_connection_that_is_dropped_is_tried_once_more(config: Insurance, far_end: InsurancePortal) -> None:
    async def story(portal: Portal) -> None:
        assert await portal.look_up(MAU) == VALID
        far_end.mischief = Mischief.HANG_UP_ONCE
        assert await portal.look_up(MAU) == VALID
        far_end.mischief = Mischief.HANG_UP
        assert await portal.look_up(MAU) == UNREACHABLE
        assert len(far_end.questions) == 1 + 2 + 2

    tell(config, story)


@pytest.mark.parametrize("mischief", [Mischief.SILENT, Mischief.DRIP])
def test_a_slow_portal_is_waited_for_no_longer_than_the_limit(
    config: Insurance, far_end: InsurancePortal, mischief: Mischief
) -> None:
    far_end.mischief = mischief
    assert looked_up(config, MAU, total_s=0.3) == UNREACHABLE


@pytest.mark.parametrize("at", ["login", "question"])
@pytest.mark.parametrize(
    "mischief",
    [
        Mischief.BROKEN,
        Mischief.GARBAGE,
        Mischief.CUT_OFF,
        Mischief.NESTED,
        Mischief.TOO_LARGE,
        Mischief.COMPRESSED,
        Mischief.REDIRECT,
    ],
)
def test_what_is_no_answer_is_an_outcome_and_no_crash(
    config: Insurance, far_end: InsurancePortal, mischief: Mischief, at: str
) -> None:
    async def story(portal: Portal) -> None:
        if at == "question":
            assert await portal.look_up(MAU) == VALID
        far_end.mischief = mischief
        assert await portal.look_up(MAU) == PORTAL_ERROR
        far_end.mischief = Mischief.NONE
        assert await portal.look_up(MAU) == VALID
        assert far_end.elsewhere == []

    tell(config, story)


def test_a_portal_that_fails_again_and_again_is_left_alone_for_a_minute(
    config: Insurance, far_end: InsurancePortal, clock: Clock
) -> None:
    far_end.mischief = Mischief.BROKEN

    async def story(portal: Portal) -> None:
        for _ in range(3):
            assert await portal.look_up(MAU) == PORTAL_ERROR
        asked = far_end.asked
        for _ in range(5):
            assert await portal.look_up(MAU) == UNREACHABLE
        assert far_end.asked == asked
        far_end.mischief = Mischief.NONE
        clock.now_s += REST_S
        assert await portal.look_up(MAU) == VALID
        assert await portal.look_up(MAU) == VALID

    tell(config, story, clock)


def test_the_portals_cookies_are_not_kept(config: Insurance, far_end: InsurancePortal) -> None:
    async def story(portal: Portal) -> None:
        assert await portal.look_up(MAU) == VALID
        assert await portal.look_up(MAU) == VALID
        assert far_end.cookies == []

    tell(config, story)


@pytest.mark.req("X3")
def test_nothing_that_is_logged_tells_who_asked_or_about_whom(
    config: Insurance, far_end: InsurancePortal, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore", "httpcore.http11", "asyncio"):
        caplog.set_level(logging.DEBUG, logger=name)
    secrets = {PASSWORD, PASSWORD_MD5, USERNAME, OFFICER, OFFICER_ID}
    secrets |= {MAU.number, MAU.full_name, MAU.birth, "Nguyễn Văn Mẫu", "HC4010099000017", "0099000017"}

    async def story(portal: Portal) -> None:
        for mischief in Mischief:
            far_end.mischief = mischief
            await portal.look_up(MAU)
            clock.now_s += REST_S
            far_end.mischief = Mischief.NONE
            assert await portal.look_up(MAU) == VALID
            secrets.update(*far_end.tokens)
            far_end.end_sessions()
        far_end.password = "another"
        assert (await portal.look_up(MAU)).outcome is Outcome.NOT_AUTHORISED

    tell(config, story, clock, total_s=2)
    assert "/api/egw/KQNhanLichSuKCB2024" in caplog.text  # httpx was heard
    assert "send_request_headers" in caplog.text  # and httpcore
    for change in ("the insurance portal is lost: ", "the insurance portal answers again"):
        assert caplog.text.count(change) == len(set(Mischief) - {Mischief.NONE, Mischief.HANG_UP_ONCE})
    assert "the insurance portal refuses this site: 401" in caplog.text
    assert len(secrets) > 2 * len(Mischief)
    written = caplog.text.casefold()
    for secret in secrets:
        for form in {secret, quote(secret), quote(secret, safe=""), quote_plus(secret), repr(secret.encode())[2:-1]}:
            assert form.casefold() not in written


@pytest.mark.req("X3")
def test_only_a_portal_that_the_given_authority_vouches_for_is_asked(tmp_path: Path) -> None:
    for name in ("ours", "other"):
        create_authority(tmp_path / f"{name}.crt", tmp_path / f"{name}.key", name)
    issue(
        tmp_path / "ours.crt",
        tmp_path / "ours.key",
        crt=tmp_path / "portal.crt",
        key=tmp_path / "portal.key",
        common_name="portal",
        hosts=["127.0.0.1"],
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "portal.crt", tmp_path / "portal.key")
    with InsurancePortal(context) as far_end:
        assert looked_up(configured(tmp_path, far_end.url, ca=tmp_path / "ours.crt"), MAU) == VALID
        asked = far_end.asked
        assert looked_up(configured(tmp_path, far_end.url, ca=tmp_path / "other.crt"), MAU) == UNREACHABLE
        assert looked_up(configured(tmp_path, far_end.url), MAU) == UNREACHABLE  # the machine's own store
        assert far_end.asked == asked


@pytest.mark.req("X3")
@pytest.mark.parametrize(
    "url",
    [
        "http://egw.example.org",
        "http://10.0.0.9:8080",
        "ftp://127.0.0.1",
        "egw.example.org",
        "",
        "https://",
        "https://name:secret-word@egw.example.org",
        "https://egw.example.org/?password=secret-word",
        "https://egw.example.org:port",
    ],
)
def test_an_address_that_would_give_secrets_away_is_refused_at_start(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigError, match=r"insurance\.url") as caught:
        Portal(configured(tmp_path, url))
    assert "secret-word" not in str(caught.value)


def test_a_file_that_is_missing_or_wrong_is_named_at_start_and_not_repeated(tmp_path: Path) -> None:
    url = "https://egw.example.org"
    with pytest.raises(ConfigError, match=r"officer: the officer's ID number: expected 12 digits") as caught:
        Portal(configured(tmp_path, url, officer_id="00119900002X"))
    assert "00119900002X" not in str(caught.value)
    with pytest.raises(ConfigError, match=r"insurance\.ca: .*none\.crt"):
        Portal(configured(tmp_path, url, ca=tmp_path / "none.crt"))
    config = configured(tmp_path, url)
    (tmp_path / "password").unlink()
    with pytest.raises(ConfigError, match="password: the secret cannot be read"):
        Portal(config)
    assert repr(config) == "Insurance(…)"
