"""Which passwords are taken, and how they are kept: Argon2id, one hash at a time."""

import re
import threading
import unicodedata
from functools import cache
from importlib.resources import files

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from cloud.accounts.faults import MAX_PASSWORD, MIN_PASSWORD, AccountRefused, Fault

MIN_DIFFERENT = 5  # letters: "aaaaaaaaaaaa" and "121212121212" are long and nothing else
_DISGUISES = str.maketrans("@$0135+", "asoiest")
_SPELLINGS = str.maketrans({"đ": "d", "Đ": "d"})

# OWASP Password Storage Cheat Sheet: Argon2id with 19 MiB, 2 iterations, 1 lane; one at a time, for the memory's sake.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_hashing = threading.Lock()
# Verified where there is no password, so that the answer takes as long; invented, so none is known to give it.
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$Yz5RZ1vV3qG1qFhU0m0mYg$6DqJ7kYb1o2m9bVx0K7n3Hc0q5o8r4tqgVd5pJ0s1zM"


def check_password(name: str, password: str) -> None:
    """Raise AccountRefused where the account ``name`` may not have this password.

    Length, no rules of composition, and none of those that are tried first: a list of some hundred words and phrases
    kept with the program (no breached-password service is asked), also when they are disguised with digits and signs.
    Source: OWASP ASVS 5.0, 6.2.
    """
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise AccountRefused(Fault.LENGTH)
    plain = password.casefold()
    if len(name) >= 4 and name.casefold() in plain:
        raise AccountRefused(Fault.LIKE_NAME)
    if len(set(plain)) < MIN_DIFFERENT or _cores(password) & _common():
        raise AccountRefused(Fault.COMMON)


def hash_password(password: str) -> str:
    """The Argon2id hash in its usual form, ``$argon2id$…``."""
    with _hashing:
        return _hasher.hash(password)


def is_password(stored: str, password: str) -> bool:
    """Whether this is the password of that hash; of "" none is, and saying so takes as long."""
    with _hashing:
        try:
            return _hasher.verify(stored or _NOBODY, password[: MAX_PASSWORD + 1]) and bool(stored)
        except VerificationError:
            return False


def _cores(password: str) -> set[str]:
    """What is left of a password without accents, digits and signs about it, and repetition, undisguised or not.

    >>> "matkhau" in _cores("M@tKhau123456"), "matkhau" in _cores("Mật khẩu 2026!"), _cores("trời xanh")
    (True, True, {'troixanh'})
    """
    apart = unicodedata.normalize("NFD", password.casefold().translate(_SPELLINGS))
    letters = "".join(c for c in apart if not unicodedata.combining(c))
    cores = set()
    for text in (
        letters,
        letters.translate(_DISGUISES),
        re.sub(r"^[\W\d_]+|[\W\d_]+$", "", letters).translate(_DISGUISES),
    ):
        packed = re.sub(r"[\W_]", "", text)
        cores |= {packed, packed.strip("0123456789")}
        cores |= {_unit(core) for core in tuple(cores)}
    return cores - {""}


def _unit(text: str) -> str:
    """What ``text`` repeats from its beginning to its end; itself where it does not.

    >>> _unit("qwertyqwerty"), _unit("hanoi")
    ('qwerty', 'hanoi')
    """
    at = (text + text).find(text, 1)
    return text[:at] if at > 0 else text


@cache
def _common() -> frozenset[str]:
    text = files("cloud.accounts").joinpath("common_passwords.txt").read_text(encoding="utf-8")
    return frozenset(word for line in text.splitlines() if not line.startswith("#") for word in line.split())
