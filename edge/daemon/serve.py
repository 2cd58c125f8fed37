"""Serve an ASGI application at one or more addresses; nothing but loopback without TLS."""

import asyncio
import contextlib
import logging
import os
import signal
import ssl
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import Any, Protocol

import uvicorn

from edge.daemon.config import EX_CONFIG, ConfigError, Listen
from edge.daemon.listen import open_socket
from edge.daemon.notify import keep_alive, notify

log = logging.getLogger(__name__)

EX_SOFTWARE = 70  # sysexits.h
LOOK_S = 5.0  # how late a renewed certificate may be noticed
IDLE_S = 20  # longer than httpx keeps a connection (5 s): else a command may meet one that is just being closed
STOP_S = 1  # open event streams would keep uvicorn waiting for ever


class Application(Protocol):
    """An ASGI application, such as Starlette's."""

    def __call__(self, scope: Any, receive: Any, send: Any, /) -> Coroutine[Any, Any, None]: ...


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield  # the program handles its signals itself: one place, whatever the number of addresses


async def serve(app: Application, listens: Sequence[Listen]) -> None:
    """Serve until SIGTERM or SIGINT, then return; ``READY=1`` is sent once every address answers.

    Raises ConfigError where an address cannot be served.
    """
    sockets = [(listen, open_socket(listen)) for listen in listens]
    servers = []
    for listen, sock in sockets:
        config = uvicorn.Config(
            app,
            ssl_certfile=listen.certificate,
            ssl_keyfile=listen.key,
            access_log=False,
            log_config=None,
            lifespan="off",
            timeout_keep_alive=IDLE_S,
            timeout_graceful_shutdown=STOP_S,
            server_header=False,
            proxy_headers=False,
            date_header=False,
            ws="none",
        )
        servers.append((_Server(config), sock))
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    tasks = [asyncio.create_task(server.serve(sockets=[sock])) for server, sock in servers]
    while not all(server.started for server, _ in servers):
        await asyncio.sleep(0.01)
    notify("READY=1")
    beside = [asyncio.create_task(_take_renewed(listens, servers)), asyncio.create_task(keep_alive())]
    await stop.wait()
    for task in beside:
        task.cancel()
    notify("STOPPING=1")
    for server, _ in servers:
        server.should_exit = True
    await asyncio.gather(*tasks)


async def _take_renewed(listens: Sequence[Listen], servers: Sequence[tuple[_Server, object]]) -> None:
    """Show new connections the certificate that lies on the disk now; those that are open stay as they are."""
    shown = [_written(listen) for listen in listens]
    while True:
        await asyncio.sleep(LOOK_S)
        for place, (listen, (server, _)) in enumerate(zip(listens, servers, strict=True)):
            now = _written(listen)
            context = server.config.ssl
            if now == shown[place] or context is None or listen.certificate is None:
                continue
            try:
                # tried on another context first: half of a pair would leave this one without a key
                for one in (ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), context):
                    one.load_cert_chain(listen.certificate, listen.key)
            except OSError:  # an SSLError is one: the pair is being written
                continue
            shown[place] = now
            log.info("%s shows its renewed certificate", listen.address)


def _written(listen: Listen) -> tuple[tuple[int, int], ...]:
    """What changes when certificate or key are written anew."""
    found = []
    for path in (listen.certificate, listen.key):
        if path is not None:
            with contextlib.suppress(OSError):
                status = path.stat()
                found.append((status.st_mtime_ns, status.st_ino))
    return tuple(found)


async def run_beside(background: Sequence[Coroutine[Any, Any, None]], server: Coroutine[Any, Any, None]) -> None:
    """Run the server, with background work that ends when the server does; if one crashes, so does the program."""
    async with asyncio.TaskGroup() as group:
        workers = [group.create_task(work) for work in background]
        await server
        for worker in workers:
            worker.cancel()


def run_program(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a daemon's coroutine; a ConfigError ends it with its text and exit status 78.

    An exception that nothing expects ends the program too, in whatever thread it happens: systemd starts it again.
    """
    threading.excepthook = _crash
    try:
        asyncio.run(main())
    except* ConfigError as group:
        for error in group.exceptions:
            print(f"error: {error}", file=sys.stderr)
        sys.exit(EX_CONFIG)


def _crash(failure: threading.ExceptHookArgs) -> None:
    sys.excepthook(failure.exc_type, failure.exc_value or failure.exc_type(), failure.exc_traceback)
    sys.stderr.flush()
    os._exit(EX_SOFTWARE)
