"""Every way in which a TV can be set out, in Chromium: nothing is cut off, nothing covers anything, all can be read."""

from collections.abc import Iterator

import pytest
from msgspec.structs import replace
from playwright.sync_api import Browser, Page, ViewportSize, expect

from edge.contracts.hall import Screen
from edge.contracts.tv import Stage, TvNotice, TvState
from tests.tv_page import (
    BROKEN,
    CLIP,
    CONTRASTS,
    OUTSIDE,
    OVERFLOWING,
    OVERLAPPING,
    PICTURE,
    TvPages,
    change,
    state,
    tv_pages,
)
from tests.waiting import until

SIZES: dict[str, ViewportSize] = {
    "720p": {"width": 1280, "height": 720},
    "1080p": {"width": 1920, "height": 1080},
    "4K": {"width": 3840, "height": 2160},
    "upright": {"width": 1080, "height": 1920},
    "old": {"width": 1024, "height": 768},
}
COUNTERS = (1, 4, 12, 32)
SPLITS = ("none", "right", "left", "below")


@pytest.fixture(scope="module")
def pages() -> Iterator[TvPages]:
    with tv_pages() as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_page(viewport=SIZES["1080p"])
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("console", lambda said: errors.append(said.text) if "Content Security" in said.text else None)
    yield opened
    opened.close()
    assert errors == []


def _screen(**fields: object) -> Screen:
    return replace(Screen("1", "Sảnh"), **fields)


def _settled(page: Page) -> list[object]:
    return [page.evaluate(check) for check in (OVERFLOWING, OUTSIDE, OVERLAPPING)]


def _fits(page: Page, what: str) -> None:
    until(lambda: _settled(page) == [[], [], []], what=f"{what}: {_settled(page)}")


@pytest.mark.req("T3", "T8", "B2")
@pytest.mark.parametrize("size", SIZES)
def test_every_number_of_counters_fits_beside_media_wherever_these_are(pages: TvPages, page: Page, size: str) -> None:
    page.set_viewport_size(SIZES[size])
    pages.open(page, state(1, _screen()))
    short = min(SIZES[size]["width"], SIZES[size]["height"])
    for count in COUNTERS:
        for split in SPLITS:
            screen = _screen(
                split=split,
                theme="light" if count == 12 else "dark",
                colours="services" if count in (4, 32) else "one",
                notice={"left": "top", "below": "none"}.get(split, "bottom"),
            )
            change(page, state(count, screen, (PICTURE,)))
            expect(page.locator(".tile")).to_have_count(count)
            assert page.locator("#media").is_visible() is (split != "none")
            _fits(page, f"{count} counters, media {split}")
            number_px = page.locator(".tile .label").first.evaluate("e => parseFloat(getComputedStyle(e).fontSize)")
            assert number_px >= short * (0.036 if count == 32 else 0.05), (count, split)


@pytest.mark.req("T3")
def test_columns_and_rows_are_as_set_and_the_rest_comes_on_further_pages(pages: TvPages, page: Page) -> None:
    page.clock.install(time=0)
    page.clock.pause_at(1_000)
    screen = _screen(columns=2, rows=3)
    pages.open(page, state(15, screen, new=0))
    headings = page.locator(".tile h2")
    expect(headings).to_have_text([f"Quầy {number}" for number in range(1, 7)])
    expect(page.locator("#pages")).to_have_text("Trang 1/3")
    for grid, count in (("gridTemplateColumns", 2), ("gridTemplateRows", 3)):
        assert page.locator("#counters").evaluate(f"e => getComputedStyle(e).{grid}.split(' ').length") == count
    _fits(page, "a page of six")
    page.clock.run_for(11_000)
    expect(headings).to_have_text([f"Quầy {number}" for number in range(7, 13)])
    page.clock.run_for(10_000)
    expect(headings).to_have_text([f"Quầy {number}" for number in range(13, 16)])
    page.clock.run_for(10_000)
    expect(headings.first).to_have_text("Quầy 1")


@pytest.mark.req("T3", "B6")
def test_a_new_calls_tile_is_shown_at_once_and_two_new_ones_in_turn(pages: TvPages, page: Page) -> None:
    page.clock.install(time=0)
    page.clock.pause_at(1_000)
    screen = _screen(columns=2, rows=2)
    pages.open(page, state(12, screen, new=0))
    expect(page.locator(".tile h2").first).to_have_text("Quầy 1")
    called = state(12, screen, new=11)
    change(page, called)
    expect(page.locator(".tile.new h2")).to_have_text("Quầy 11")
    page.clock.run_for(9_000)
    expect(page.locator(".tile.new h2")).to_have_text("Quầy 11")
    both = tuple(replace(one, stage=Stage.NEW) if one.number == 2 else one for one in called.counters)
    newest = (replace(called.calls[0], label="B102", number=2), *called.calls)
    change(page, replace(called, counters=both, calls=newest))
    expect(page.locator(".tile.new h2")).to_have_text("Quầy 2")
    page.clock.run_for(5_000)
    expect(page.locator(".tile.new h2")).to_have_text("Quầy 11")
    page.clock.run_for(5_000)
    expect(page.locator(".tile.new h2")).to_have_text("Quầy 2")


