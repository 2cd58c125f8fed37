"""The PIN of the staff's screens: known by its hash alone, and guarded against whoever tries them all.

``moiso-pin`` asks for a PIN and prints the line for kiosk.toml.
"""

import getpass
import re
import secrets
import sys
from collections.abc import Callable

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

TRIES = 5  # wrong ones in a row
WAIT_S = 60  # after so many; twice as long after each further one
MOST_WAIT_S = 900
_PIN = re.compile(r"[0-9]{6,12}")


class Pin:
    """One PIN. ``clock_s`` never runs backwards; used from one thread at a time.

    A restart of the program forgets the wrong tries: to restart it takes the PIN, or the plug of the kiosk.
    """

    def __init__(self, hashed: str, clock_s: Callable[[], float]) -> None:
        self._hashed = hashed
        self._clock_s = clock_s
        self._wrong = 0
        self._shut_until_s = 0.0

    def check(self, pin: str) -> tuple[bool, int]:
        """Whether this is it, and for how many seconds none is looked at (0: the next may be tried at once).

        Blocks for the tenth of a second that argon2 takes.
        """
        left_s = self._shut_until_s - self._clock_s()
        if left_s > 0:
            return False, round(left_s + 0.5)
        try:
            PasswordHasher().verify(self._hashed, pin)
        except VerifyMismatchError:
            self._wrong += 1
            if self._wrong < TRIES:
                return False, 0
            wait_s = min(MOST_WAIT_S, WAIT_S * 2 ** (self._wrong - TRIES))
            self._shut_until_s = self._clock_s() + wait_s
            return False, wait_s
        self._wrong = 0
        return True, 0


def hash_pin(pin: str) -> str:
    """The hash of a PIN of 6 to 12 digits. Raises ValueError on another one, or one that is easily guessed."""
    if not _PIN.fullmatch(pin):
        raise ValueError("a PIN has 6 to 12 digits")
    if _is_easy(pin):
        raise ValueError("this PIN is easily guessed: take another one")
    return PasswordHasher().hash(pin)


def chance_pin() -> str:
    """A PIN of 6 digits that nobody chose."""
    while _is_easy(pin := f"{secrets.randbelow(10**6):06d}"):
        pass
    return pin


def _is_easy(pin: str) -> bool:
    return len(set(pin)) < 3 or pin in "01234567890123" or pin in "98765432109876"


def is_hash(text: str) -> bool:
    """Whether this is a hash as ``hash_pin`` makes them."""
    try:
        PasswordHasher().check_needs_rehash(text)
    except InvalidHashError:
        return False
    return True


def main() -> None:
    """Ask for a PIN twice and print the line for kiosk.toml."""
    pin = getpass.getpass("PIN (6-12 digits): ")
    if getpass.getpass("Once more: ") != pin:
        sys.exit("moiso-pin: the two are not the same")
    try:
        line = hash_pin(pin)
    except ValueError as error:
        sys.exit(f"moiso-pin: {error}")
    print(f'staff_pin_argon2 = "{line}"')


if __name__ == "__main__":
    main()
