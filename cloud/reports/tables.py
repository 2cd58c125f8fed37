"""The periodic report made from its facts: the tables. Pure."""

from collections.abc import Mapping, Sequence

from cloud.counts import NOTHING, Counts
from cloud.indicators import Indicator, Key, Unit, indicators, of_all, receiving_by_chip
from cloud.reports.phrases import heading, sentences, stamp
from cloud.reports.report import Cell, Facts, Minutes, Report, Score, Share, Table
from cloud.reports.silence import Heard, heard_of, working_days
from cloud.reports.tongue import DASH, Tongue
from cloud.rollups import MEASURES
from cloud.wording import DOCUMENTS, FAULTS, OUTCOMES, PAYMENTS, READ_AS
from cloud.words import N_

WITHIN_MIN = (15, 30, 60, 120)
MOST_STRETCHES = 20  # of silence, in one cell; the workbook has a row for each


def report(facts: Facts, language: str) -> Report:
    """The report in one language."""
    tongue = Tongue(language)
    _ = tongue.say
    total = of_all(facts.by_site, [facility.site for facility in facts.facilities])
    heard = _heard(facts)
    names = {facility.site: tongue.pick(facility.name, facility.name_en) for facility in facts.facilities}
    return Report(
        language=language,
        heading=heading(facts, tongue),
        sentences=sentences(facts, total, tongue),
        summary=_summary(facts, total, tongue),
        documents=Table(
            _("Giấy tờ đã dùng khi lấy số"),
            (_("Giấy tờ"), _("Lượt lấy số"), _("Tỷ lệ trên lượt lấy số")),
            tuple((_(DOCUMENTS[document]), n, Share(n, total.tickets)) for document, n in total.issued),
        ),
        reading=Table(
            _("Đọc giấy tờ"),
            (_("Giấy tờ"), _("Lần đọc"), _("Đọc được")),
            tuple((_(READ_AS[one.document]), one.tried, Share(one.read, one.tried)) for one in total.readings),
            note=_("Trong kỳ không có lần đọc giấy tờ nào.") if not total.readings else "",
        ),
        look_ups=_look_ups(total, tongue),
        unread=_unread(total, tongue),
        waits=_waits(total, tongue),
        ratings=_ratings(total, tongue),
        payments=_payments(total, tongue),
        facilities=_facilities(facts, names, tongue),
        by_service=_by_service(facts, tongue),
        silence=_silence(heard, names, tongue),
        silences=_silences(heard, names, tongue),
        raw=_raw(facts, names, tongue),
        stamp=stamp(facts, heard, tongue),
        empty=not any(total.values),
    )


# What a share is called where it stands in a narrow column.
_COLUMNS = {
    Key.TICKETS: N_("Lượt lấy số"),
    Key.BY_ID_CARD: N_("Căn cước, VNeID"),
    Key.BY_CHIP: N_("Chip căn cước"),
    Key.LOOK_UPS: N_("Tra cứu BHYT thành công"),
    Key.READINGS: N_("Đọc được giấy tờ"),
    Key.WAIT_MEDIAN: N_("Chờ trung vị (phút)"),
    Key.WAIT_P90: N_("Chờ p90 (phút)"),
    Key.WAIT_WITHIN: N_("Chờ dưới 30 phút"),
    Key.NO_SHOWS: N_("Vắng khi gọi"),
    Key.SCORE: N_("Hài lòng (1–5)"),
}


def _cell(indicator: Indicator) -> Cell:
    if indicator.value is None:
        return None
    match indicator.meaning.unit:
        case Unit.COUNT:
            return indicator.whole
        case Unit.SHARE:
            return Share(indicator.part, indicator.whole)
        case Unit.MINUTES:
            return Minutes(indicator.value)
        case Unit.SCORE:
            return Score(indicator.value)


def _aim(key: Key, target: float | None, tongue: Tongue) -> str:
    if target is None:
        return DASH
    at_most = key in (Key.WAIT_MEDIAN, Key.WAIT_P90, Key.NO_SHOWS)
    unit = Indicator(key, None, 0, 0).meaning.unit
    written = f"{tongue.decimal(100 * target, 2)} %" if unit is Unit.SHARE else tongue.decimal(target, 2)
    return f"{'≤' if at_most else '≥'} {written}".replace(" ", "\u00a0")  # one word, in however narrow a column


