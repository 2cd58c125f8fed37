"""What stands on the kiosk's page of faces, contests and erasing, without a browser."""

import re

import pytest
from msgspec.structs import replace

from edge.contracts.commands import IssueTicket
from edge.contracts.face import Consent, ErasePerson, FaceCapture, Giver, Purpose
from edge.face.hint import Hint
from edge.kiosk import consent
from edge.kiosk import screens as s
from edge.kiosk import sightings as f
from edge.kiosk.state import Session
from tests.kiosk_screen import START, TICKET, html, words_of
from tests.sites import NOON_MS

ASKED = IssueTicket("c" * 32, "general")
CAPTURE = FaceCapture("f" * 32, Consent((Purpose.PORTRAIT,)), b"\xff\xd8\xff portrait")
AGREED = s.Agreed(ASKED, CAPTURE.consent)
CLAIM = s.Claim(ASKED, CAPTURE, TICKET.id)
SEEING = replace(START, eyes=f.Eyes("up", sees=True))


def shown(screen: s.Screen, language: str = "vi") -> Session:
    return replace(SEEING, screen=screen, language=language)


def boxes(page: str) -> dict[str, str]:
    """Purpose → whether it is ticked."""
    found = re.findall(r'aria-checked="(true|false)" data-touch="purpose" data-purpose="([a-z-]+)"', page)
    return {purpose: ticked for ticked, purpose in found}


@pytest.mark.req("K8")
@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_question_says_what_why_who_and_until_when_and_ticks_nothing(language: str) -> None:
    page = html(shown(s.AskConsent(ASKED, (Purpose.PORTRAIT, Purpose.ONE_NUMBER)), language))
    assert boxes(page) == {"portrait": "false", "one-number": "false"}
    assert 'data-touch="guardian"' in page
    assert re.search("xoá ngay đêm nay|deleted tonight", page)
    assert re.search("Chỉ nhân viên|Only the staff", page)
    assert re.search("xoá ngay tại kiosk này|erase them at once at this kiosk", page)
    assert "main-action" not in page, "neither button is the better one"


@pytest.mark.req("X3")
@pytest.mark.parametrize(("language", "told"), [("vi", "bị xoá trong đêm 30/11/2026"), ("en", "night of 30/11/2026")])
def test_where_faces_are_kept_for_longer_the_question_says_until_which_night(language: str, told: str) -> None:
    page = html(shown(s.AskConsent(ASKED, (Purpose.PORTRAIT,), keep_days=7), language))
    assert told in page
    assert not re.search("đêm nay|tonight", page)


def test_only_what_is_offered_can_be_ticked_and_a_tick_is_shown() -> None:
    page = html(shown(s.AskConsent(ASKED, (Purpose.PORTRAIT,), ticked=frozenset({Purpose.PORTRAIT}))))
    assert boxes(page) == {"portrait": "true"}


def test_a_childs_guardian_is_told_of_the_switch() -> None:
    page = html(shown(s.AskConsent(ASKED, (Purpose.PORTRAIT,), child=True, lacking=s.Lacking.GUARDIAN)))
    assert consent.CHILD in page
    assert consent.LACKING[s.Lacking.GUARDIAN] in page
    page = html(shown(s.AskConsent(ASKED, (Purpose.PORTRAIT,), giver=Giver.GUARDIAN)))
    assert consent.CHILD not in page
    assert 'role="switch" aria-checked="true"' in page


@pytest.mark.parametrize("hint", Hint)
def test_every_hint_is_said_in_words_beside_the_mirror(hint: Hint) -> None:
    page = html(shown(s.Looking(AGREED, 1, hint)))
    assert consent.HINTS[hint] in page
    assert "data-mirror" in page
    assert 'data-touch="without"' in page


@pytest.mark.parametrize("why", s.NoPictureWhy)
def test_without_a_picture_there_are_another_try_and_the_number(why: s.NoPictureWhy) -> None:
    page = html(shown(s.NoPicture(AGREED, why)))
    assert consent.NO_PICTURE[why] in page
    assert {'data-touch="try-again"', 'data-touch="without"'} <= set(re.findall(r'data-touch="[a-z-]+"', page))


@pytest.mark.req("K8")
def test_whoever_seems_to_hold_a_number_sees_its_label_and_when_it_was_taken_and_no_picture() -> None:
    assert START.site is not None
    site = replace(START.site, tickets={TICKET.id: TICKET})
    page = html(replace(shown(s.SeemsHeld(CLAIM)), site=site), wall_ms=NOON_MS)
    words = words_of(page)
    assert "Có thể bạn đã lấy số A047" in words
    assert "Đúng là tôi: in lại số A047" in words
    assert "Lấy số lúc 12:00." in words
    assert "Không phải tôi: hỏi nhân viên" in words
    assert page.count("<img") == 1, "the logo"
    assert "portrait" not in page


def test_a_number_that_the_kiosk_has_not_heard_of_is_asked_about_without_its_label() -> None:
    assert "Đúng là tôi: in lại số đó" in words_of(html(shown(s.SeemsHeld(CLAIM))))


@pytest.mark.parametrize(
    ("screen", "words"),
    [
        (s.Resting(), "Xin chào, mời lại gần"),
        (s.Asking(ErasePerson("e" * 32, ticket="a" * 32)), "Xin chờ một chút…"),
        (s.Awaiting(CLAIM, "e" * 32), "Nhân viên đang đến, xin chờ tại đây…"),
        (s.Erasing(), "Quét mã QR trên phiếu, hoặc giấy tờ của bạn"),
        (s.Erasing(s.ScanProblem.URL), "Hãy quét mã QR in trên phiếu"),
        (s.Erased("A047"), "Số A047 vẫn còn hiệu lực."),
        (s.Erased(), "Số bạn đã lấy vẫn còn hiệu lực."),
    ],
    ids=str,
)
def test_every_other_screen_says_what_is_going_on(screen: s.Screen, words: str) -> None:
    assert words in words_of(html(shown(screen)))
    assert words not in words_of(html(shown(screen, "en")))


def test_erasing_is_offered_on_the_first_screen_of_a_kiosk_with_a_camera_only() -> None:
    erase = 'data-touch="erase"'
    assert erase in html(shown(s.Start()))
    assert erase not in html(START)
    assert erase not in html(shown(s.ScanFirst()))
    assert erase not in html(replace(shown(s.Start()), hub_up=False))
