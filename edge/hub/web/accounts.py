"""Accounts: what administrators do with everybody's, and everybody with their own."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from edge.hub.deeds import REFUSED, WRONG_PASSWORD, Deed
from edge.hub.officers import Session, TooManyTries, WrongPassword
from edge.hub.passwords import MAX_PASSWORD, MIN_PASSWORD, WORDS, AccountRefused, Fault, check_password, check_pin
from edge.hub.roles import ROLE_WORDS, Role
from edge.hub.web.base import SESSION_COOKIE, Form, Office, said, set_cookie

_BY_VALUE = {role.value: role for role in Role}


class AccountPages:
    """The list of accounts, one account, and "my account"."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def routes(self) -> list[BaseRoute]:
        """The routes of this room."""
        office = self._office
        return [
            office.on_get("/accounts", self.accounts, Role.ADMINISTRATOR),
            office.on_form("/accounts", self.add, Role.ADMINISTRATOR),
            office.on_get("/accounts/edit", self.edit, Role.ADMINISTRATOR),
            office.on_form("/accounts/edit", self.change, Role.ADMINISTRATOR),
            office.on_get("/account", self.mine, Role.COUNTER, first_login=True),
            office.on_form("/account", self.change_mine, Role.COUNTER, first_login=True),
        ]

    async def accounts(self, request: Request, session: Session) -> Response:
        """Every account, and the form for another one."""
        return self._list(request, session)

    async def add(self, request: Request, session: Session, form: Form) -> Response:
        """Add an account and show its temporary password, this once."""
        officers, name = self._office.officers, form.text("name", 80)
        role = _BY_VALUE.get(form.text("role"), Role.COUNTER)
        try:
            officers.check_new(name)
            await self._office.note(session.officer, Deed.ADD_ACCOUNT, f"{name} {role.value}")
            password = await self._office.hashing(officers.add, name, role)
        except AccountRefused as refusal:
            return self._list(request, session, _words(request, refusal), name=name, role=role)
        return self._office.page(request, "new_password.html", session=session, name=name, password=password)

    async def edit(self, request: Request, session: Session) -> Response:
        """One account."""
        return self._one(request, session, request.query_params.get("name", ""))

    async def change(self, request: Request, session: Session, form: Form) -> Response:
        """Another role, a new temporary password, locked or unlocked."""
        officers, name = self._office.officers, request.query_params.get("name", "")
        _ = said(request)
        match form.text("change"):
            case "reset":
                return await self._reset(request, session, name)
            case "role" if form.text("role") in _BY_VALUE:
                role = _BY_VALUE[form.text("role")]
                if role is Role.ADMINISTRATOR:
                    check: Callable[[str], object] = officers.account
                else:
                    check = officers.check_dispensable
                deed, done, what = Deed.CHANGE_ROLE, _("Đã đổi vai trò."), f"{name} {role.value}"

                def act() -> None:
                    officers.set_role(name, role)
            case "disable":
                deed, done, what, check = Deed.DISABLE, _("Đã khoá tài khoản."), name, officers.check_dispensable

                def act() -> None:
                    officers.set_disabled(name, True)
            case "enable":
                deed, done, what, check = Deed.ENABLE, _("Đã mở khoá tài khoản."), name, officers.account

                def act() -> None:
                    officers.set_disabled(name, False)
            case _:
                return self._one(request, session, name)
        try:
            check(name)
            await self._office.note(session.officer, deed, what)
            act()
        except AccountRefused as refusal:
            if refusal.fault is not Fault.UNKNOWN:  # what is no account's name may be anything
                await self._office.note(session.officer, deed, what, REFUSED)
            return self._one(request, session, name, _words(request, refusal), status=409)
        return self._one(request, session, name, done=done)

    async def _reset(self, request: Request, session: Session, name: str) -> Response:
        officers = self._office.officers
        try:
            officers.account(name)
            await self._office.note(session.officer, Deed.RESET_PASSWORD, name)
            password = await self._office.hashing(officers.reset, name)
        except AccountRefused as refusal:
            return self._one(request, session, name, _words(request, refusal), status=409)
        return self._office.page(request, "new_password.html", session=session, name=name, password=password)

    async def mine(self, request: Request, session: Session) -> Response:
        """My account."""
        return self._my_page(request, session)

    async def change_mine(self, request: Request, session: Session, form: Form) -> Response:
        """My own new password or PIN; both ask for the password in force."""
        what, name, _ = form.text("what"), session.officer, said(request)
        deed = Deed.SET_PIN if what == "pin" else Deed.CHANGE_PASSWORD
        try:
            self._office.officers.note_try(name)
            if deed is Deed.SET_PIN and not session.must_change:
                await self._set_pin(name, form)
                return self._my_page(request, session, what=what, done=_("Đã đặt PIN."))
            token = await self._change_password(name, form)
        except TooManyTries:
            message = _("Thử sai quá nhiều lần. Xin đợi năm phút rồi thử lại.")
            return self._my_page(request, session, message, what=what, status=429)
        except WrongPassword:
            await self._office.note(name, deed, outcome=WRONG_PASSWORD)
            message = _("Mật khẩu đang dùng chưa đúng. Xin nhập lại.")
            return self._my_page(request, session, message, what=what, status=403)
        except AccountRefused as refusal:
            return self._my_page(request, session, _words(request, refusal), what=what, status=422)
        response = self._my_page(request, self._office.officers.session(token), what=what, done=_("Đã đổi mật khẩu."))
        set_cookie(response, SESSION_COOKIE, token)
        return response

    async def _set_pin(self, name: str, form: Form) -> None:
        officers, pin = self._office.officers, form.secret("pin")
        await self._office.hashing(officers.verify, name, form.secret("password"))
        officers.forgive(name)
        check_pin(pin)
        if pin != form.secret("again"):
            raise AccountRefused(Fault.NOT_REPEATED)
        await self._office.note(name, Deed.SET_PIN)
        await self._office.hashing(officers.set_pin, name, pin)

    async def _change_password(self, name: str, form: Form) -> str:
        """Set it, end every session of this officer's, and return the token of a new one."""
        officers, new = self._office.officers, form.secret("new")
        await self._office.hashing(officers.verify, name, form.secret("password"))
        officers.forgive(name)
        check_password(name, new)
        if new == form.secret("password"):
            raise AccountRefused(Fault.SAME_AS_BEFORE)
        if new != form.secret("again"):
            raise AccountRefused(Fault.NOT_REPEATED)
        await self._office.note(name, Deed.CHANGE_PASSWORD)
        await self._office.hashing(officers.set_password, name, new)
        return officers.begin(name)

    def _list(
        self, request: Request, session: Session, message: str = "", *, name: str = "", role: Role = Role.COUNTER
    ) -> Response:
        return self._office.page(
            request,
            "accounts.html",
            status=422 if message else 200,
            session=session,
            accounts=self._office.officers.accounts(),
            roles=ROLE_WORDS,
            message=message,
            name=name,
            role=role,
        )

    def _one(
        self, request: Request, session: Session, name: str, message: str = "", *, done: str = "", status: int = 200
    ) -> Response:
        try:
            account = self._office.officers.account(name)
        except AccountRefused as refusal:
            return self._list(request, session, _words(request, refusal))
        if account.name == session.officer and not account.role.includes(Role.ADMINISTRATOR):
            return self._office.not_allowed(request, session)  # gave the role away themselves
        return self._office.page(
            request,
            "account.html",
            status=status,
            session=session,
            account=account,
            roles=ROLE_WORDS,
            message=message,
            done=done,
        )

    def _my_page(
        self,
        request: Request,
        session: Session,
        message: str = "",
        *,
        what: str = "",
        done: str = "",
        status: int = 200,
    ) -> Response:
        return self._office.page(
            request,
            "my_account.html",
            status=status,
            session=session,
            account=self._office.officers.account(session.officer),
            roles=ROLE_WORDS,
            message=message,
            done=done,
            what=what,
            shortest=MIN_PASSWORD,
            longest=MAX_PASSWORD,
        )


def _words(request: Request, refusal: AccountRefused) -> str:
    return said(request)(WORDS[refusal.fault])
