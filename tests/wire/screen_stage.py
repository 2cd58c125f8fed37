"""A page, a display and the launcher of the browser between them: what a test of ``moiso-screen`` stands on."""

import contextlib
import http.server
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.waiting import until

WIDTH, HEIGHT = 540, 960
COLOUR = (255, 0, 255)
KEYS = Path(__file__).parents[2] / "edge/kiosk/pages/static/keys.js"
AS_ROOT = ("--no-sandbox", "--test-type")  # Chromium's sandbox refuses root; --test-type: it says nothing about that
PAGE = """<!doctype html><meta charset="utf-8"><title>stage</title>
<body style="margin:0;height:100vh;background:rgb(255,0,255);user-select:none;cursor:none">
<script type="module">
import "/keys.js";
const id = Math.random();
const tell = async () => {
  const body = JSON.stringify({ id, width: innerWidth, height: innerHeight, scale: visualViewport.scale });
  const order = await (await fetch("/alive", { method: "POST", body })).text();
  if (order) eval(order);
};
setInterval(() => requestAnimationFrame(tell), 200);
addEventListener("contextmenu", (event) => event.preventDefault());
</script>"""


class Stage:
    """The program behind the page, at a port of its own. It can be away, and it can make the page do something."""

    def __init__(self) -> None:
        self.beats: list[dict[str, Any]] = []
        self.asked = 0  # how often the page was asked for
        self.watched = 0  # how often /health was
        self.away = False
        self.busy = False
        self.order = ""  # a script that the page runs at its next beat, once
        self.keys = KEYS.read_text(encoding="utf-8")
        self._seen_s: float | None = None
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._answers())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        """The page."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/"

    def close(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()

    def page(self, *, not_id: float = 0.0, within_s: float = 40.0) -> float:
        """Wait for two new beats of a page, another one than ``not_id``; its id."""
        first = len(self.beats)

        def beats() -> list[dict[str, Any]]:
            new = [beat for beat in self.beats[first:] if beat["id"] != not_id]
            return new if len(new) > 1 else []

        return float(until(beats, within_s=within_s, what="a page that lives")[-1]["id"])

    def _answers(self) -> type[http.server.BaseHTTPRequestHandler]:
        stage = self

        class Answers(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                if self.path == "/health":
                    stage.watched += 1
                    self._say(json.dumps(stage.health()).encode(), "application/json")
                elif self.path == "/keys.js":
                    self._say(stage.keys.encode(), "text/javascript")
                elif self.path.partition("?")[0] == "/":
                    stage.asked += 1
                    self._say(PAGE.encode(), "text/html")
                else:
                    self._say(b"", "text/plain", 404)

            def do_POST(self) -> None:
                beat = json.loads(self.rfile.read(int(self.headers["content-length"])))
                order, stage.order = stage.order, ""
                if not stage.away:
                    stage.beats.append(beat)
                    stage._seen_s = time.monotonic()
                self._say(order.encode(), "text/plain")

            def _say(self, body: bytes, kind: str, status: int = 200) -> None:
                self.close_connection = stage.away
                self.send_response(502 if stage.away else status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                with contextlib.suppress(OSError):  # a browser that was killed
                    self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        return Answers

    def health(self) -> dict[str, object]:
        """What the kiosk's program tells of its page."""
        seen_s = None if self._seen_s is None else time.monotonic() - self._seen_s
        return {"program": "stage", "page_seen_s": seen_s, "busy": self.busy}


class Display:
    """An X display of one window at a time, and what is seen on it."""

    def __init__(self, folder: Path) -> None:
        self._picture = folder / "Xvfb_screen0"
        self._log = (folder / "display.log").open("wb")
        reading, writing = os.pipe()
        screen = f"{WIDTH}x{HEIGHT}x24"
        order = ["Xvfb", "-displayfd", str(writing), "-fbdir", str(folder), "-screen", "0", screen, "-nocursor"]
        self._server = subprocess.Popen(order, pass_fds=[writing], stderr=self._log)
        os.close(writing)
        with os.fdopen(reading) as said:
            self.name = f":{said.readline().strip()}"
        self.environment = {**os.environ, "DISPLAY": self.name}
        self._windows = subprocess.Popen(
            ["matchbox-window-manager", "-use_titlebar", "no"], env=self.environment, stderr=self._log
        )

    def close(self) -> None:
        """Switch it off."""
        for process in (self._windows, self._server):
            process.terminate()
            process.wait(timeout=10)
        self._log.close()

    def do(self, *order: str) -> None:
        """What a hand does, as xdotool(1) names it."""
        subprocess.run(["xdotool", *order], env=self.environment, stderr=self._log, check=True, timeout=20)

    def shows_only_the_page(self) -> bool:
        """Whether every dot of it has the page's colour."""
        return bool((self.picture() == np.array(COLOUR, dtype=np.uint8)).all())

    def is_black(self) -> bool:
        """Whether nothing is shown."""
        return not self.picture().any()

    def picture(self) -> NDArray[np.uint8]:
        """What is seen, as height × width × (red, green, blue). Source: X11/XWDFile.h."""
        data = self._picture.read_bytes()
        header = struct.unpack(">25I", data[:100])
        width, height, line, colours = header[4], header[5], header[12], header[19]
        dots = np.frombuffer(data, np.uint8, line * height, header[0] + 12 * colours).reshape(height, line)
        return dots[:, : width * 4].reshape(height, width, 4)[:, :, 2::-1].copy()


