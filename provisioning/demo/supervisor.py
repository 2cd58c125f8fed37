"""Runs a site's programs where no systemd does: starts them in order, waits until each is ready, restarts what dies."""

import os
import select
import shlex
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from enum import Enum
from pathlib import Path

from msgspec import Struct

from edge.daemon.config import EX_CONFIG

START_S = 30.0
STOP_S = 5.0
RESTART_S, RESTART_LATER_S = 0.1, 1.0
START_LIMIT = 5  # a program that dies so often before it was ever ready will never be
LOG_LINES = 12
PROBE_MS, TICK_MS = 20, 500


class State(Enum):
    """Where a program is in its life."""

    DOWN = "down"
    STARTING = "starting"
    READY = "ready"
    UNPLUGGED = "unplugged"
    FAILED = "failed"
    STOPPED = "stopped"


class Program(Struct, frozen=True):
    """One program: its command line, where its output goes, and the programs that must be ready before it starts.

    It is ready when it says ``READY=1`` (sd_notify(3)), or where ``ready_port`` is set, when that port accepts.
    """

    name: str
    command: tuple[str, ...]
    log: Path
    after: tuple[str, ...] = ()
    ready_port: int = 0


class ProgramFailed(Exception):
    """A program cannot run; the text names it and ends with its last log lines."""


