"""What the periodic report says in words: its heading, its results, and how complete its figures are. Pure."""

from collections.abc import Sequence
from datetime import date

from msgspec import Struct

from cloud.counts import Counts
from cloud.indicators import WAIT_TARGET_MIN, receiving_by_chip
from cloud.reports.report import Cell, Facts, Heading, Minutes, Score, Share
from cloud.reports.silence import Heard
from cloud.reports.tongue import DASH, Tongue


def heading(facts: Facts, tongue: Tongue) -> Heading:
    _ = tongue.say
    province = tongue.pick(facts.province.name, facts.province.name_en)
    above, issuer = "", province
    if facts.one and facts.facilities:
        above, issuer = province, tongue.pick(facts.facilities[0].name, facts.facilities[0].name_en)
    elapsed = facts.period.elapsed(facts.today)
    running = ""
    if elapsed.last < facts.period.last:
        running = _("Kỳ báo cáo chưa kết thúc: số liệu tính đến hết ngày {day}.").format(day=tongue.day(elapsed.last))
    return Heading(
        above,
        issuer,
        _("Kết quả tiếp nhận người bệnh bằng căn cước, VNeID, thẻ bảo hiểm y tế; thời gian chờ và mức độ hài lòng"),
        tongue.period(facts.period),
        running,
        _("……………, ngày {day} tháng {month} năm {year}").format(
            day=f"{facts.made:%d}", month=f"{facts.made:%m}", year=facts.made.year
        ),
    )


def sentences(facts: Facts, total: Counts, tongue: Tongue) -> tuple[str, ...]:
    """The results in words, each share with what it is made from."""
    _, number, share = tongue.say, tongue.number, tongue.share
    said = []
    if not facts.one:
        chip, giving = receiving_by_chip(facts.by_site)
        said.append(
            _("{giving}/{all} cơ sở có số liệu trong kỳ; {share} cơ sở đã tiếp nhận bằng chip căn cước.").format(
                giving=number(giving), all=number(len(facts.facilities)), share=share(chip, giving)
            )
        )
    said.append(_("Đã cấp {n} lượt lấy số.").format(n=number(total.tickets)))
    if total.tickets:
        said.append(
            _("Tỷ lệ đăng ký bằng căn cước, VNeID đạt {share}; trong đó bằng chip căn cước {chip}.").format(
                share=share(total.by_id_card, total.tickets), chip=share(total.by_chip, total.tickets)
            )
        )
    if total.look_ups:
        said.append(
            _("Tỷ lệ tra cứu thẻ BHYT thành công đạt {share}.").format(share=share(total.insured, total.look_ups))
        )
    if sum(total.waits):
        said.append(
            _("Thời gian chờ trung vị {median} phút, p90 {p90} phút; {share} lượt chờ dưới 30 phút.").format(
                median=tongue.minutes(total.wait_min(0.5)),
                p90=tongue.minutes(total.wait_min(0.9)),
                share=share(total.within(WAIT_TARGET_MIN), total.called),
            )
        )
    if total.rated:
        said.append(
            _("Điểm hài lòng trung bình {score}/5 của {n} lượt đánh giá; {share} cho 4 hoặc 5 điểm.").format(
                score=tongue.decimal(total.score, 2), n=number(total.rated), share=share(total.content, total.rated)
            )
        )
    if total.paid:
        said.append(
            _("Tỷ lệ thanh toán không tiền mặt tại quầy thu phí đạt {share}.").format(
                share=share(total.cash_free, total.paid)
            )
        )
    return tuple(said)


def stamp(facts: Facts, heard: Sequence[Heard], tongue: Tongue) -> tuple[str, ...]:
    _, number = tongue.say, tongue.number
    silent = sum(1 for one in heard if one.silences)
    said = [
        _("Số liệu đến {time}.").format(time=tongue.moment(facts.heard_until))
        if facts.heard_until
        else _("Chưa có số liệu.")
    ]
    if heard and any(one.working for one in heard):
        working, came = sum(one.working for one in heard), sum(one.heard for one in heard)
        said.append(
            _("Đủ số liệu {share} ngày làm việc của các cơ sở; {n} cơ sở có ngày im lặng.").format(
                share=tongue.share(came, working), n=number(silent)
            )
        )
    said.append(
        _("Ngày làm việc: thứ Hai đến thứ Sáu, kể cả ngày lễ, vì chỉ biết số liệu của một cơ sở.")
        if len(facts.known) == 1
        else _("Ngày làm việc: thứ Hai đến thứ Sáu mà ít nhất một cơ sở có số liệu.")
    )
    said.append(
        _("Báo cáo do MờiSố lập lúc {time}, người lập: {by}.").format(time=tongue.moment(facts.made), by=facts.by)
    )
    return tuple(said)


class Written(Struct, frozen=True):
    """A cell in words; ``of`` are the numerator and denominator of a share."""

    main: str
    of: str = ""


def written(cell: Cell, tongue: Tongue) -> Written:
    """A cell as a reader sees it; a dash where there is nothing to say."""
    match cell:
        case None:
            return Written(DASH)
        case str():
            return Written(cell)
        case int():
            return Written(tongue.number(cell))
        case date():
            return Written(tongue.day(cell))
        case Minutes(value):
            return Written(tongue.minutes(value))
        case Score(value):
            return Written(tongue.decimal(value, 2))
        case Share(part, whole):
            if not whole:
                return Written(DASH)
            return Written(tongue.percent(part, whole), f"({tongue.number(part)}/{tongue.number(whole)})")
