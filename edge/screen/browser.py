"""The browser as processes: started with an empty profile, looked at, ended with everything that belongs to it."""

import contextlib
import logging
import os
import shutil
import subprocess
from pathlib import Path

from edge.daemon.config import ConfigError
from edge.screen import chromium, compositor, processes
from edge.screen.config import ScreenConfig
from edge.screen.watch import Browser

END_S = 5.0
KINDLY_S = 2.0
MARK = "of-moiso-screen"
NOT_FOR_IT = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")

log = logging.getLogger("screen")


class BrowserProcesses:
    """At most one browser, with the compositor that it is shown by. Every process below this one belongs to it."""

    def __init__(self, config: ScreenConfig) -> None:
        self._config = config
        self._folder = Path(config.profile)
        self._process: subprocess.Popen[bytes] | None = None
        self._to_turn = False
        processes.adopt_orphans()

    def start(self) -> None:
        """Start the browser on a new profile.

        Raises ConfigError where the profile's folder is somebody else's, or a program is missing.
        """
        self._empty_folder()
        browser = chromium.command(self._config)
        order = compositor.command(self._config, browser, self._folder)
        try:
            self._process = subprocess.Popen(
                order, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=self._environment()
            )
        except (FileNotFoundError, PermissionError) as error:
            raise ConfigError(f"{order[0]} cannot be started ({error.strerror}); see docs/install.md") from error
        self._to_turn = compositor.is_turned_later(self._config)

    def look(self) -> Browser | None:
        """What is to be seen of it; None where it has ended, or was never started."""
        if self._process is None or self._process.poll() is not None:
            return None
        processes.wait_for_ended(os.getpid())
        if self._to_turn:
            self._to_turn = not compositor.turn(self._config, self._environment(self._wayland()))
        living = processes.below(os.getpid())
        return Browser(
            stopped=any(process.state == "T" for process in living),
            pages=sum(
                chromium.is_page(processes.arguments(process.pid)) for process in living if process.state not in "ZX"
            ),
            memory_mb=sum(processes.memory_mb(process.pid) for process in living),
        )

    def end(self, *, kindly: bool = False) -> None:
        """End it, with everything below it; ``kindly``: SIGTERM first."""
        process = self._process
        if process is not None and process.poll() is None:
            if kindly:
                process.terminate()
                self._gone_within(process, KINDLY_S)
            process.kill()
            self._gone_within(process, END_S)
        if not processes.end_all(os.getpid(), END_S):
            log.error("a process of the browser cannot be ended: the display's driver may hang")
        self._process = None

    @staticmethod
    def _gone_within(process: subprocess.Popen[bytes], limit_s: float) -> None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(limit_s)

    def _environment(self, more: dict[str, str] | None = None) -> dict[str, str]:
        home = str(self._folder / "home")
        kept = {name: value for name, value in os.environ.items() if name not in NOT_FOR_IT}
        return {**kept, "HOME": home, "XDG_CONFIG_HOME": home, "XDG_CACHE_HOME": home, **(more or {})}

    def _wayland(self) -> dict[str, str]:
        """The compositor's socket; nothing where there is none yet."""
        folder = Path(os.environ.get("XDG_RUNTIME_DIR", "/nowhere"))
        sockets = [path for path in folder.glob("wayland-*") if path.is_socket()]
        return {"WAYLAND_DISPLAY": max(sockets, key=lambda path: path.stat().st_mtime).name} if sockets else {}

    def _empty_folder(self) -> None:
        """Nothing of the people before is left. Raises ConfigError where the folder is not one of ours."""
        mark = self._folder / MARK
        try:
            if self._folder.exists() and any(self._folder.iterdir()):
                if not mark.exists():
                    raise ConfigError(f"profile is {self._folder}, which holds something else and would be deleted")
                shutil.rmtree(self._folder)
            (self._folder / "home").mkdir(parents=True)
            self._folder.chmod(0o700)
            mark.touch()
        except PermissionError as error:
            raise ConfigError(f"profile is {self._folder}, which cannot be used ({error.strerror})") from error