class _Unit:
    """What the supervisor knows of one program. Everything here is guarded by the supervisor's lock."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.state = State.DOWN
        self.process: subprocess.Popen[bytes] | None = None
        self.early_deaths = 0
        self.was_ready = False
        self.failure = ""
        self.log_start = 0

    def give_up(self, why: str) -> None:
        """Run this program no more; ``why`` ends the sentence that begins with its name."""
        self.state = State.FAILED
        command = shlex.join(self.program.command)
        self.failure = f"{self.program.name} {why}: {command}\n{_last_lines(self.program.log, self.log_start)}"


class Supervisor:
    """Stands where systemd stands.

    Each program runs in a session of its own, so that Ctrl-C reaches the supervisor alone, and is started through
    ``setpriv --pdeathsig KILL``: the kernel kills it when the supervisor is gone, however that came about. (setpriv
    and not a ``preexec_fn``, which is unsafe beside threads. The signal follows the thread that started the program:
    each program's own thread lives as long as the program.)
    """

    def __init__(self, programs: Sequence[Program]) -> None:
        self._units = {program.name: _Unit(program) for program in programs}
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._tend, args=(unit,), name=f"tend-{name}", daemon=True)
            for name, unit in self._units.items()
        ]

    def __enter__(self) -> "Supervisor":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, on_ready: Callable[[str], None] = lambda _: None) -> None:
        """Start every program and return when all are ready.

        ``on_ready`` is called with each name. Raises ProgramFailed, with everything stopped, where a program ends
        with status 78, dies again and again, or is not ready within 30 s. Later only status 78 is the end of it: a
        program that has been ready is started again for ever.
        """
        for thread in self._threads:
            thread.start()
        waiting = list(self._units)
        try:
            while waiting:
                with self._changed:
                    self._changed.wait_for(lambda: self._any_ready(waiting), 0.5)
                    self._raise_failure()
                    ready = [name for name in waiting if self._units[name].state is State.READY]
                for name in ready:
                    waiting.remove(name)
                    on_ready(name)
        except BaseException:
            self.stop()
            raise

    def _any_ready(self, names: Sequence[str]) -> bool:
        return any(self._units[name].state in (State.READY, State.FAILED) for name in names)

    def wait(self) -> None:
        """Return when the supervisor is stopped. Raises ProgramFailed where a program can run no more."""
        with self._changed:
            while not self._stopping.is_set():
                self._changed.wait()
                self._raise_failure()

    def stop(self) -> None:
        """End every program: SIGTERM in the reverse order, SIGKILL for what is still there after 5 s."""
        self._stopping.set()
        with self._changed:
            running = [unit.process for unit in reversed(self._units.values()) if unit.process is not None]
            for process in running:
                process.terminate()
            self._changed.notify_all()
        deadline = time.monotonic() + STOP_S
        for process in running:
            _end(process, deadline)
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()

    def states(self) -> dict[str, State]:
        """The state of every program, in the order of their start."""
        with self._changed:
            return {name: unit.state for name, unit in self._units.items()}

    def pid(self, name: str) -> int:
        """The process id of a program that runs. Raises ProcessLookupError where it does not run just now."""
        with self._changed:
            process = self._units[name].process
            if process is None:
                raise ProcessLookupError(name)
            return process.pid

    def kill(self, name: str) -> None:
        """SIGKILL; returns when the process is gone. It is started again at once: see ``wait_ready``."""
        self._signal(name, signal.SIGKILL, State.DOWN)

    def restart(self, name: str) -> None:
        """SIGTERM (SIGKILL after 5 s); returns when the process is gone. It is started again at once."""
        self._signal(name, signal.SIGTERM, State.DOWN)

    def unplug(self, name: str) -> None:
        """SIGKILL, and the program stays down until ``plug_in``."""
        self._signal(name, signal.SIGKILL, State.UNPLUGGED)

    def plug_in(self, name: str) -> None:
        """Start a program again that was unplugged."""
        with self._changed:
            if self._units[name].state is State.UNPLUGGED:
                self._units[name].state = State.DOWN
                self._changed.notify_all()

    def wait_ready(self, name: str, within_s: float = START_S) -> None:
        """Return when the program is ready. Raises ProgramFailed where it is not within ``within_s`` seconds."""
        unit = self._units[name]
        with self._changed:
            self._changed.wait_for(lambda: unit.state is State.READY or self._failure(), within_s)
            self._raise_failure()
            if unit.state is not State.READY:
                lines = _last_lines(unit.program.log, unit.log_start)
                raise ProgramFailed(f"{name} was not ready within {within_s:g} s\n{lines}")

    def _signal(self, name: str, number: signal.Signals, state: State) -> None:
        unit = self._units[name]
        with self._changed:
            process = unit.process
            if unit.state not in (State.UNPLUGGED, State.FAILED):
                unit.state = state
            unit.early_deaths = 0
            if process is not None:
                process.send_signal(number)
            self._changed.notify_all()
        if process is not None:
            _end(process, time.monotonic() + STOP_S)

    def _failure(self) -> str:
        return next((unit.failure for unit in self._units.values() if unit.state is State.FAILED), "")

    def _raise_failure(self) -> None:
        failure = self._failure()
        if failure:
            raise ProgramFailed(failure)

    def _tend(self, unit: _Unit) -> None:
        """The life of one program, in its own thread: start it, watch it, start it again."""
        with self._changed:
            self._changed.wait_for(lambda: self._stopping.is_set() or self._may_start(unit))
        while not self._stopping.is_set():
            self._run_once(unit)
            if self._stopping.wait(RESTART_S if unit.early_deaths < START_LIMIT else RESTART_LATER_S):
                break
            with self._changed:
                self._changed.wait_for(lambda: self._stopping.is_set() or unit.state is not State.UNPLUGGED)
                if unit.state is State.FAILED:
                    break

    def _may_start(self, unit: _Unit) -> bool:
        return all(self._units[name].state is State.READY for name in unit.program.after if name in self._units)

    def _run_once(self, unit: _Unit) -> None:
        """Start the program and return when it is gone, with the unit's state saying what comes next."""
        program = unit.program
        program.log.parent.mkdir(parents=True, exist_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notes, program.log.open("ab") as log:
            notes.bind("")  # the kernel picks a name in the abstract namespace: a new one for every start
            with self._changed:
                if self._stopping.is_set() or unit.state is State.UNPLUGGED:
                    return
                unit.log_start = log.tell()
                unit.process = process = subprocess.Popen(
                    ("setpriv", "--pdeathsig", "KILL", "--", *program.command),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env={**os.environ, "NOTIFY_SOCKET": "@" + notes.getsockname()[1:].decode()},
                    start_new_session=True,
                )
                unit.state = State.STARTING
                self._changed.notify_all()
            self._watch(unit, process, notes)
            status = process.wait()
        with self._changed:
            unit.process = None
            if unit.state in (State.STARTING, State.READY):
                unit.early_deaths = unit.early_deaths + 1 if unit.state is State.STARTING else 0
                unit.state = State.DOWN
                if status == EX_CONFIG or (unit.early_deaths >= START_LIMIT and not unit.was_ready):
                    unit.give_up(f"ended with status {status}")
            if self._stopping.is_set():
                unit.state = State.STOPPED
            self._changed.notify_all()

    def _watch(self, unit: _Unit, process: subprocess.Popen[bytes], notes: socket.socket) -> None:
        """Return when the process has ended; on the way, note when it is ready."""
        ended = os.pidfd_open(process.pid)
        deadline = time.monotonic() + START_S
        poll = select.poll()
        poll.register(ended, select.POLLIN)
        poll.register(notes, select.POLLIN)
        try:
            while True:
                probing = unit.state is State.STARTING and unit.program.ready_port > 0
                happened = {fd for fd, _ in poll.poll(PROBE_MS if probing else TICK_MS)}
                if ended in happened:
                    return
                ready = notes.fileno() in happened and b"READY=1" in notes.recv(4096).splitlines()
                ready = ready or (probing and _accepts(unit.program.ready_port))
                with self._changed:
                    if unit.state is State.STARTING and ready:
                        unit.state, unit.was_ready, unit.early_deaths = State.READY, True, 0
                        self._changed.notify_all()
                    elif unit.state is State.STARTING and not unit.was_ready and time.monotonic() > deadline:
                        unit.give_up(f"was not ready within {START_S:g} s")
                        process.kill()
                        self._changed.notify_all()
        finally:
            os.close(ended)


def _accepts(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=0.5):
            return True
    except OSError:
        return False


def _end(process: subprocess.Popen[bytes], deadline: float) -> None:
    """Wait for the process to end, and kill it where it has not by the deadline."""
    try:
        process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _last_lines(log: Path, log_start: int) -> str:
    with log.open("rb") as file:
        file.seek(log_start)
        text = file.read().decode("utf-8", "replace")
    return "\n".join(f"  {line}" for line in text.splitlines()[-LOG_LINES:]) + f"\n  (all of it: {log})"
