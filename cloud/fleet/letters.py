"""What a message about alarms says: an e-mail in words, a webhook's body in codes and words. It only writes text.

Who acknowledged an alarm, and what they noted, is left out: that is a name of staff.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from cloud.fleet.news import News, Told
from cloud.fleet.records import Kept
from cloud.fleet.rules import Level
from cloud.fleet.words import place, todo, what
from cloud.reports.tongue import Tongue
from cloud.roles import Province
from cloud.words import N_
from edge.daemon.i18n import local_time

MOST_ALARMS = 200  # of one message; what is more waits for the next
TIME_ZONE = "Asia/Ho_Chi_Minh"
VERSION = 1

SUBJECT = N_("MờiSố: {counts} – {place}")
COUNTS: Mapping[str, str] = {
    "fail": N_("{n} sự cố"),
    "warn": N_("{n} cần xem"),
    "reminder": N_("{n} nhắc lại"),
    "closed": N_("{n} đã hết"),
}
# The parts of a letter, in their order.
HEADINGS: Mapping[str, str] = {
    "fail": N_("SỰ CỐ"),
    "warn": N_("CẦN XEM"),
    "reminder": N_("NHẮC LẠI: CHƯA AI NHẬN XỬ LÝ"),
    "closed": N_("ĐÃ HẾT"),
}
CENTRE = N_("Trung tâm dữ liệu")
SITES = N_("{n} cơ sở")
HEAD = N_("Kính gửi: {place}\n\nTình trạng thiết bị lúc {moment}.")
SINCE, SPAN = N_("Từ {since}."), N_("Từ {since} đến {until}.")
AGAIN, WORSE = N_("Xảy ra lại, lần thứ {n}."), N_("Nặng hơn trước.")
PASSED = N_("Số cảnh báo khác đã bắt đầu rồi tự hết từ thư trước: {n}.")
MORE = N_("Số cảnh báo nữa sẽ có trong thư sau: {n}.")
UNSURE = N_("Không rõ thư trước đã đến nơi chưa, nên thư này nhắc lại điều đã báo.")
SEE = N_("Xem và nhận xử lý: {link}")
FOOT = N_("Thư này do MờiSố tự gửi; xin không trả lời. Muốn thôi nhận, xin báo quản trị của Sở.")


class Item(Struct, frozen=True):
    """One alarm in a message: the news of it and the alarm. ``level`` is what it was opened with or worsened to,
    ``role`` its device's ("": not known). ``unsure``: the message before had it too, and may not have arrived."""

    news: News
    kept: Kept
    level: int
    role: str = ""
    unsure: bool = False

    @property
    def told(self) -> Told:
        """What a recipient knows of the alarm once it has this."""
        return Told(self.kept.alarm.id, self.news, self.level, bool(self.kept.acknowledged_ms))

    @property
    def part(self) -> str:
        """The part of a letter that it stands in, a key of HEADINGS."""
        match self.news:
            case News.CLOSED | News.PASSED:
                return "closed"
            case News.REMINDER:
                return "reminder"
        return "fail" if self.kept.alarm.level is Level.FAIL else "warn"


class Matter(Struct, frozen=True):
    """What a message is made of: ``more`` alarms that wait for the next one, ``passed`` that came and went untold."""

    province: Province
    items: tuple[Item, ...]
    made_ms: int
    more: int = 0
    passed: int = 0


Names = Mapping[str, tuple[str, str]]  # a facility's name, in Vietnamese and English, by its site


def worst_first(item: Item) -> tuple[int, int, int]:
    """The order in a message: what is there and fails, then what is there, then what is over; each the oldest first."""
    alarm = item.kept.alarm
    return tuple(HEADINGS).index(item.part), alarm.since_ms, alarm.id


def letter(matter: Matter, tongue: Tongue, names: Names, dashboard: str) -> tuple[str, str]:
    """The subject and the text of an e-mail. ``dashboard`` is its address, "" where it has none that may be told."""
    of_part = {part: [item for item in matter.items if item.part == part] for part in HEADINGS}
    counts = ", ".join(tongue.say(COUNTS[part]).format(n=len(items)) for part, items in of_part.items() if items)
    subject = tongue.say(SUBJECT).format(counts=counts, place=_where(matter.items, tongue, names))
    moment = tongue.moment(local_time(matter.made_ms, TIME_ZONE))
    addressee = tongue.pick(matter.province.name, matter.province.name_en)
    paragraphs = [tongue.say(HEAD).format(place=addressee, moment=moment)]
    if any(item.unsure for item in matter.items):
        paragraphs.append(tongue.say(UNSURE))
    for part, items in of_part.items():
        if items:
            paragraphs.append(tongue.say(HEADINGS[part]))
            paragraphs += [_paragraph(item, tongue, names, dashboard) for item in items]
    if matter.passed:
        paragraphs.append(tongue.say(PASSED).format(n=tongue.number(matter.passed)))
    if matter.more:
        paragraphs.append(tongue.say(MORE).format(n=tongue.number(matter.more)))
    if dashboard:
        paragraphs.append(tongue.say(SEE).format(link=f"{dashboard}/alarms"))
    paragraphs.append(tongue.say(FOOT))
    return _one_line(subject), "\n\n".join(paragraphs) + "\n"


