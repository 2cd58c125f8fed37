"""Lines of LED boards for tests: their configuration, and a cable with faults between driver and board."""

import os
import select
import threading
import tty
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from board_controller.config import LedBoard

FAULTS = ("lose", "double", "flip")


def boards(driver: str, link: Path | str, *addresses: int, **options: Any) -> Sequence[LedBoard]:
    """Boards on one line, one row each unless ``counters`` says otherwise."""
    told = {"counters": ("q1",), "baud": 115_200, **options}
    return [LedBoard(driver=driver, link=str(link), address=address, **told) for address in addresses or (1,)]


class Cable:
    """A cable from ``near``, which is made, to ``far``, which is made unless it is there.

    Loses, doubles and flips the bytes whose numbers, both directions counted together from 1, ``faults`` names.
    ``carried`` is all that was put into it.
    """

    def __init__(self, near: Path, far: Path, faults: Iterable[tuple[int, str]] = ()) -> None:
        self.carried = b""
        self._faults = dict(faults)
        self._count = 0
        self._pulled_after: int | None = None
        self._held: list[int] = []
        self._near = self._pty(near)
        self._far = os.open(far, os.O_RDWR | os.O_NOCTTY) if far.exists() else self._pty(far)
        self._stop, self._stopper = os.pipe()
        self._thread = threading.Thread(target=self._carry, daemon=True)
        self._thread.start()

    def pull(self, after: int = 0) -> None:
        """Nothing arrives any more, after so many bytes more."""
        self._pulled_after = self._count + after

    def plug_in(self) -> None:
        """Whole again."""
        self._pulled_after = None

    def close(self) -> None:
        """Take the cable away."""
        os.write(self._stopper, b"x")
        self._thread.join()
        for descriptor in (*self._held, self._near, self._far, self._stop, self._stopper):
            os.close(descriptor)

    def _pty(self, path: Path) -> int:
        outer, inner = os.openpty()
        tty.setraw(inner)
        path.symlink_to(os.ttyname(inner))
        self._held.append(inner)
        return outer

    def _carry(self) -> None:
        while True:
            ready, _, _ = select.select([self._near, self._far, self._stop], [], [])
            if self._stop in ready:
                return
            for here, there in ((self._near, self._far), (self._far, self._near)):
                if here in ready:
                    data = os.read(here, 4096)
                    self.carried += data
                    os.write(there, b"".join(self._hurt(byte) for byte in data))

    def _hurt(self, byte: int) -> bytes:
        self._count += 1
        if self._pulled_after is not None and self._count > self._pulled_after:
            return b""
        match self._faults.get(self._count, ""):
            case "lose":
                return b""
            case "double":
                return bytes((byte, byte))
            case "flip":
                return bytes((byte ^ 0x04,))
            case _:
                return bytes((byte,))
