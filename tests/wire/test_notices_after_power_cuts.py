"""Whatever ends the program while it plans or sends: of the alarms nothing is lost, and no message goes out twice."""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from cloud.accounts.database import now_ms
from cloud.delivery import State
from cloud.fleet.news import MOST_REPEATS, News, to_tell
from cloud.fleet.notice_settings import recipients
from cloud.fleet.outbox import Outbox
from cloud.fleet.rules import Cause
from edge.daemon.config import load
from tests.alarm_story import AlarmStory, paper_out
from tests.cloud_people import SITES, add_sites
from tests.http_receiver import Receiver, http_receiver
from tests.notice_centre import SECRET, make_authority, tls
from tests.notices_program import Settings
from tests.smtp_server import Received, smtp_server
from tests.waiting import until
from tests.wire.daemon import Daemon

PROGRAM = """
data = "cloud"
begin_ms = {now_ms}
faster = 600
[mail]
host = "127.0.0.1"
port = {mail_port}
sender = "moiso@mau.example"
security = "none"
[[notice]]
province = "all"
mail = "truc@mau.example"
[[notice]]
province = "all"
webhook = "https://127.0.0.1:{port}/moiso?token=hidden-token"
secret_file = "secret"
ca = "{ca}"
"""


class Program:
    """Notices as a process of its own, whose clock runs so fast that ten minutes pass in a second."""

    def __init__(self, folder: Path, authority: Path, mail_port: int, receiver: Receiver) -> None:
        self.data = folder / "cloud"
        add_sites(self.data)
        self.log = folder / "log"
        self.story = AlarmStory(self.data, now_ms())
        (folder / "secret").write_text(SECRET, encoding="utf-8")
        (folder / "cloud.toml").write_text(
            PROGRAM.format(now_ms=now_ms(), mail_port=mail_port, port=receiver.port, ca=authority / "ca.crt"),
            encoding="utf-8",
        )
        self._config = config = load(folder / "cloud.toml", Settings)
        self.by_mail, self.by_hook = (one.key for one in recipients(config.notice, config.province, mail=True))
        Outbox(self.data).start((self.by_mail, self.by_hook), self.story.now_ms)  # recipients before there are alarms
        self.daemon = Daemon("tests.notices_program", folder / "cloud.toml", self.log)

    def now_ms(self) -> int:
        """What its clock shows."""
        return self._config.now_ms()

    def states(self, key: str) -> list[State]:
        """How far a recipient's messages are, the newest first."""
        return [delivery.state for delivery in Outbox(self.data).history(key, 999)]

    def is_done(self) -> bool:
        """Whether everything that happened was told, for good."""
        outbox = Outbox(self.data)
        last = max((event.seq for event in self.story.fleet.events_after(0, 100_000)), default=0)
        for key in (self.by_mail, self.by_hook):
            news = {to_tell(standing) for standing in outbox.standings(key)} - {None}
            if key == self.by_mail:
                news -= {News.PASSED}
            if news or outbox.waiting(key) or outbox.position(key).seq < last:
                return False
        return True


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def receiver(authority: Path) -> Iterator[Receiver]:
    with http_receiver(tls(authority)) as receiver:
        yield receiver


@pytest.fixture
def program(
    tmp_path: Path, authority: Path, mail_server: tuple[Received, int], receiver: Receiver
) -> Iterator[Program]:
    program = Program(tmp_path, authority, mail_server[1], receiver)
    yield program
    program.daemon.kill()


@pytest.fixture
def mail_server() -> Iterator[tuple[Received, int]]:
    with smtp_server() as server:
        yield server


@pytest.mark.req("D4", "X5")
def test_after_power_cuts_nothing_is_lost_and_nothing_planned_twice(
    program: Program, mail_server: tuple[Received, int], receiver: Receiver
) -> None:
    received, _ = mail_server
    chance = Random(8)
    story, causes, opened = program.story, [paper_out("mau-01", f"kiosk-{n}") for n in range(12)], set[int]()
    is_open, ever_open = set[Cause](), set[Cause]()
    for _ in range(10):
        program.daemon.launch()
        story.now_ms = program.now_ms()
        enough = len(receiver.requests) + chance.randrange(2)
        for cause in chance.sample(causes, 4):
            if cause in is_open:
                story.closes(cause)
            elif cause in ever_open:
                story.reopens(cause)
            else:
                opened.add(story.opens(cause))
            is_open ^= {cause}
            ever_open.add(cause)
        program.daemon.wait_until_ready()
        until(lambda n=enough: len(receiver.requests) >= n or program.is_done())  # type: ignore[misc]
        threading.Event().wait(chance.random() * 0.3)  # a power cut comes at any moment
        program.daemon.kill()
    program.daemon.start()
    until(program.is_done, within_s=30, what="everything told")
    assert program.daemon.stop() == 0

    bodies: dict[str, bytes] = {}
    for request in receiver.requests:
        assert bodies.setdefault(request.headers["moiso-delivery"], request.body) == request.body
    believed, ever = set[int](), set[int]()
    for body in bodies.values():
        for told in json.loads(body)["alarms"]:
            ever.add(told["alarm"])
            believed.discard(told["alarm"])
            if told["news"] not in ("closed", "passed"):
                believed.add(told["alarm"])
    truth = {kept.alarm.id for kept in story.fleet.open_alarms(list(SITES))}
    assert believed == truth
    assert ever == opened
    letters = Counter(message["Message-ID"] for message in received.messages)
    assert set(letters.values()) == {1}
    written = "".join(str(message.get_content()) for message in received.messages)
    unsure = program.states(program.by_mail).count(State.UNSURE)
    assert unsure > MOST_REPEATS or all(f"/alarms/{number}\n" in written for number in truth)
    log = program.log.read_text(encoding="utf-8")
    assert "Traceback" not in log
    assert not any(hidden in log for hidden in ("mau.example", "hidden-token", SECRET))


@pytest.mark.req("D4")
def test_a_letter_that_may_have_arrived_is_not_sent_again_but_what_it_said_is_repeated(
    program: Program, mail_server: tuple[Received, int]
) -> None:
    received, _ = mail_server
    received.holding.set()
    program.story.opens(paper_out())
    program.daemon.start()
    until(received.held.is_set, what="the letter with the server")
    program.daemon.kill()
    received.holding.clear()
    program.daemon.start()
    until(program.is_done, what="everything told")
    program.daemon.stop()
    first, second = received.messages
    assert first["Message-ID"] != second["Message-ID"]
    assert "Không rõ thư trước đã đến nơi chưa" in second.get_content()
    assert program.states(program.by_mail) == [State.SENT, State.UNSURE]
    assert "going out when this program ended" in program.log.read_text(encoding="utf-8")


@pytest.mark.req("D4")
def test_a_webhook_that_was_cut_off_comes_again_under_the_same_name(program: Program, receiver: Receiver) -> None:
    receiver.holding.set()
    program.story.opens(paper_out())
    program.daemon.start()
    receiver.came(1)
    program.daemon.kill()
    receiver.holding.clear()
    program.daemon.start()
    receiver.came(2)
    until(program.is_done, what="everything told")
    assert len(set(receiver.ids)) == 1
    assert len({request.body for request in receiver.requests}) == 1
    assert program.states(program.by_hook) == [State.SENT]
