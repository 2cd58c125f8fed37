"""The plugs of the demo: the workbench asks the supervisor, over a Unix socket, to pull and to put in a program's plug.

One line a connection: ``states``, ``unplug NAME`` or ``plug-in NAME``. The answer is one line of JSON: the state of
every program by its name.
"""

import asyncio
import contextlib
import json
import os
import socketserver
import threading
from pathlib import Path

import msgspec

from provisioning.demo.supervisor import Supervisor

ANSWER_S = 8.0
_states = msgspec.json.Decoder(dict[str, str])


class ControlRefused(Exception):
    """The supervisor is not there, or does not know this program."""


class Control:
    """The supervisor's side, in a thread of its own; only the user who runs the site can connect."""

    def __init__(self, supervisor: Supervisor, path: Path) -> None:
        class Conversation(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                words = self.rfile.readline(200).decode("ascii", "replace").split()
                with contextlib.suppress(BrokenPipeError):
                    self.wfile.write(json.dumps(_obey(supervisor, words)).encode() + b"\n")

        path.unlink(missing_ok=True)
        before = os.umask(0o177)
        try:
            self._server = socketserver.ThreadingUnixStreamServer(str(path), Conversation)
        finally:
            os.umask(before)
        self._path = path
        self._thread = threading.Thread(target=self._server.serve_forever, name="control", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()
        self._path.unlink(missing_ok=True)


def _obey(supervisor: Supervisor, words: list[str]) -> dict[str, str]:
    known = supervisor.states()
    match words:
        case ["unplug", name] if name in known:
            supervisor.unplug(name)
        case ["plug-in", name] if name in known:
            supervisor.plug_in(name)
        case ["states"]:
            pass
        case _:
            return {}
    return {name: state.value for name, state in supervisor.states().items()}


async def ask(path: Path, *words: str) -> dict[str, str]:
    """Say one line to the supervisor; the states of its programs come back.

    Raises ControlRefused where nobody listens or the program is unknown.
    """
    try:
        async with asyncio.timeout(ANSWER_S):
            reader, writer = await asyncio.open_unix_connection(path)
            writer.write(" ".join(words).encode() + b"\n")
            answer = _states.decode(await reader.readline())
            writer.close()
    except (OSError, TimeoutError, msgspec.DecodeError) as error:
        raise ControlRefused(type(error).__name__) from error
    if not answer:
        raise ControlRefused(" ".join(words))
    return answer