@pytest.mark.req("T7", "B3")
@pytest.mark.parametrize("where", ["top", "bottom"])
def test_the_notice_runs_where_it_is_wanted_and_nothing_of_it_is_cut(pages: TvPages, page: Page, where: str) -> None:
    words = tuple(f"Thông báo số {number} của cơ sở, dài như người ta vẫn viết" for number in range(12))
    pages.open(page, replace(state(4, _screen(notice=where)), notice=words))
    notice, text = page.locator("#notice"), page.locator("#notice-text")
    expect(text).to_have_text("   ·   ".join(words))
    place = notice.bounding_box()
    board = page.locator("#content").bounding_box()
    assert place is not None
    assert board is not None
    assert (place["y"] < board["y"]) is (where == "top")
    left = "e => e.getBoundingClientRect().left"
    before = text.evaluate(left)
    until(lambda: text.evaluate(left) < before - 20, what="the notice moving to the left")
    whole = text.evaluate("e => [e.scrollWidth, e.offsetWidth]")
    assert whole[0] <= whole[1]
    seconds = text.evaluate("e => parseFloat(getComputedStyle(e).animationDuration)")
    assert 90 < seconds < 250  # as fast as one can read, however long it is


def test_a_screen_without_a_notice_has_none(pages: TvPages, page: Page) -> None:
    pages.open(page, state(4, _screen(notice="none")))
    expect(page.locator(".tile")).to_have_count(4)
    expect(page.locator("#notice")).to_be_hidden()


@pytest.mark.req("T8", "B2")
def test_a_clip_plays_without_sound_to_its_end_and_then_the_next_medium(pages: TvPages, page: Page) -> None:
    pages.open(page, state(4, _screen(split="right", seconds=3), (CLIP, PICTURE)))
    clip, picture = page.locator("#clip"), page.locator("#picture")
    until(lambda: clip.evaluate("e => e.currentTime") > 0.2, what="the clip playing")
    assert clip.evaluate("e => [e.muted, e.paused, e.videoWidth]") == [True, False, 320]
    expect(picture).to_be_visible()
    expect(clip).to_be_hidden()
    expect(clip).to_be_visible()  # after three seconds the first again
    until(lambda: clip.evaluate("e => !e.paused && e.currentTime > 0.2"), what="the clip playing again")


@pytest.mark.req("T8")
def test_one_clip_alone_plays_again_and_again(pages: TvPages, page: Page) -> None:
    pages.open(page, state(4, _screen(split="below"), (CLIP,)))
    clip = page.locator("#clip")
    clip.evaluate("e => { window.ends = 0; e.addEventListener('ended', () => { window.ends += 1; }); }")
    until(lambda: page.evaluate("window.ends") >= 2, what="the clip's second end")


@pytest.mark.req("T8")
def test_a_broken_clip_is_skipped_and_where_nothing_plays_the_numbers_have_the_room(pages: TvPages, page: Page) -> None:
    shown = state(4, _screen(split="right", seconds=3), (BROKEN, PICTURE))
    pages.open(page, shown)
    expect(page.locator("#picture")).to_be_visible()
    expect(page.locator("#clip")).to_be_hidden()
    change(page, state(4, _screen(split="right"), (BROKEN,)))
    expect(page.locator("#media")).to_be_hidden()
    expect(page.locator(".tile")).to_have_count(4)
    _fits(page, "no split")
    change(page, shown)
    expect(page.locator("#picture")).to_be_visible()


@pytest.mark.req("T8", "B2", "B6")
def test_media_have_the_whole_screen_till_somebody_is_called(pages: TvPages, page: Page) -> None:
    screen = _screen(split="full")
    pages.open(page, state(4, screen, (CLIP,), new=0))
    clip = page.locator("#clip")
    expect(clip).to_be_visible()
    assert page.locator("#media").bounding_box() == {"x": 0, "y": 0, **SIZES["1080p"]}
    change(page, state(4, screen, (CLIP,)))
    expect(page.locator("#media")).to_be_hidden(timeout=1_000)
    expect(page.locator(".tile.new h2")).to_have_text("Quầy 1")
    assert clip.evaluate("e => e.paused")
    notice = replace(state(4, screen, (CLIP,), new=0), announcements=(TvNotice("Xin chú ý"),))
    change(page, notice)
    expect(page.locator("#banner")).to_be_visible()
    expect(page.locator("#media")).to_be_hidden()
    change(page, state(4, screen, (CLIP,), new=0))
    expect(page.locator("#media")).to_be_visible()
    until(lambda: clip.evaluate("e => !e.paused"), what="the clip playing on")


LONGEST = "Xin mời mọi người bình tĩnh rời khỏi tòa nhà theo lối thoát hiểm gần nhất, đi bộ, không dùng thang máy, " * 2
RED = "rgb(160, 28, 21)"


