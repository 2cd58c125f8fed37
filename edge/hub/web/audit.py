"""The audit log, for administrators: who did what, newest first, and as a file for a spreadsheet."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import datetime
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute

from edge.daemon.i18n import local_time
from edge.hub.audit import FOR_EVER, AuditEntry
from edge.hub.deeds import OUTCOMES, WORDS
from edge.hub.officers import Session
from edge.hub.roles import Role
from edge.hub.web.base import HEADERS, Office, said
from edge.hub.web.days import day_named

PAGE = 50
CHUNK = 1000
COLUMNS = ("seq", "time", "officer", "action", "subject", "outcome")


class Filter(NamedTuple):
    """What is asked for: one officer's lines (empty: everybody's), one day's (empty: of all days)."""

    officer: str
    day: str
    from_ms: int
    until_ms: int


class Line(NamedTuple):
    """One line as the page shows it."""

    at: datetime
    officer: str
    deed: str
    subject: str
    outcome: str
    good: bool


class AuditPages:
    """The log's page and its download."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def routes(self) -> list[BaseRoute]:
        """The routes of this room."""
        return [
            self._office.on_get("/audit", self.page, Role.ADMINISTRATOR),
            self._office.on_get("/audit.csv", self.download, Role.ADMINISTRATOR),
        ]

    async def page(self, request: Request, session: Session) -> Response:
        """One page of the log."""
        wanted = self._wanted(request)
        before = request.query_params.get("before", "")
        start = int(before) if before.isascii() and before.isdecimal() and len(before) <= 15 else FOR_EVER
        entries = await self._read(wanted, start, PAGE + 1)
        _, zone = said(request), self._zone
        lines = [
            Line(
                local_time(line.at_ms, zone),
                line.officer,
                _(WORDS.get(line.action, line.action)),
                line.subject,
                _(OUTCOMES.get(line.outcome, line.outcome)),
                line.outcome == "done",
            )
            for _seq, line in entries[:PAGE]
        ]
        return self._office.page(
            request,
            "audit.html",
            session=session,
            lines=lines,
            wanted=wanted,
            officers=[account.name for account in self._office.officers.accounts()],
            older=entries[PAGE - 1].seq if len(entries) > PAGE else 0,
            newest=start == FOR_EVER,
        )

    async def download(self, request: Request, _session: Session) -> Response:
        """Every line that the filter lets through, newest first, as CSV in UTF-8 with the mark that Excel needs."""
        name = f"moiso-audit-{self._wanted(request).day or 'all'}.csv"
        headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
        return StreamingResponse(
            self._csv(self._wanted(request)), media_type="text/csv; charset=utf-8", headers=headers
        )

    async def _csv(self, wanted: Filter) -> AsyncIterator[bytes]:
        yield "\ufeff".encode() + _rows([COLUMNS])
        before = FOR_EVER
        while entries := await self._read(wanted, before, CHUNK):
            zone = self._zone
            yield _rows(
                [
                    (str(seq), local_time(line.at_ms, zone).isoformat(timespec="seconds"), *map(safe_cell, line[1:]))
                    for seq, line in entries
                ]
            )
            before = entries[-1].seq

    async def _read(self, wanted: Filter, before: int, limit: int) -> list[AuditEntry]:
        return await self._office.inbox.on_disk(
            self._office.journal.audit,
            before,
            limit,
            officer=wanted.officer,
            from_ms=wanted.from_ms,
            until_ms=wanted.until_ms,
        )

    def _wanted(self, request: Request) -> Filter:
        officer = request.query_params.get("officer", "")[:80]
        day = day_named(request.query_params.get("day", ""), self._zone)
        return Filter(officer, *day) if day else Filter(officer, "", 0, FOR_EVER)

    @property
    def _zone(self) -> str:
        return self._office.inbox.queue.catalogue.facility.time_zone


def safe_cell(text: str) -> str:
    """A cell that no spreadsheet takes for a formula. Source: OWASP, CSV Injection.

    >>> safe_cell("=1+1"), safe_cell("A047")
    ("'=1+1", 'A047')
    """
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _rows(rows: list[tuple[str, ...]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
