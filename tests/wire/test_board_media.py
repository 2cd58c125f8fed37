"""The board controller's media: fetched from a real HTTPS server that can be told to misbehave, and kept."""

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvicorn
from msgspec.structs import replace
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from board_controller.config import Media
from board_controller.media import MediaStore
from board_controller.signage import NOTHING, Signage
from edge.contracts.catalogue import Facility
from edge.contracts.hall import Medium, MediumKind
from edge.daemon.config import Hub, Listen
from edge.daemon.hub_client import HubClient
from edge.daemon.listen import open_socket
from edge.daemon.media import MEGABYTE
from provisioning.demo.site import Ports, Site, provision

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(5_000)
CLIP = bytes(range(256)) * 4_000  # a megabyte


def medium(name: str, content: bytes, kind: MediumKind = MediumKind.CLIP) -> Medium:
    return Medium(name, name, kind, hashlib.sha256(content).hexdigest(), len(content))


def signage(*media: Medium) -> Signage:
    return replace(NOTHING, facility=Facility("Trung tâm Y tế huyện Mẫu", "Mau"), media=media)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A site's certificates and tokens."""
    return provision(tmp_path_factory.mktemp("site"), Ports.free())


class FarEnd:
    """The hub's one endpoint: what it has under a hash, or what it shall do instead."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.files: dict[str, bytes] = {}
        self.cut_after = 0  # bytes: then the connection ends
        self.asked: list[str] = []

    def has(self, content: bytes, instead: bytes | None = None) -> None:
        self.files[hashlib.sha256(content).hexdigest()] = content if instead is None else instead

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[HubClient]:
        """Serve over TLS; a client of it as a board has one."""
        folder = self._site.folder
        listen = Listen("127.0.0.1:0", folder / "tls/hub.crt", folder / "tls/hub.key")
        sock = open_socket(listen)
        app = Starlette(routes=[Route("/api/v1/media/{sha256}", self._medium)])
        config = uvicorn.Config(
            app, ssl_certfile=listen.certificate, ssl_keyfile=listen.key, lifespan="off", log_config=None, ws="none"
        )
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve(sockets=[sock]))
        port = sock.getsockname()[1]
        client = HubClient(
            Hub(f"https://127.0.0.1:{port}", folder / "tls/site-ca.crt", folder / "secrets/board-1.token")
        )
        try:
            yield client
        finally:
            await client.close()
            server.should_exit = True
            await task

    async def _medium(self, request: Request) -> Response:
        sha256 = request.path_params["sha256"]
        self.asked.append(sha256)
        if not request.headers["authorization"].startswith("Bearer ") or sha256 not in self.files:
            return Response(status_code=404)
        content = self.files[sha256]
        if not self.cut_after:
            return Response(content)
        most = self.cut_after

        async def half() -> AsyncIterator[bytes]:
            yield content[:most]
            raise ConnectionResetError

        return StreamingResponse(half(), headers={"Content-Length": str(len(content))})


@pytest.fixture
def far_end(site: Site) -> FarEnd:
    return FarEnd(site)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "media"


async def _until(condition: Callable[[], object], what: str) -> None:
    async with asyncio.timeout(15):
        while not condition():
            await asyncio.sleep(0.01)
    assert condition(), what


def told(far_end: FarEnd, config: Media, story: Callable[[MediaStore], Awaitable[None]], free: int = 10**12) -> None:
    """Run a story with a store that fetches from the far end."""

    async def tell() -> None:
        async with far_end.serving() as client:
            store = MediaStore(config, client, lambda _folder: free)
            running = asyncio.create_task(store.run(lambda: None))
            try:
                await story(store)
            finally:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)

    asyncio.run(tell())


@pytest.fixture
def warnings(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    caplog.set_level(logging.WARNING, "edge.daemon.media")
    return lambda: [record.getMessage() for record in caplog.records if record.name == "edge.daemon.media"]


@pytest.mark.req("T8")
def test_what_the_catalogue_names_is_fetched_checked_and_there_without_the_hub(
    far_end: FarEnd, folder: Path, site: Site
) -> None:
    clip, picture = medium("clip", CLIP), medium("picture", PICTURE, MediumKind.PICTURE)
    far_end.has(CLIP)
    far_end.has(PICTURE)

    async def story(store: MediaStore) -> None:
        store.show(signage(clip, picture))
        assert store.health().missing == ["clip", "picture"]
        await _until(lambda: len(store.held()) == 2, "both are here")
        assert store.held()[picture.sha256] == (folder / picture.sha256, "image/png")
        assert store.held()[clip.sha256][1] == "video/mp4"
        assert store.health().missing == []
        assert (folder / clip.sha256).read_bytes() == CLIP
        store.show(signage(picture))
        assert set(store.held()) == {picture.sha256}

    told(far_end, Media(folder), story)
    assert sorted(path.name for path in folder.iterdir()) == sorted([clip.sha256, picture.sha256])
    asked = len(far_end.asked)
    far_end.files.clear()

    async def again(store: MediaStore) -> None:
        store.show(signage(clip, picture))
        await _until(lambda: len(store.held()) == 2, "both are here still")

    told(far_end, Media(folder), again)
    assert len(far_end.asked) == asked


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (CLIP[:-1] + b"x", "damaged"),
        (CLIP[:-1], "damaged"),
        (CLIP + b"x", "damaged"),
        (None, "the hub does not give it (HTTP 404)"),
    ],
    ids=["another", "too-short", "too-long", "none"],
)
def test_what_is_not_what_the_catalogue_says_is_never_kept_and_reported_once(
    far_end: FarEnd, folder: Path, warnings: Callable[[], list[str]], sent: bytes | None, why: str
) -> None:
    clip = medium("clip-1", CLIP)
    if sent is not None:
        far_end.has(CLIP, instead=sent)

    async def story(store: MediaStore) -> None:
        store.show(signage(clip))
        await _until(lambda: len(far_end.asked) >= 2, "it is tried again")
        assert why in store.health().fault
        assert (store.held(), store.health().missing) == ({}, ["clip-1"])
        far_end.has(CLIP)
        store.show(signage(clip, medium("other", PICTURE)))  # a new edition
        await _until(lambda: clip.sha256 in store.held(), "it is here now")

    told(far_end, Media(folder), story)
    whole = [path.name for path in folder.iterdir() if path.suffix != ".part"]  # the other may be on its way
    assert whole == [clip.sha256]
    said = [warning for warning in warnings() if warning.startswith("the medium clip-1 cannot be kept here: ")]
    assert len(said) == 1


def test_a_link_that_is_cut_in_the_middle_leaves_no_half_file_and_the_next_try_brings_it(
    far_end: FarEnd, folder: Path, warnings: Callable[[], list[str]]
) -> None:
    clip = medium("clip", CLIP)
    far_end.has(CLIP)
    far_end.cut_after = 500_000

    async def story(store: MediaStore) -> None:
        store.show(signage(clip))
        await _until(lambda: len(far_end.asked) == 1, "it is asked for")
        await _until(lambda: not any(folder.glob("*")), "nothing is left of it")
        far_end.cut_after = 0
        await _until(lambda: clip.sha256 in store.held(), "it is here")

    told(far_end, Media(folder), story)
    assert warnings() == []


def test_a_full_disk_is_said_once_with_what_is_missing_and_costs_nothing_that_is_there(
    far_end: FarEnd, folder: Path, warnings: Callable[[], list[str]]
) -> None:
    picture, clip = medium("picture", PICTURE, MediumKind.PICTURE), medium("clip", CLIP)
    far_end.has(PICTURE)
    far_end.has(CLIP)

    async def first(store: MediaStore) -> None:
        store.show(signage(picture))
        await _until(store.held, "the picture is here")

    told(far_end, Media(folder), first)

    async def full(store: MediaStore) -> None:
        store.show(signage(picture, clip))
        await _until(lambda: store.health().fault, "the disk is found full")
        assert set(store.held()) == {picture.sha256}
        assert store.health().missing == ["clip"]
        store.show(signage(clip, picture))
        store.show(signage(picture, clip, medium("another clip", CLIP + CLIP)))
        await _until(lambda: len(store.health().missing) == 2, "neither is here")
        await _until(warnings, "it is said")

    told(far_end, Media(folder), full, free=1 * MEGABYTE)
    (said,) = warnings()
    assert said == "the medium clip cannot be kept here: there is no room for it"
    assert far_end.asked.count(clip.sha256) == 0


def test_what_no_catalogue_names_goes_when_room_is_needed_and_not_before(far_end: FarEnd, folder: Path) -> None:
    parts = [bytes([at]) * (4 * MEGABYTE) for at in range(3)]
    first, second, third = (medium(f"clip-{at}", part) for at, part in enumerate(parts))
    for part in parts:
        far_end.has(part)

    async def story(store: MediaStore) -> None:
        store.show(signage(first, second))
        await _until(lambda: len(store.held()) == 2, "two fit into ten megabytes")
        store.show(signage(second))
        assert (folder / first.sha256).exists()
        store.show(signage(second, third))
        await _until(lambda: third.sha256 in store.held(), "the third is here")

    told(far_end, Media(folder, most_mb=10), story)
    assert {path.name for path in folder.iterdir()} == {second.sha256, third.sha256}


def test_what_an_earlier_start_left_half_written_goes(far_end: FarEnd, folder: Path) -> None:
    folder.mkdir()
    (folder / f"{'a' * 64}.part").write_bytes(b"half")
    far_end.has(PICTURE)
    picture = medium("picture", PICTURE, MediumKind.PICTURE)

    async def story(store: MediaStore) -> None:
        store.show(signage(picture))
        await _until(store.held, "the picture is here")

    told(far_end, Media(folder), story)
    assert [path.name for path in folder.iterdir()] == [picture.sha256]
