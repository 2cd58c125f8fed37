"""Notices as a program of its own, so that a test can end it as a power cut does."""

import signal
import threading
import time
from pathlib import Path

from cloud.fleet.notice_settings import Notice, recipients
from cloud.fleet.notices import Notices, NoticeSettings
from cloud.fleet.store import Fleet
from cloud.mail import Mail
from cloud.roles import EVERYWHERE, Province
from edge.daemon.config import Section, config_path, load
from edge.daemon.logs import start_logging
from edge.daemon.notify import notify


class Settings(Section, frozen=True):
    """What of cloud.toml it needs. Its clock shows ``begin_ms`` at that time, and runs ``faster`` times as fast."""

    data: Path
    mail: Mail
    notice: tuple[Notice, ...]
    begin_ms: int
    faster: int
    province: tuple[Province, ...] = (EVERYWHERE,)

    def now_ms(self) -> int:
        """What its clock shows."""
        return self.begin_ms + (time.time_ns() // 1_000_000 - self.begin_ms) * self.faster


def main() -> None:
    """Run until SIGTERM."""
    start_logging("moiso-fleet")
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: stop.set())
    config = load(config_path("cloud"), Settings)
    told = recipients(config.notice, config.province, mail=True)
    notices = Notices(
        Fleet(config.data),
        config.data,
        NoticeSettings(told, "https://so.mau.example"),
        config.mail,
        config.now_ms,
        look_up_s=0.02,
    )
    notify("READY=1")
    notices.run(stop)


if __name__ == "__main__":
    main()