class AlarmNews(Struct, frozen=True):
    """One alarm in a webhook's body, in the codes of ``cloud.fleet.rules``; ``text`` and ``todo`` are for a person.

    Times are milliseconds since 1970 UTC, 0: not. ``site`` is empty for the centre itself, ``device`` for the site's.
    """

    news: News
    alarm: int
    site: str
    device: str
    kind: str
    subject: str
    reason: str
    detail: str
    level: str
    open: bool
    acknowledged: bool
    since_ms: int
    opened_ms: int
    closed_ms: int
    times: int
    place: str
    text: str
    todo: str
    link: str


class Body(Struct, frozen=True):
    """A webhook's body. ``delivery`` is the same however often it comes; ``more`` alarms follow in the next."""

    version: int
    delivery: str
    made_ms: int
    province: str
    more: int
    alarms: Annotated[tuple[AlarmNews, ...], Meta(max_length=MOST_ALARMS)]


def webhook_body(matter: Matter, delivery: str, tongue: Tongue, names: Names, dashboard: str) -> bytes:
    """The JSON that a webhook gets."""
    alarms = tuple(_alarm_news(item, tongue, names, dashboard) for item in matter.items)
    body = Body(VERSION, delivery, matter.made_ms, matter.province.id, matter.more, alarms)
    return msgspec.json.encode(body)


def _alarm_news(item: Item, tongue: Tongue, names: Names, dashboard: str) -> AlarmNews:
    alarm, cause = item.kept.alarm, item.kept.alarm.cause
    return AlarmNews(
        news=item.news,
        alarm=alarm.id,
        site=cause.site,
        device=cause.device,
        kind=cause.kind.value,
        subject=cause.subject,
        reason=alarm.reason,
        detail=alarm.detail,
        level=alarm.level.name.lower(),
        open=alarm.open,
        acknowledged=bool(item.kept.acknowledged_ms),
        since_ms=alarm.since_ms,
        opened_ms=alarm.opened_ms,
        closed_ms=alarm.closed_ms,
        times=alarm.times,
        place=_named(cause.site, tongue, names),
        text=_sentence(item, tongue),
        todo=todo(alarm, item.role, tongue.say),
        link=_link(item, dashboard),
    )


def _paragraph(item: Item, tongue: Tongue, names: Names, dashboard: str) -> str:
    alarm = item.kept.alarm
    since = tongue.moment(local_time(alarm.since_ms, TIME_ZONE))
    lines = [f"- {_named(alarm.cause.site, tongue, names)} – {_sentence(item, tongue)}"]
    if item.part == "closed":
        ended_ms = alarm.closed_ms or alarm.gone_ms or alarm.since_ms
        until = tongue.moment(local_time(ended_ms, TIME_ZONE))
        lines.append(f"  {tongue.say(SPAN).format(since=since, until=until)}")
        return "\n".join(lines)
    told = [tongue.say(SINCE).format(since=since)]
    if item.news is News.REOPENED:
        told.append(tongue.say(AGAIN).format(n=tongue.number(alarm.times)))
    if item.news is News.WORSENED:
        told.append(tongue.say(WORSE))
    lines.append(f"  {' '.join(told)} {todo(alarm, item.role, tongue.say)}")
    if link := _link(item, dashboard):
        lines.append(f"  {link}")
    return "\n".join(lines)


def _sentence(item: Item, tongue: Tongue) -> str:
    alarm = item.kept.alarm
    machine, wrong = place(alarm, tongue.say), what(alarm, tongue.say)
    return f"{machine}: {wrong}" if machine else wrong


def _where(items: Sequence[Item], tongue: Tongue, names: Names) -> str:
    sites = {item.kept.alarm.cause.site for item in items}
    if len(sites) == 1:
        return _named(sites.pop(), tongue, names)
    return tongue.say(SITES).format(n=tongue.number(len(sites - {""})))


def _named(site: str, tongue: Tongue, names: Names) -> str:
    if not site:
        return tongue.say(CENTRE)
    return _one_line(tongue.pick(*names.get(site, ("", ""))) or site)


def _link(item: Item, dashboard: str) -> str:
    return f"{dashboard}/alarms/{item.kept.alarm.id}" if dashboard else ""


def _one_line(text: str) -> str:
    """A subject cannot hold a line's end, nor may a facility's name add a line to a letter."""
    return " ".join(text.split())
