"""What a device remembers of its hubs: the latest one that it has seen, so that it never goes back to an older one."""

import logging
from pathlib import Path

import msgspec

from edge.contracts.term import FIRST, TERM_HEADER, Claim, as_header, from_header
from edge.daemon.durable import write_durably

log = logging.getLogger(__name__)
_claim = msgspec.json.Decoder(Claim)


class Terms:
    """The latest claim, in a file where a path is given. A file that cannot be read counts as none: the next answer of
    a hub tells it again."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self.latest = FIRST
        if path is not None and path.exists():
            try:
                self.latest = _claim.decode(path.read_bytes())
            except (msgspec.DecodeError, OSError):
                log.warning("which hub is the site's cannot be read, %s begins anew", path)

    def headers(self) -> dict[str, str]:
        """What is shown to every hub; nothing where no hub ever took over."""
        return {TERM_HEADER: as_header(self.latest)} if self.latest.generation else {}

    def is_current(self, header: str | None) -> bool:
        """Whether an answer with this header (None: it has none) is of the hub that is in office, as far as is known.

        A later one is remembered, on the disk.
        """
        try:
            claim = FIRST if header is None else from_header(header)
        except ValueError:
            claim = FIRST
        if claim.generation > self.latest.generation:
            self._remember(claim)
            return True
        if claim.generation < self.latest.generation:
            return False
        return not claim.generation or claim.epoch == self.latest.epoch

    def _remember(self, claim: Claim) -> None:
        log.warning("another hub has taken over: generation %s", claim.generation)
        self.latest = claim
        if self._path is None:
            return
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_durably(self._path, msgspec.json.encode(claim))
        except OSError as error:
            log.error("which hub is the site's cannot be kept on this disk: %s", error.strerror)