class Screen:
    """The launcher, as its own process, with policies of its own where it may have a mount namespace."""

    def __init__(self, folder: Path, page: Stage | str, display: Display | None, lines: str = "") -> None:
        self.profile = folder / "profile"
        self.policies = folder / "policies"
        self.log = folder / "screen.log"
        self.config = folder / "screen.toml"
        flags = ", ".join(f'"{flag}"' for flag in AS_ROOT)
        address = page if isinstance(page, str) else page.address
        self.config.write_text(
            f'address = "{address}"\ncompositor = "none"\n'
            f'profile = "{self.profile}"\npolicies = "{self.policies}"\n'
            + (lines or f"silent_s = 3\nextra_flags = [{flags}]\n"),
            encoding="utf-8",
        )
        self._display = display
        self._process: subprocess.Popen[bytes] | None = None

    def write_policies(self) -> None:
        """Write the policies that the launcher wants to see."""
        subprocess.run([*self._order, "--write-policies", str(self.policies)], check=True, timeout=20)

    def start(self, *, prefix: Sequence[str] = ()) -> None:
        """Start it, and do not wait. ``prefix`` is a program that runs the launcher in its own place."""
        environment = dict(os.environ) if self._display is None else self._display.environment
        with self.log.open("ab") as log:
            self._process = subprocess.Popen([*prefix, *self._order], stderr=log, env=environment)

    def stop(self) -> int:
        """End it as systemd does; its exit status."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(timeout=20)

    def exit_status(self) -> int:
        """Wait until it ends by itself; its exit status."""
        assert self._process is not None
        return self._process.wait(timeout=20)

    def running(self, kind: str = "") -> list[int]:
        """The browser's processes on this profile: of ``--type=kind``, or the one that has no type."""
        found = []
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                words = (entry / "cmdline").read_text(errors="replace").replace("\0", " ").split()
                if f"--user-data-dir={self.profile}/data" in words and _kind(words) == kind:
                    found.append(int(entry.name))
        return found

    def lines(self, beginning: str) -> list[str]:
        """The log's lines that begin so."""
        return [line for line in self.log.read_text(encoding="utf-8").splitlines() if line.startswith(beginning)]

    @property
    def _order(self) -> list[str]:
        return [sys.executable, "-m", "edge.screen.app", "--config", str(self.config)]


def _kind(words: Sequence[str]) -> str:
    return next((word.removeprefix("--type=") for word in words if word.startswith("--type=")), "")


def with_policies(folder: Path) -> list[str]:
    """A command that runs another one where Chromium finds the policies of this folder, and nobody else does."""
    maps = [] if os.geteuid() == 0 else ["--map-root-user"]
    script = (
        "mount -t tmpfs tmpfs /etc/chromium && mkdir -p /etc/chromium/policies/managed && "
        'cp "$0"/*.json /etc/chromium/policies/managed/ && exec "$@"'
    )
    return ["unshare", "--mount", *maps, "sh", "-c", script, str(folder)]


@pytest.fixture
def stage() -> Iterator[Stage]:
    """The program behind the page."""
    stage = Stage()
    yield stage
    stage.close()


@pytest.fixture(scope="module", name="stage")
def module_stage() -> Iterator[Stage]:
    """One program behind the page for a file of tests."""
    stage = Stage()
    yield stage
    stage.close()


@pytest.fixture(scope="module")
def display(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Display]:
    """One display for a file of tests."""
    display = Display(tmp_path_factory.mktemp("display"))
    yield display
    display.close()


@pytest.fixture
def screen(tmp_path: Path, stage: Stage, display: Display) -> Iterator[Screen]:
    """A launcher with its policies in a folder that only it reads; not started."""
    screen = Screen(tmp_path, stage, display)
    screen.write_policies()
    yield screen
    end(screen)


def end(screen: Screen) -> None:
    """Stop the launcher where it runs, and wait until nothing of its browser is left."""
    if screen._process is not None and screen._process.poll() is None:
        screen.stop()
    until(lambda: not screen.running(), what="no browser left")
    shutil.rmtree(screen.profile, ignore_errors=True)
