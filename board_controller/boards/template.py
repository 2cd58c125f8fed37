"""The frames of boards with a protocol of their own, made from a template in the configuration. Pure."""

import re
from collections.abc import Iterable
from functools import reduce
from operator import xor
from string import Formatter

from board_controller.boards.rows import Row, plain

MAX_FRAME_BYTES = 256
FIELDS = {"address": 1, "row": 1, "text": "", "blink": 0}
CHECKS = ("xor", "sum")
_ESCAPE = re.compile(r"\\(x[0-9A-Fa-f]{2}|[rnt\\]|.?)", re.DOTALL)
_TOO_MUCH = re.compile(r"[{}]|[0-9]{4}")  # a width of a thousand fits no board
_ESCAPED = {"r": "\r", "n": "\n", "t": "\t", "\\": "\\"}


class TemplateError(ValueError):
    """The template makes no frame; the text says why."""


def frame(template: str, address: int, row: int, shown: Row, check_from: int = 0) -> bytes:
    r"""The frame that shows one row of a board; ``row`` counts from 1.

    ``template`` is text with ``\xHH``, ``\r``, ``\n``, ``\t`` and ``\\``, and with fields of Python's format language:
    ``address``, ``row``, ``text`` (in the letters of ASCII) and ``blink`` (1 or 0). ``xor`` and ``sum`` are check
    values, 0–255, of the bytes before them from number ``check_from`` on: ``{xor:02X}`` as two digits, ``{xor:c}`` as
    the byte itself.
    Raises TemplateError where it makes no frame.

    >>> frame(r"\x02{address:02d}{text:>4}\x03{xor:c}", 1, 1, Row("47"), check_from=1).hex(" ")
    '02 30 31 20 20 34 37 03 01'
    """
    fields = {"address": address, "row": row, "text": plain(shown.text), "blink": int(shown.blink)}
    made = b""
    try:
        for literal, name, spec, conversion in Formatter().parse(template):
            made += _unescaped(literal).encode("latin-1")
            if name is None:
                continue
            if conversion or _TOO_MUCH.search(spec or ""):
                raise TemplateError(f"the field {name} may have a plain format only")
            value = _check(name, made[check_from:]) if name in CHECKS else fields[name]
            made += format(value, spec or "").encode("latin-1")
    except KeyError as error:
        raise TemplateError(f"no field is called {error.args[0]}; there are {', '.join((*FIELDS, *CHECKS))}") from error
    except TemplateError:
        raise
    except (ValueError, OverflowError) as error:
        raise TemplateError(str(error)) from error
    if not 1 <= len(made) <= MAX_FRAME_BYTES:
        raise TemplateError(f"a frame of {len(made)} bytes; 1 to {MAX_FRAME_BYTES} are possible")
    return made


def shows_blinking(template: str) -> bool:
    """Whether the board is told in the frame that a row blinks."""
    return "blink" in fields_of(template)


def fields_of(template: str) -> set[str]:
    """The names of the template's fields."""
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}


def frames(template: str, address: int, rows: Iterable[Row], check_from: int = 0) -> bytes:
    """One frame a row, one after the other."""
    return b"".join(frame(template, address, at, row, check_from) for at, row in enumerate(rows, start=1))


def _check(name: str, covered: bytes) -> int:
    return reduce(xor, covered, 0) if name == "xor" else sum(covered) % 0x100


def _unescaped(literal: str) -> str:
    def one(found: re.Match[str]) -> str:
        code = found[1]
        if code.startswith("x"):
            return chr(int(code[1:], 16))
        if code in _ESCAPED:
            return _ESCAPED[code]
        raise TemplateError(f"\\{code} means nothing; there are \\xHH, \\r, \\n, \\t and \\\\")

    return _ESCAPE.sub(one, literal)