def _summary(facts: Facts, total: Counts, tongue: Tongue) -> Table:
    _ = tongue.say
    earlier = of_all(facts.before, [facility.site for facility in facts.facilities])
    befores = indicators(earlier) if any(earlier.values) else (None,) * len(Key)
    reached = {True: _("đạt"), False: _("chưa đạt"), None: DASH}
    rows: list[tuple[Cell, ...]] = [
        (
            _(one.meaning.name),
            _cell(one),
            _cell(before) if before else None,
            _aim(one.key, one.target, tongue),
            reached[one.reached],
            _(one.meaning.of),
        )
        for one, before in zip(indicators(total, earlier, facts.targets), befores, strict=True)
    ]
    if not facts.one:
        chip = Share(*receiving_by_chip(facts.by_site))
        earlier_chip = Share(*receiving_by_chip(facts.before)) if any(earlier.values) else None
        name, of = _("Cơ sở tiếp nhận bằng chip căn cước"), _("cơ sở có lượt đọc chip / cơ sở có lượt lấy số")
        rows.append((name, chip, earlier_chip, DASH, DASH, of))
    if total.paid or earlier.paid:
        paid, earlier_paid = (Share(counts.cash_free, counts.paid) for counts in (total, earlier))
        name, of = _("Thanh toán không tiền mặt"), _("lượt trả bằng chuyển khoản hoặc thẻ / lượt thu phí đã ghi")
        rows.append((name, paid, earlier_paid if any(earlier.values) else None, DASH, DASH, of))
    note = _("Kỳ trước: {period}.").format(period=tongue.period(facts.period.before(facts.today)))
    head = (N_("Chỉ tiêu"), N_("Trong kỳ"), N_("Kỳ trước"), N_("Mục tiêu"), N_("Đánh giá"), N_("Cách tính"))
    return Table(_("Kết quả chung"), tuple(map(_, head)), tuple(rows), note)


def _look_ups(total: Counts, tongue: Tongue) -> Table:
    _ = tongue.say
    whole = total.look_ups
    rows = (
        (_("Thành công: thẻ còn giá trị"), total.insured, Share(total.insured, whole)),
        *((_(OUTCOMES[outcome]), n, Share(n, whole)) for outcome, n in total.not_insured),
    )
    return Table(
        _("Tra cứu thẻ BHYT: kết quả và lý do không thành công"),
        (_("Trả lời của Cổng BHXH"), _("Số lượt"), _("Tỷ lệ trên lượt tra cứu")),
        rows if whole else (),
        note="" if whole else _("Trong kỳ không có lượt tra cứu nào."),
    )


def _unread(total: Counts, tongue: Tongue) -> Table:
    _ = tongue.say
    whole = sum(n for _fault, n in total.failures)
    return Table(
        _("Đọc giấy tờ: vì sao không đọc được"),
        (_("Nguyên nhân"), _("Số lượt"), _("Tỷ lệ trên lần không đọc được")),
        tuple((_(FAULTS[fault]), n, Share(n, whole)) for fault, n in total.failures),
        note="" if whole else _("Trong kỳ không có giấy tờ nào không đọc được."),
    )


def _waits(total: Counts, tongue: Tongue) -> Table:
    _ = tongue.say
    rows: list[tuple[Cell, ...]] = [
        (_("Chờ đến khi được gọi, trung vị (phút)"), Minutes(total.wait_min(0.5)) if sum(total.waits) else None),
        (_("Chờ đến khi được gọi, p90 (phút)"), Minutes(total.wait_min(0.9)) if sum(total.waits) else None),
        *((_("Chờ dưới {n} phút / lượt đã gọi").format(n=n), Share(total.within(n), total.called)) for n in WITHIN_MIN),
        (_("Phục vụ, trung vị (phút)"), Minutes(total.served_min(0.5)) if sum(total.service_times) else None),
        (_("Phục vụ, p90 (phút)"), Minutes(total.served_min(0.9)) if sum(total.service_times) else None),
        (_("Vắng khi gọi / lượt đã gọi"), Share(total.no_shows, total.called)),
        (_("Lượt lấy số ưu tiên / lượt lấy số"), Share(total["issued_priority"], total.tickets)),
    ]
    note = _("Mỗi chặng chờ được tính riêng. Từ 180 phút trở lên được ghi là 180.")
    return Table(_("Thời gian chờ, phục vụ và vắng khi gọi"), (_("Nội dung"), _("Trong kỳ")), tuple(rows), note)


def _ratings(total: Counts, tongue: Tongue) -> Table:
    _ = tongue.say
    scores = tuple(reversed(tuple(enumerate(total.ratings, 1))))
    return Table(
        _("Mức độ hài lòng"),
        (_("Điểm"), _("Lượt đánh giá"), _("Tỷ lệ trên lượt đánh giá")),
        tuple((f"{score} / 5", n, Share(n, total.rated)) for score, n in scores) if total.rated else (),
        note="" if total.rated else _("Trong kỳ chưa có lượt đánh giá nào."),
    )


def _payments(total: Counts, tongue: Tongue) -> Table:
    _ = tongue.say
    counted = dict(total.payments)
    rows: tuple[tuple[Cell, ...], ...] = (
        (_("Không tiền mặt"), total.cash_free, Share(total.cash_free, total.paid)),
        *((_(words), counted[means], Share(counted[means], total.paid)) for means, words in PAYMENTS.items()),
    )
    return Table(
        _("Thanh toán viện phí tại quầy"),
        (_("Cách trả"), _("Lượt thu phí"), _("Tỷ lệ trên lượt thu phí đã ghi")),
        rows if total.paid else (),
        note="" if total.paid else _("Thanh toán không tiền mặt: chưa có số liệu."),
    )


