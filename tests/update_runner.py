"""moiso-update, many times over: its libraries are loaded once, and each run is a process that can be killed.

``python -m tests.update_runner`` reads a run a line as JSON: arguments, environment, where its output goes, and Python
to execute before it. It answers with the exit status, negative for a signal.
"""

import json
import os
import subprocess
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path

from provisioning.update.app import run

ROOT = Path(__file__).parents[1]


class Runner:
    """The process that runs them."""

    def __init__(self) -> None:
        command = [sys.executable, "-B", "-m", "tests.update_runner"]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, arguments: Sequence[str], environment: Mapping[str, str], output: Path, hook: str = "") -> int:
        """Run it once and wait; the exit status."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps([[*arguments], dict(environment), str(output), hook]), file=self._process.stdin, flush=True)
        return int(self._process.stdout.readline())

    def close(self) -> None:
        """End."""
        self._process.stdin.close()  # type: ignore[union-attr]
        self._process.wait(10)


def main() -> None:
    """Serve until standard input ends."""
    for line in sys.stdin:
        child = os.fork()
        if not child:
            _child(*json.loads(line))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _child(arguments: list[str], environment: dict[str, str], output: str, hook: str) -> None:
    code = 70
    try:
        os.setsid()  # what ends it ends everything that it has started
        os.environ.clear()
        os.environ.update(environment)
        at = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        for stream in (1, 2):
            os.dup2(at, stream)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        exec(hook, {})  # noqa: S102 (this repository's own)
        code = run(arguments)
    except SystemExit as end:
        code = int(end.code or 0)
    except BaseException:  # noqa: BLE001 (this is the end of a process: it is told where it can be read)
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
