"""The notices of a centre in this process, on a clock that the test turns."""

import ssl
import threading
from pathlib import Path

from cloud.delivery import State
from cloud.fleet.notice_settings import Notice, recipients
from cloud.fleet.notices import Notices, NoticeSettings
from cloud.fleet.outbox import Outbox
from cloud.mail import Mail, Security
from provisioning.certificates import create_authority, issue
from tests.alarm_story import MINUTE_MS, AlarmStory
from tests.cloud_people import KHAC, MAU, add_sites
from tests.http_receiver import Receiver
from tests.smtp_server import Received
from tests.waiting import until

SECRET = "a-secret-of-thirty-two-bytes-or-more"
NOW_MS = 1_795_755_600_000  # noon in Viet Nam


def make_authority(folder: Path) -> Path:
    """An authority in this folder, and certificates of it for 127.0.0.1 ("right") and for some other host ("wrong")."""
    create_authority(folder / "ca.crt", folder / "ca.key", "Fictitious authority of a Department")
    for name, host in (("right", "127.0.0.1"), ("wrong", "other.mau.example")):
        issue(
            folder / "ca.crt",
            folder / "ca.key",
            crt=folder / f"{name}.crt",
            key=folder / f"{name}.key",
            common_name=name,
            hosts=(host,),
        )
    return folder


def tls(authority: Path, name: str = "right") -> ssl.SSLContext:
    """What a server shows that has this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority / f"{name}.crt", authority / f"{name}.key")
    return context


class Centre:
    """Notices in this process, on a clock that the test turns."""

    def __init__(self, folder: Path, authority: Path) -> None:
        self.folder = folder
        self.authority = authority
        self.data = folder / "cloud"
        add_sites(self.data)
        self.story = AlarmStory(self.data, NOW_MS)
        self.mail_port = 0
        self.sections: list[Notice] = []
        (folder / "secret").write_text(SECRET, encoding="utf-8")
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def outbox(self) -> Outbox:
        """What is kept of it."""
        return Outbox(self.data)

    @property
    def settings(self) -> NoticeSettings:
        """As of cloud.toml."""
        return NoticeSettings(recipients(self.sections, (MAU, KHAC), mail=True), "https://so.mau.example")

    def mail(self, address: str = "truc@mau.example", **more: object) -> None:
        """A section for an e-mail address."""
        self.sections.append(Notice("mau", mail=address, **more))  # type: ignore[arg-type]

    def hook(self, receiver: Receiver, path: str = "/moiso", **more: object) -> None:
        """A section for a webhook."""
        url = f"https://127.0.0.1:{receiver.port}{path}"
        given = {"secret_file": self.folder / "secret", "ca": self.authority / "ca.crt", **more}
        self.sections.append(Notice("mau", webhook=url, **given))  # type: ignore[arg-type]

    def start(self) -> None:
        """Run it until the test ends."""
        server = Mail("127.0.0.1", "moiso@mau.example", self.mail_port, Security.NONE)
        notices = Notices(self.story.fleet, self.data, self.settings, server, lambda: self.story.now_ms, look_up_s=0.02)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=notices.run, args=(self._stop,))
        self._thread.start()

    def end(self) -> None:
        """As SIGTERM does."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(20)
            assert not self._thread.is_alive()

    def later(self, minutes: float) -> None:
        """Turn the clock."""
        self.story.now_ms += int(minutes * MINUTE_MS)

    def has_heard_all(self) -> None:
        """Wait until every recipient has heard what there is."""
        last = max((event.seq for event in self.story.fleet.events_after(0, 100_000)), default=0)
        keys = [one.key for one in self.settings.recipients]
        until(lambda: all(self.outbox.position(key).seq == last for key in keys), what="everything heard")

    def states(self, section: int = 1) -> list[State]:
        """How far the messages of a section are, the newest first."""
        key = self.settings.recipients[section - 1].key
        return [delivery.state for delivery in self.outbox.history(key, 99)]


def came(received: Received, n: int) -> str:
    """Wait for the letter number ``n``, from 1; its subject and text."""
    until(lambda: len(received.messages) >= n, what=f"{n} letters")
    message = received.messages[n - 1]
    return f"{message['Subject']}\n{message.get_content()}"
