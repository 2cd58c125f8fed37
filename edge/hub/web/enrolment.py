"""Devices that ask to be let in, those that are in, and the button that throws one out, for administrators."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from edge.contracts.code_words import MOST_TYPED, read, shown
from edge.contracts.device_words import ROLE_WORDS
from edge.contracts.enrolment import CODE_BYTES
from edge.daemon.i18n import local_time
from edge.hub.audit import DONE
from edge.hub.deeds import REFUSED, WRONG_CODE, Deed
from edge.hub.enrolment.desk import EnrolmentDesk, Fault, NotEnrolled, Wish, days_left
from edge.hub.enrolment.register import Line, Register
from edge.hub.enrolment.waiting import Busy, Pending
from edge.hub.officers import Session
from edge.hub.roles import Role
from edge.hub.web.base import Form, Office, said
from edge.hub.words import N_

HOME = "/devices/enrolment"
MAX_FIELDS = 128  # a check box for each counter
NOT_SHOWN = N_("Không có thiết bị nào đang hiện mã này. Xem lại từng từ trên màn hình của thiết bị.")
TOO_OFTEN = N_("Nhập sai mã quá nhiều lần. Xin đợi năm phút rồi thử lại.")
FAULTS: dict[Fault, str] = {
    Fault.NAME: N_("Tên chỉ gồm chữ thường không dấu, chữ số và dấu gạch ngang, nhiều nhất 40 ký tự."),
    Fault.TAKEN: N_("Đã có thiết bị tên này. Nếu thiết bị mới thay nó, đánh dấu ô bên dưới."),
    Fault.ROLE: N_("Thiết bị này đã được duyệt hoặc đã bị thu hồi. Chạy lại moiso-enrol trên thiết bị."),
    Fault.COUNTERS: N_("Có quầy không thuộc danh mục, hoặc thiết bị này không mang nút gọi của quầy."),
    Fault.HOST_OF_HUB: N_("Thiết bị xin chứng thư cho địa chỉ của chính máy chủ: không duyệt."),
    Fault.HOST_OF_OTHER: N_("Thiết bị xin chứng thư cho địa chỉ của một thiết bị khác: không duyệt."),
    Fault.HOST_NOT_PERMITTED: N_("Thiết bị xin chứng thư cho địa chỉ ngoài mạng nội bộ: không duyệt."),
    Fault.CLOCK: N_("Đồng hồ máy chủ chưa đúng nên chưa cấp được. Chỉnh giờ rồi thử lại."),
}


class Waiting(NamedTuple):
    """One that waits, as the page lists it: not its code, which stands on the device alone."""

    role: str
    address: str
    left_s: int


class Known(NamedTuple):
    """One device that is in."""

    name: str
    label: str
    role: str
    by: str
    approved: datetime | None
    renewed: datetime | None
    days_left: int | None


class EnrolmentPages:
    """The page, and what it does. ``desk`` is None where the site's authority is not at the hub."""

    def __init__(
        self, office: Office, register: Register, desk: EnrolmentDesk | None, now_s: Callable[[], float]
    ) -> None:
        self._office = office
        self._register = register
        self._desk = desk
        self._now_s = now_s

    def routes(self) -> list[BaseRoute]:
        """The routes of this room."""
        office, role = self._office, Role.ADMINISTRATOR
        return [
            office.on_get(HOME, self.page, role),
            office.on_form(f"{HOME}/find", self.find, role),
            office.on_form(f"{HOME}/approve", self.approve, role, at_most=16 * 1024, max_fields=MAX_FIELDS),
            office.on_form(f"{HOME}/refuse", self.refuse, role),
            office.on_form(f"{HOME}/revoke", self.revoke, role),
        ]

    async def page(self, request: Request, session: Session) -> Response:
        """Who waits, who is in, who was thrown out; a code may stand in the address, from the device's QR."""
        return self._page(request, session, typed=request.query_params.get("code", "")[:MOST_TYPED])

    async def find(self, request: Request, session: Session, form: Form) -> Response:
        """A code was typed: show whose it is, and ask what it should be called."""
        found = await self._found(request, session, form)
        return found if isinstance(found, Response) else self._ask(request, session, found, Wish(""))

    async def approve(self, request: Request, session: Session, form: Form) -> Response:
        """Let the device in that shows this code."""
        found = await self._found(request, session, form)
        if isinstance(found, Response):
            return found
        desk = self._desk
        assert desk is not None  # noqa: S101 - it found one
        wish = Wish(
            form.text("name", 80),
            form.text("label", 40),
            tuple(dict.fromkeys(form.texts("counter", 40))),
            form.text("spare") == "1",
            form.text("replace") == "1",
        )
        try:
            desk.check(found, wish, tuple(self._office.inbox.queue.plan.counters))
        except NotEnrolled as error:
            await self._office.note(session.officer, Deed.ENROL_DEVICE, found.role, REFUSED)
            return self._ask(request, session, found, wish, error.fault)
        await self._office.note(session.officer, Deed.ENROL_DEVICE, f"{wish.name} {found.role}", DONE)
        desk.approve(found, wish, session.officer)
        return self._office.page(
            request,
            "device_enrolled.html",
            session=session,
            name=wish.name,
            called=wish.label or wish.name,
            reply=shown(found.reply),
        )

    async def refuse(self, request: Request, session: Session, form: Form) -> Response:
        """The device that shows this code is not let in."""
        found = await self._found(request, session, form)
        if isinstance(found, Response):
            return found
        await self._office.note(session.officer, Deed.REFUSE_DEVICE, f"{found.role} {found.address}")
        if self._desk is not None:
            self._desk.waiting.close(found.id)
        return RedirectResponse(HOME, 303)

    async def revoke(self, request: Request, session: Session, form: Form) -> Response:
        """Throw a device out, from this moment on."""
        _, name = said(request), form.text("name", 80)
        if self._register.named(name) is None:
            return RedirectResponse(HOME, 303)
        await self._office.note(session.officer, Deed.REVOKE_DEVICE, name)
        self._register.revoke(name, session.officer)
        gone = _("Đã thu hồi {name}. Thiết bị không còn làm được gì ở máy chủ này.").format(name=name)
        return self._page(request, session, done=gone)

    async def _found(self, request: Request, session: Session, form: Form) -> Pending | Response:
        _, typed = said(request), form.text("code", MOST_TYPED + 1)
        if self._desk is None:
            return RedirectResponse(HOME, 303)
        try:
            code = read(typed)
        except ValueError:
            code = b""
        try:
            found = self._desk.waiting.find(code if len(code) == CODE_BYTES else b"", session.officer)
        except Busy:
            return self._page(request, session, _(TOO_OFTEN), typed=typed, status=429)
        if found is None:
            await self._office.note(session.officer, Deed.ENROL_DEVICE, outcome=WRONG_CODE)
            return self._page(request, session, _(NOT_SHOWN), typed=typed, status=422)
        return found

    def _ask(
        self, request: Request, session: Session, pending: Pending, wish: Wish, fault: Fault | None = None
    ) -> Response:
        _, catalogue = said(request), self._office.inbox.queue.catalogue
        return self._office.page(
            request,
            "device_enrol.html",
            status=422 if fault else 200,
            session=session,
            pending=pending,
            code=shown(pending.code),
            wish=wish,
            roles=ROLE_WORDS,
            counters=catalogue.counters if pending.role == "board" else (),
            message=_(FAULTS[fault]) if fault else "",
            taken=fault is Fault.TAKEN or wish.replace,
            left_min=self._desk.waiting.left_s(pending) // 60 if self._desk else 0,
        )

    def _page(
        self,
        request: Request,
        session: Session,
        message: str = "",
        *,
        typed: str = "",
        done: str = "",
        status: int = 200,
    ) -> Response:
        waiting = self._desk.waiting if self._desk else None
        return self._office.page(
            request,
            "device_enrolment.html",
            status=status,
            session=session,
            active=self._desk is not None,
            clock_trusted=self._desk is None or self._desk.clock_trusted,
            message=message,
            done=done,
            typed=typed,
            roles=ROLE_WORDS,
            waiting=[Waiting(one.role, one.address, waiting.left_s(one)) for one in waiting.shown()] if waiting else [],
            known=[self._known(line) for line in self._register.lines],
            revoked=[(one, local_time(one.revoked_s * 1000, self._zone)) for one in self._register.revoked()],
        )

    def _known(self, line: Line) -> Known:
        device, enrolled = line.device, line.enrolled
        if enrolled is None:
            return Known(device.name, device.label, device.role, "", None, None, None)
        return Known(
            device.name,
            device.label,
            device.role,
            enrolled.approved_by,
            local_time(enrolled.approved_s * 1000, self._zone),
            local_time(enrolled.since_s * 1000, self._zone),
            days_left(enrolled, self._now_s()),
        )

    @property
    def _zone(self) -> str:
        return self._office.inbox.queue.catalogue.facility.time_zone
