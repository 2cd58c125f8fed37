"""Tokens, keys and certificates that are renewed under programs at work, and power cuts at every step of it."""

import asyncio
import random
import socket
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509

from edge.contracts.enrolment import PATH, Answer
from edge.contracts.health import DeviceHealth
from edge.daemon import identity, serve
from edge.daemon.config import Hub, Listen
from edge.daemon.hub_client import HubClient
from edge.daemon.site_tls import site_context
from edge.daemon.x509 import hosts_of, key_pem, load_certificate, load_key, new_key, pem_of, public_bytes
from edge.hub.enrolment.authority import OWN, renew_own
from edge.hub.enrolment.authority import load as load_authority
from provisioning.demo.site import Site
from provisioning.enrol.link import Link
from provisioning.enrol.renewal import ask_hub, prepare_device, renew
from tests.enrolment import Command, administrator_of, ca_of, let_in, own_authority, running_hub, url_of
from tests.officer_browser import OfficerBrowser

LOOPBACK = ("--host", "127.0.0.1")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = own_authority(tmp_path_factory.mktemp("site") / "site")
    with running_hub(made):
        yield made


@pytest.fixture(scope="module")
def administrator(site: Site) -> OfficerBrowser:
    return administrator_of(site)


@pytest.fixture
def board(site: Site, administrator: OfficerBrowser, tmp_path: Path) -> Path:
    name = f"board-{abs(hash(tmp_path)) % 10**9}"
    return let_in(site, administrator, "board", tmp_path / "identity", name, *LOOPBACK)


def token_of(generation: Path) -> str:
    return (generation / "token").read_text(encoding="ascii")


def standing(site: Site, token: str) -> int:
    with httpx.Client(verify=site_context(ca_of(site)), trust_env=False) as http:
        return http.get(url_of(site) + PATH, headers={"Authorization": f"Bearer {token}"}).status_code


@pytest.mark.req("X1", "X3", "X6")
def test_a_renewal_changes_token_key_and_certificate_and_ends_the_old_ones(site: Site, board: Path) -> None:
    before = identity.current(board)
    old = {name: (before / name).read_bytes() for name in ("token", "key.pem", "certificate.pem")}
    assert Command("renew", "--folder", str(board)).status() == 0, "it is not time, and that is no fault"
    assert identity.current(board) == before
    renewal = Command("renew", "--folder", str(board), "--now")
    assert renewal.status() == 0, renewal.said
    after = identity.current(board)
    assert all((after / name).read_bytes() != data for name, data in old.items())
    certificate = load_certificate((after / "certificate.pem").read_bytes())
    assert hosts_of(certificate) == ("127.0.0.1",)
    assert [path.name for path in board.iterdir() if path.name.isdecimal()] == [after.name]
    assert standing(site, old["token"].decode()) == 401
    assert standing(site, token_of(after)) == 200


CUTS = ("prepared", "asked", "asked again", "certificate kept", "switched", "used", "tidied")


@pytest.mark.req("X4", "X6")
@pytest.mark.parametrize("cut", CUTS)
def test_a_cut_after_any_step_leaves_a_token_that_is_good_and_the_next_run_ends_it(
    site: Site, board: Path, cut: str
) -> None:
    for step in steps(board)[: CUTS.index(cut) + 1]:
        step()
    assert standing_now(site, board) == 200
    before = token_of(identity.current(board))
    assert Command("renew", "--folder", str(board)).status() == 0
    assert standing_now(site, board) == 200
    went_on = token_of(identity.current(board)) != before
    assert went_on == (cut in CUTS[:4]), "what was begun is ended, and what was ended is not begun anew"
    assert identity.prepared(board) is None
    certificate = load_certificate((board / "current/certificate.pem").read_bytes())
    key = load_key((board / "current/key.pem").read_bytes())
    assert certificate.public_key() == key.public_key()


def standing_now(site: Site, folder: Path) -> int:
    """How the hub stands to the token in force."""
    return standing(site, token_of(identity.current(folder)))


def steps(folder: Path) -> list[Callable[[], object]]:
    """The steps of a renewal, one by one."""
    inside = identity.current(folder)
    told = identity.about(inside)
    made: list[Path] = []
    answers: list[Answer] = []

    def hub() -> Link:
        return Link(told.url, site_context(inside / "ca.crt"), token_of(inside))

    def ask() -> None:
        with hub() as link:
            answers.append(ask_hub(link, inside, made[0], told))
        assert len({answer.certificate for answer in answers}) == 1

    def use() -> None:
        with Link(told.url, site_context(inside / "ca.crt"), token_of(made[0])) as link:
            link.get(PATH, Answer)

    return [
        lambda: made.append(prepare_device(folder, told)),
        ask,
        ask,
        lambda: identity.put(made[0], "certificate.pem", answers[0].certificate.encode()),
        lambda: identity.switch(folder, made[0]),
        use,
        lambda: identity.tidy(folder),
    ]


@pytest.mark.req("X4", "X6")
def test_killed_at_any_moment_it_never_loses_the_device(site: Site, board: Path) -> None:
    chance = random.Random(9)
    begun = time.monotonic()
    assert Command("renew", "--folder", str(board), "--now").status() == 0
    whole_s = time.monotonic() - begun
    tokens = {token_of(identity.current(board))}
    for _ in range(15):
        renewal = Command("renew", "--folder", str(board), "--now")
        time.sleep(whole_s * chance.uniform(0.3, 1.05))
        renewal.kill()
        tokens.add(token_of(identity.current(board)))
        assert identity.about(identity.current(board)).role == "board"
    assert Command("renew", "--folder", str(board), "--now").status() == 0
    assert standing_now(site, board) == 200
    assert identity.prepared(board) is None


