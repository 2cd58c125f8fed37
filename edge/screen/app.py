"""moiso-screen: one page on one display, for a kiosk or a TV; the browser that shows it is watched and started anew."""

import argparse
import asyncio
import contextlib
import logging
import signal
import ssl
import time
from pathlib import Path

from edge.daemon.config import ConfigError
from edge.daemon.logs import start_logging
from edge.daemon.notify import notify
from edge.daemon.serve import run_program
from edge.screen.asking import Asking
from edge.screen.browser import BrowserProcesses
from edge.screen.chromium import POLICY_FILE, policies, policy_text
from edge.screen.config import ScreenConfig, load_config
from edge.screen.watch import Decision, Do, Life, Limits, Resting, State, Why, decide

LOOK_S = 1.0
SHOWN = "the page is shown"

log = logging.getLogger("screen")


async def run(config: ScreenConfig) -> None:
    """Show the page until SIGTERM or SIGINT."""
    check_policies(config)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    browser = BrowserProcesses(config)
    asking = Asking(config)
    limits = Limits(silent_s=config.silent_s, start_s=config.start_s, memory_mb=config.memory_mb)
    telling = Telling()
    state: State = Resting()
    notify("READY=1\nSTATUS=waiting for the page")
    try:
        while not stop.is_set():
            seen = await asyncio.to_thread(browser.look)
            page = await (asking.page() if isinstance(state, Resting) else asking.health())
            decision = decide(state, limits, time.monotonic(), page, seen)
            telling.tell(decision, time.monotonic())
            match decision.do:
                case Do.START:
                    await asyncio.to_thread(browser.start)
                case Do.END:
                    await asyncio.to_thread(browser.end)
                case Do.NOTHING:
                    pass
            state = decision.state
            notify("WATCHDOG=1")
            await _wait(stop, LOOK_S)
    finally:
        notify("STOPPING=1")
        await asyncio.to_thread(lambda: browser.end(kindly=True))
        await asking.close()


class Telling:
    """Says in the log what became of the browser: in a row of failures each kind once, and that the page is shown
    once it stays."""

    def __init__(self) -> None:
        self._told: set[Why] = set()
        self._shown = False

    def tell(self, decision: Decision, now_s: float) -> None:
        """Say what is new."""
        state, why = decision.state, decision.why
        if why is not None:
            notify(f"STATUS=the browser is started again: {why.value}")
            if isinstance(state, Resting) and state.failures <= 1:
                self._told.clear()
            if why not in self._told:
                log.warning("the browser is started again: %s", why.value)
            self._told.add(why)
            self._shown = False
        elif isinstance(state, Life) and state.shown and not self._shown and state.stays(now_s):
            notify(f"STATUS={SHOWN}")
            log.info(SHOWN)
            self._shown = True


def policy_texts(config: ScreenConfig) -> str:
    """What has to stand in Chromium's folder of managed policies. Raises ConfigError where ``ca`` cannot be read."""
    if config.ca is None:
        return policy_text(policies(config.origin))
    try:
        authority = ssl.PEM_cert_to_DER_cert(config.ca.read_text(encoding="ascii"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"ca is {config.ca}; one certificate in PEM is expected ({error})") from error
    return policy_text(policies(config.origin, authority))


def check_policies(config: ScreenConfig) -> None:
    """Raises ConfigError where Chromium's policies are not those of this page: nothing else keeps people in it."""
    path = Path(config.policies) / POLICY_FILE
    try:
        found = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        found = ""
    if found != policy_texts(config):
        raise ConfigError(f"{path} is not what this page needs: moiso-screen --write-policies {config.policies}")


def write_policies(config: ScreenConfig, folder: Path) -> None:
    """Write them into ``folder``, readable for everybody. Raises ConfigError where that is refused."""
    path = folder / POLICY_FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(policy_texts(config), encoding="utf-8")
        path.chmod(0o644)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written ({error.strerror})") from error


async def _wait(stop: asyncio.Event, limit_s: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), limit_s)


def main() -> None:
    """Show the page that ``--config`` names, or write the policies that it needs and end."""
    parser = argparse.ArgumentParser(prog="moiso-screen", description="Show one page on this display.")
    parser.add_argument("--config", type=Path, default=Path("/etc/moiso/screen.toml"), help="its screen.toml")
    parser.add_argument(
        "--write-policies", type=Path, metavar="FOLDER", help="write Chromium's policies there, and end"
    )
    given = parser.parse_args()
    start_logging("screen")

    async def program() -> None:
        config = load_config(given.config)
        if given.write_policies is None:
            await run(config)
        else:
            write_policies(config, given.write_policies)

    run_program(program)


if __name__ == "__main__":
    main()