@pytest.mark.req("S6")
@pytest.mark.parametrize("size", ["720p", "1080p", "upright"])
@pytest.mark.parametrize("words", ["Cháy ở tầng 2", LONGEST[:120], LONGEST[:200]], ids=["short", "long", "longest"])
def test_an_urgent_notice_is_red_and_covers_everything_but_the_numbers(
    pages: TvPages, page: Page, size: str, words: str
) -> None:
    page.set_viewport_size(SIZES[size])
    said = TvNotice(words, "Please leave the building calmly by the nearest exit", urgent=True)
    quiet = TvNotice("Sắp đến giờ nghỉ trưa")
    shown = state(12, _screen(split="right"), (PICTURE,))
    pages.open(page, replace(shown, announcements=(quiet, said)))
    banner = page.locator("#banner")
    expect(banner).to_contain_text(words.strip())
    expect(banner).to_have_css("background-color", RED)
    expect(page.locator("header")).to_be_hidden()
    expect(page.locator("#media")).to_be_hidden()
    expect(page.locator(".tile")).to_have_count(12)
    _fits(page, "an urgent notice")
    size_px = page.locator("#banner-text").evaluate("e => parseFloat(getComputedStyle(e).fontSize)")
    assert size_px >= 0.033 * min(SIZES[size]["width"], SIZES[size]["height"])
    change(page, replace(shown, announcements=(quiet,)))
    expect(banner).to_have_text("Sắp đến giờ nghỉ trưa")
    expect(banner).not_to_have_css("background-color", RED)
    expect(page.locator("header")).to_be_visible()
    _fits(page, "a quiet notice")


@pytest.mark.req("T10")
@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("colours", ["one", "services"])
def test_every_text_has_a_contrast_of_seven_in_every_theme(
    pages: TvPages, page: Page, theme: str, colours: str
) -> None:
    page.emulate_media(reduced_motion="reduce")  # the blink stands still
    screen = _screen(theme=theme, colours=colours)
    shown = state(12, screen)
    earlier = tuple(replace(one, stage=Stage.NOW) if one.number == 2 else one for one in shown.counters)
    notices = (TvNotice("Sắp đến giờ nghỉ trưa", "Lunch soon"),)
    pages.open(page, replace(shown, counters=earlier, announcements=notices))
    expect(page.locator(".tile")).to_have_count(12)
    until(lambda: page.evaluate("document.getAnimations().length") == 0, what="the blink standing still")
    assert page.evaluate(CONTRASTS) == []
    change(page, replace(shown, announcements=(TvNotice("Cháy", urgent=True),), lost_since_ms=1))
    expect(page.locator("#lost")).to_be_visible()
    assert page.evaluate(CONTRASTS) == []
    grounds = page.locator(".tile:not(.away):not(.call)").evaluate_all(
        "all => new Set(all.map(e => getComputedStyle(e).backgroundColor)).size"
    )
    assert (grounds > 2) is (colours == "services")


def test_without_waits_and_last_calls_the_current_one_has_the_whole_column(pages: TvPages, page: Page) -> None:
    pages.open(page, state(4, _screen(calls=False, waits=False)))
    expect(page.locator(".tile")).to_have_count(4)
    expect(page.locator("#last")).to_be_hidden()
    expect(page.locator("#waits")).to_be_hidden()
    now, content = page.locator("#now").bounding_box(), page.locator("#content").bounding_box()
    assert now is not None
    assert content is not None
    assert now["height"] > 0.95 * content["height"]
    _fits(page, "the call alone")


def _ten_minutes(shown: TvState) -> list[TvState]:
    """What happens in ten minutes: a call each quarter of a minute, banners that come and go."""
    calls = []
    for at in range(40):
        counters = tuple(
            replace(one, label=f"A{200 + at}", stage=Stage.NEW) if one.number == 1 + at % 12 else one
            for one in shown.counters
        )
        call = replace(shown.calls[0], label=f"A{200 + at}", number=1 + at % 12)
        banners = (TvNotice(f"Thông báo {at}"),) if at % 5 == 0 else ()
        calls.append(replace(shown, counters=counters, calls=(call, *shown.calls[1:]), announcements=banners))
    return calls


@pytest.mark.req("T4")
def test_an_hour_of_calls_and_pictures_leaves_nothing_behind_in_memory(pages: TvPages, page: Page) -> None:
    page.clock.install()
    screen = _screen(split="right", seconds=3, columns=2, rows=3)
    pages.open(page, state(12, screen, (PICTURE, replace(PICTURE, url="/brand/icons/mat.svg"))))
    expect(page.locator(".tile")).to_have_count(6)
    session = page.context.new_cdp_session(page)

    def ten_minutes() -> tuple[int, int]:
        for shown in _ten_minutes(state(12, screen, (PICTURE, replace(PICTURE, url="/brand/icons/mat.svg")))):
            change(page, shown)
            page.clock.run_for(15_000)
        session.send("HeapProfiler.collectGarbage")
        used: int = session.send("Runtime.getHeapUsage")["usedSize"]
        return used, page.evaluate("document.querySelectorAll('*').length")

    first, *_, last = [ten_minutes() for _ in range(6)]
    assert last[1] <= first[1] + 20  # elements
    assert last[0] < first[0] + 300_000, (first, last)  # bytes
