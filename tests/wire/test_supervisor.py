"""The supervisor against real processes: small programs that say READY=1, die, or will not end."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioning.demo.supervisor import Program, ProgramFailed, State, Supervisor
from tests.waiting import until

READY = "from edge.daemon.notify import notify; notify('READY=1')"
SLEEP = "import time; time.sleep(600)"


def program(folder: Path, name: str, code: str, *, after: tuple[str, ...] = (), ready_port: int = 0) -> Program:
    command = (sys.executable, "-c", code)
    return Program(name=name, command=command, log=folder / f"{name}.log", after=after, ready_port=ready_port)


def alive(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


@contextlib.contextmanager
def running(*programs: Program) -> Iterator[Supervisor]:
    supervisor = Supervisor(programs)
    try:
        supervisor.start()
        yield supervisor
    finally:
        supervisor.stop()


def test_a_program_starts_only_when_those_it_comes_after_are_ready(tmp_path: Path) -> None:
    mark = tmp_path / "first-is-ready"
    first = program(tmp_path, "first", f"open({str(mark)!r}, 'w').close(); {READY}; {SLEEP}")
    second = program(tmp_path, "second", f"import os; assert os.path.exists({str(mark)!r}); {READY}; {SLEEP}")
    supervisor = Supervisor([coming_after(second, "first"), first])
    order: list[str] = []
    try:
        supervisor.start(on_ready=order.append)
        assert order == ["first", "second"]
        assert supervisor.states() == {"second": State.READY, "first": State.READY}
        assert "AssertionError" not in second.log.read_text(encoding="utf-8")
    finally:
        supervisor.stop()


def coming_after(of: Program, *names: str) -> Program:
    return Program(name=of.name, command=of.command, log=of.log, after=names)


def test_a_program_that_is_killed_runs_again_and_ready_means_the_new_one(tmp_path: Path) -> None:
    with running(program(tmp_path, "hub", f"{READY}; {SLEEP}")) as supervisor:
        seen = {supervisor.pid("hub")}
        for _ in range(5):
            supervisor.kill("hub")
            supervisor.wait_ready("hub", 10)
            assert supervisor.pid("hub") not in seen
            seen.add(supervisor.pid("hub"))
        assert [pid for pid in seen if alive(pid)] == [supervisor.pid("hub")]


def test_a_program_killed_from_outside_runs_again(tmp_path: Path) -> None:
    with running(program(tmp_path, "hub", f"{READY}; {SLEEP}")) as supervisor:
        first = supervisor.pid("hub")
        os.kill(first, signal.SIGKILL)
        until(lambda: not alive(first))
        until(lambda: supervisor.states()["hub"] is State.READY and supervisor.pid("hub") != first, within_s=10)


def test_restart_lets_the_program_end_by_itself(tmp_path: Path) -> None:
    code = (
        "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: (print('bye', file=sys.stderr), sys.exit(0)));"
        f"{READY}; {SLEEP}"
    )
    hub = program(tmp_path, "hub", code)
    with running(hub) as supervisor:
        first = supervisor.pid("hub")
        supervisor.restart("hub")
        assert not alive(first)
        supervisor.wait_ready("hub", 10)
        assert hub.log.read_text(encoding="utf-8") == "bye\n"


def test_an_unplugged_program_stays_down_until_it_is_plugged_in(tmp_path: Path) -> None:
    with running(program(tmp_path, "hub", f"{READY}; {SLEEP}")) as supervisor:
        pid = supervisor.pid("hub")
        supervisor.unplug("hub")
        assert not alive(pid)
        supervisor.kill("hub")  # nothing there to kill, and no reason to start it
        with pytest.raises(ProgramFailed, match="hub was not ready"):
            supervisor.wait_ready("hub", 0.5)
        with pytest.raises(ProcessLookupError):
            supervisor.pid("hub")
        supervisor.plug_in("hub")
        supervisor.wait_ready("hub", 10)
        assert alive(supervisor.pid("hub"))


def test_a_configuration_error_stops_everything_and_shows_the_program_s_own_words(tmp_path: Path) -> None:
    good = program(tmp_path, "good", f"{READY}; {SLEEP}")
    bad = program(
        tmp_path, "bad", "import sys; print('error: hub.toml: no key', file=sys.stderr); sys.exit(78)", after=("good",)
    )
    supervisor = Supervisor([good, bad])
    pids: list[int] = []
    with pytest.raises(ProgramFailed, match=r"(?s)bad ended with status 78.*error: hub\.toml: no key"):
        supervisor.start(on_ready=lambda name: pids.append(supervisor.pid(name)))
    assert len(pids) == 1
    assert not alive(pids[0])


def test_a_configuration_error_after_a_restart_is_told_by_wait(tmp_path: Path) -> None:
    mark = tmp_path / "broken"
    code = f"import os, sys; os.path.exists({str(mark)!r}) and sys.exit(78); {READY}; {SLEEP}"
    with running(program(tmp_path, "hub", code)) as supervisor:
        mark.touch()
        supervisor.kill("hub")
        with pytest.raises(ProgramFailed, match="hub ended with status 78"):
            supervisor.wait()
        with pytest.raises(ProgramFailed, match="hub ended with status 78"):
            supervisor.wait_ready("hub", 5)


def test_a_program_that_dies_before_it_is_ready_is_given_up_in_the_end(tmp_path: Path) -> None:
    crash = program(tmp_path, "crash", "raise RuntimeError('no such thing')")
    with pytest.raises(ProgramFailed, match=r"(?s)crash ended with status 1.*RuntimeError: no such thing"):
        Supervisor([crash]).start()
    assert crash.log.read_text(encoding="utf-8").count("RuntimeError: no such thing") == 5


def test_a_program_that_was_ready_once_is_started_again_however_often_it_dies(tmp_path: Path) -> None:
    mark = tmp_path / "broken"
    code = f"import os; assert not os.path.exists({str(mark)!r}); {READY}; {SLEEP}"
    hub = program(tmp_path, "hub", code)
    with running(hub) as supervisor:
        mark.touch()
        supervisor.kill("hub")
        until(lambda: hub.log.read_text(encoding="utf-8").count("AssertionError") > 5, within_s=15)
        mark.unlink()
        supervisor.wait_ready("hub", 10)


def test_stop_ends_the_programs_in_the_reverse_order_and_kills_the_deaf_one(tmp_path: Path) -> None:
    ends = tmp_path / "ends"
    polite = (
        f"import signal, sys; signal.signal(signal.SIGTERM, lambda *_: (open({str(ends)!r}, 'a').write('polite '),"
        f"sys.exit(0))); {READY}; {SLEEP}"
    )
    deaf = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {READY}; {SLEEP}"
    supervisor = Supervisor([program(tmp_path, "deaf", deaf), program(tmp_path, "polite", polite)])
    supervisor.start()
    pids = [supervisor.pid("deaf"), supervisor.pid("polite")]
    supervisor.stop()
    assert ends.read_text(encoding="utf-8") == "polite "
    assert [alive(pid) for pid in pids] == [False, False]
    assert set(supervisor.states().values()) == {State.STOPPED}


def test_a_program_without_notify_is_ready_when_its_port_accepts(tmp_path: Path) -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    code = f"import socket; s = socket.create_server(('127.0.0.1', {port})); {SLEEP}"
    with running(program(tmp_path, "broker", code, ready_port=port)), socket.create_connection(("127.0.0.1", port)):
        pass


def test_nothing_is_left_where_the_supervisor_itself_is_killed(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    code = f"""
import sys, time
from pathlib import Path
from provisioning.demo.supervisor import Program, Supervisor
command = (sys.executable, "-c", {f"{READY}; {SLEEP}"!r})
supervisor = Supervisor([Program(n, command, Path({str(tmp_path)!r}, n + ".log")) for n in ("a", "b")])
supervisor.start()
Path({str(tmp_path / "new")!r}).write_text(f"{{supervisor.pid('a')}} {{supervisor.pid('b')}}")
Path({str(tmp_path / "new")!r}).rename({str(pids)!r})
time.sleep(600)
"""
    with subprocess.Popen([sys.executable, "-c", code]) as supervisor:
        until(pids.exists, within_s=15)
        children = [int(pid) for pid in pids.read_text(encoding="utf-8").split()]
        assert all(alive(pid) for pid in children)
        supervisor.kill()
        supervisor.wait()
    until(lambda: not any(alive(pid) for pid in children), what="the end of the programs")