@pytest.mark.req("X1", "X5")
def test_a_copied_token_alone_renews_nothing(site: Site, board: Path, tmp_path: Path) -> None:
    """Whoever read the token off a disk or a log has not the key: the device stays who it is."""
    stolen = tmp_path / "stolen"
    generation = identity.current(board)
    files = {name: (generation / name).read_bytes() for name in ("token", "ca.crt", "certificate.pem")}
    told = identity.about(generation)
    identity.switch(stolen, identity.prepare(stolen, told, {**files, "key.pem": key_pem(new_key())}))
    thief = Command("renew", "--folder", str(stolen), "--now")
    assert thief.status() == 1
    assert "signature" in thief.said
    assert Command("renew", "--folder", str(board), "--now").status() == 0


@pytest.mark.req("X1", "X6")
def test_a_program_at_work_goes_on_through_a_renewal_and_not_through_a_revocation(
    site: Site, administrator: OfficerBrowser, board: Path
) -> None:
    health = DeviceHealth("board", "1", 0, 0, ())

    async def work() -> None:
        client = HubClient(Hub(identity=board))
        heard = []

        async def follow() -> None:
            async for change in client.changes():
                heard.append(change)

        following = asyncio.create_task(follow())
        while not heard:
            await asyncio.sleep(0.01)
        await client.post_health(health)
        told = await asyncio.to_thread(renew, board, now=True)
        assert "đã đổi" in told
        await client.post_health(health)
        assert None not in heard, "the stream went on"
        name = identity.about(identity.current(board)).name
        await asyncio.to_thread(administrator.send, "/devices/enrolment", "/devices/enrolment/revoke", name=name)
        async with asyncio.timeout(5):
            while None not in heard:
                await asyncio.sleep(0.01)
        following.cancel()
        await client.close()

    asyncio.run(work())


@pytest.mark.req("X3", "X6")
def test_a_server_shows_its_renewed_certificate_to_new_connections_and_keeps_the_open_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, site: Site
) -> None:
    monkeypatch.setattr(serve, "LOOK_S", 0.05)
    authority = load_authority(ca_of(site).parent)
    pem = tmp_path / "server.pem"

    def write() -> int:
        key = new_key()
        made = authority.issue(public_bytes(key.public_key()), name="x", now=datetime.now(UTC), hosts=["127.0.0.1"])
        part = tmp_path / "part"
        part.write_bytes(key_pem(key) + pem_of(made).encode())
        part.rename(pem)
        return made.serial_number

    async def app(scope: dict[str, object], receive: object, send: Callable[..., object]) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})  # type: ignore[misc]
        await send({"type": "http.response.body", "body": b""})  # type: ignore[misc]

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def shown() -> int:
        context = site_context(ca_of(site))
        with (
            socket.create_connection(("127.0.0.1", port), 5) as plain,
            context.wrap_socket(plain, server_hostname="127.0.0.1") as tls,
        ):
            return int(tls.getpeercert()["serialNumber"], 16)  # type: ignore[index,arg-type]

    async def story() -> None:
        first = write()
        serving = asyncio.create_task(serve.serve(app, [Listen(f"127.0.0.1:{port}", pem, pem)]))
        await asyncio.sleep(0.3)
        async with httpx.AsyncClient(verify=site_context(ca_of(site)), trust_env=False) as http:
            assert (await http.get(f"https://127.0.0.1:{port}/")).status_code == 204
            assert await asyncio.to_thread(shown) == first
            pem.write_bytes(b"half of a")  # being written: the old one is shown on
            await asyncio.sleep(0.2)
            assert await asyncio.to_thread(shown) == first
            second = write()
            while await asyncio.to_thread(shown) != second:
                await asyncio.sleep(0.02)
            connection = http._transport._pool.connections[0]  # type: ignore[attr-defined]
            assert (await http.get(f"https://127.0.0.1:{port}/")).status_code == 204
            assert http._transport._pool.connections == [connection]  # type: ignore[attr-defined]
        serving.cancel()

    asyncio.run(story())


@pytest.mark.req("X3", "X6")
def test_the_hub_renews_its_own_certificate_in_the_last_third_of_its_life_or_for_another_address(
    tmp_path: Path,
) -> None:
    made = own_authority(tmp_path / "site")
    folder = ca_of(made).parent
    authority = load_authority(folder)
    hosts = hosts_of(own(folder))
    now = datetime.now(UTC)
    assert not renew_own(folder, authority, hosts, now + timedelta(days=250))
    assert renew_own(folder, authority, hosts, now + timedelta(days=270))
    assert renew_own(folder, authority, [*hosts, "192.168.7.7"], now)
    assert "192.168.7.7" in hosts_of(own(folder))
    assert not renew_own(folder, authority, hosts, now)
    (folder / OWN).write_bytes(b"broken")
    assert renew_own(folder, authority, hosts, now)


def own(folder: Path) -> x509.Certificate:
    text = (folder / OWN).read_text(encoding="ascii")
    return load_certificate(text[text.index("-----BEGIN CERTIFICATE-----") :])
