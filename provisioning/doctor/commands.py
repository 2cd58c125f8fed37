"""What other programs of the machine say."""

import os
import subprocess

ANSWER_S = 8.0


class CannotTell(Exception):
    """The program is missing, failed or hung; the text says which."""


def output_of(*command: str) -> str:
    """What it writes to standard output, in English. Raises CannotTell."""
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            timeout=ANSWER_S,
            text=True,
            errors="replace",
            env={**os.environ, "LC_ALL": "C"},
        )
    except OSError as error:
        raise CannotTell(f"{command[0]}: {error.strerror}") from error
    except subprocess.TimeoutExpired as error:
        raise CannotTell(f"{command[0]}: {ANSWER_S:g} s") from error
    if done.returncode != 0:
        raise CannotTell(f"{command[0]}: {done.returncode}")
    return done.stdout