def _facilities(facts: Facts, names: Mapping[str, str], tongue: Tongue) -> Table:
    rows = tuple(
        (names[one.site], *(_cell(indicator) for indicator in indicators(facts.by_site.get(one.site, NOTHING))))
        for one in facts.facilities
    )
    _ = tongue.say
    head = (_("Cơ sở"), *(_(_COLUMNS[key]) for key in Key))
    note = "" if rows else _("Chưa có cơ sở nào gửi số liệu")
    return Table(_("Kết quả theo cơ sở"), head, rows, note, wide=True)


def _by_service(facts: Facts, tongue: Tongue) -> Table:
    _ = tongue.say
    rows = []
    for service, counts in sorted(facts.services.items(), key=lambda pair: -pair[1].called):
        if not service:
            continue  # what is counted for no service, such as the reading of documents
        name = tongue.pick(*facts.service_names.get(service, (service, service)))
        ten = {indicator.key: _cell(indicator) for indicator in indicators(counts)}
        served = Minutes(counts.served_min(0.5)) if sum(counts.service_times) else None
        waits = (ten[Key.WAIT_MEDIAN], ten[Key.WAIT_P90], ten[Key.WAIT_WITHIN])
        rows.append((name, counts.tickets, counts.called, *waits, served, ten[Key.NO_SHOWS], ten[Key.SCORE]))
    keys = (Key.WAIT_MEDIAN, Key.WAIT_P90, Key.WAIT_WITHIN)
    head = (
        _("Dịch vụ"),
        _("Lượt lấy số"),
        _("Lượt đã gọi"),
        *(_(_COLUMNS[key]) for key in keys),
        _("Phục vụ trung vị (phút)"),
        _(_COLUMNS[Key.NO_SHOWS]),
        _(_COLUMNS[Key.SCORE]),
    )
    return Table(_("Kết quả theo dịch vụ"), head, tuple(rows), wide=True)


def _heard(facts: Facts) -> tuple[Heard, ...]:
    elapsed = facts.period.elapsed(facts.today)
    working = working_days(elapsed, facts.heard, facts.today, alone=len(facts.known) == 1)
    return tuple(heard_of(one.site, facts.heard.get(one.site, frozenset()), working) for one in facts.facilities)


def _silence(heard: Sequence[Heard], names: Mapping[str, str], tongue: Tongue) -> Table:
    _ = tongue.say
    rows = tuple(
        (
            names[one.site],
            Share(one.heard, one.working),
            one.silent,
            _stretches(one, tongue),
            one.first,
        )
        for one in heard
        if one.silences
    )
    head = (
        N_("Cơ sở"),
        N_("Ngày làm việc có số liệu"),
        N_("Ngày im lặng"),
        N_("Im lặng vào"),
        N_("Ngày đầu có số liệu"),
    )
    if rows:
        note = _("Cơ sở không có trong bảng đã gửi số liệu mọi ngày làm việc.")
    elif any(one.working for one in heard):
        note = _("Không cơ sở nào im lặng trong kỳ.")
    else:
        note = _("Trong kỳ chưa có ngày làm việc nào đã qua có số liệu.")
    return Table(_("Độ đầy đủ của số liệu: ngày làm việc không có số liệu"), tuple(map(_, head)), rows, note)


def _stretches(one: Heard, tongue: Tongue) -> str:
    said = "; ".join(tongue.span(silence.first, silence.last) for silence in one.silences[:MOST_STRETCHES])
    more = len(one.silences) - MOST_STRETCHES
    return said if more <= 0 else said + tongue.say(N_("; và {n} khoảng nữa (đủ trong tệp XLSX)")).format(n=more)


def _silences(heard: Sequence[Heard], names: Mapping[str, str], tongue: Tongue) -> Table:
    _ = tongue.say
    rows = tuple(
        (names[one.site], silence.first, silence.last, silence.days) for one in heard for silence in one.silences
    )
    head = (_("Cơ sở"), _("Từ ngày"), _("Đến ngày"), _("Số ngày làm việc"))
    return Table(_("Từng khoảng im lặng"), head, rows)


def _raw(facts: Facts, names: Mapping[str, str], tongue: Tongue) -> Table:
    _ = tongue.say
    rows: list[tuple[Cell, ...]]
    if facts.one and facts.facilities:
        site = facts.facilities[0].site
        rows = [
            (
                site,
                names[site],
                service,
                tongue.pick(*facts.service_names.get(service, (service, service))),
                *counts.values,
            )
            for service, counts in sorted(facts.services.items())
        ]
        head = ("site", "name", "service", "service_name", *MEASURES)
    else:
        rows = [
            (one.site, names[one.site], *facts.by_site[one.site].values)
            for one in facts.facilities
            if one.site in facts.by_site
        ]
        head = ("site", "name", *MEASURES)
    return Table(_("Số liệu gốc"), head, tuple(rows), note=_("Ý nghĩa của từng cột có trong tài liệu vận hành."))
