"""What moiso-card says to a technician: what happened and what to do, in Vietnamese and in English."""

from edge.contracts.reading import ReadingFault

LAY_CARD = (
    "Xin đặt thẻ lên đầu đọc và giữ yên.",
    "Lay the card on the reader and leave it there.",
)
BELIEVED = ("Thẻ đọc được và đáng tin.", "The card was read and is believed.")
NOT_CHECKED = (
    "Chưa kiểm tra ai cấp quyền cho bên ký: hãy cho biết thư mục chứng thư CSCA bằng --csca.",
    "Who vouches for the signer was not checked: name the folder of CSCA certificates with --csca.",
)

ADVICE = {
    ReadingFault.NO_READER: (
        "Không thấy đầu đọc thẻ. Hãy cắm lại cáp; xem pcscd có chạy không: systemctl status pcscd.socket.",
        "No card reader is there. Plug its cable in again; see whether pcscd runs: systemctl status pcscd.socket.",
    ),
    ReadingFault.CARD_REMOVED: (
        "Không có thẻ trên đầu đọc, hoặc thẻ bị nhấc ra khi đang đọc. Hãy đặt lại và giữ yên.",
        "No card lies on the reader, or it was lifted while it was read. Lay it down again and leave it there.",
    ),
    ReadingFault.NO_ANSWER: (
        "Thẻ không trả lời. Hãy đặt thẻ vào giữa đầu đọc, bỏ vỏ bọc và thẻ khác; tắt chương trình khác dùng đầu đọc.",
        "The card does not answer. Lay it on the middle of the reader, without its cover; stop other programs.",
    ),
    ReadingFault.NOT_EMRTD: (
        "Đây không phải thẻ căn cước gắn chip hay hộ chiếu. Hãy dùng đúng thẻ.",
        "This is no identity card with a chip and no passport. Use another card.",
    ),
    ReadingFault.WRONG_ACCESS_KEY: (
        "CAN, MRZ hay mã QR không mở được chip này: chúng thuộc thẻ khác, hoặc nhập sai. Hãy xem lại thẻ và thử lại.",
        "CAN, MRZ or QR do not open this chip: they are another card's, or mistyped. Look at the card and try again.",
    ),
    ReadingFault.ACCESS_REFUSED: (
        "Chip đã mở nhưng không cho đọc. Hãy thử lại với --mrz; nếu vẫn vậy, ghi lại bằng --trace.",
        "The chip is open and refuses to be read. Try again with --mrz; if that does not help, take a --trace.",
    ),
    ReadingFault.INTEGRITY_LOST: (
        "Dữ liệu bị sai trên đường truyền. Hãy đặt lại thẻ và thử lại; nếu vẫn vậy, ghi lại bằng --trace.",
        "An answer was changed on its way. Lay the card down again and retry; if it stays so, take a --trace.",
    ),
    ReadingFault.MALFORMED: (
        "Nội dung chip không đúng tiêu chuẩn. Hãy ghi lại bằng --trace và gửi cho người phát triển.",
        "What the chip holds is not as the standard says. Take a --trace and send it to the developers.",
    ),
    ReadingFault.HASH_MISMATCH: (
        "Nội dung chip khác với nội dung đã ký: thẻ bị sửa. Không dùng thẻ này; hãy báo người phụ trách.",
        "What the chip holds is not what was signed: it was changed. Do not accept this card; tell who is in charge.",
    ),
    ReadingFault.SIGNATURE_INVALID: (
        "Chữ ký trên chip không hợp lệ. Không dùng thẻ này; hãy báo người phụ trách.",
        "The signature on the chip is not valid. Do not accept this card; tell who is in charge.",
    ),
    ReadingFault.SIGNER_UNKNOWN: (
        "Không chứng thư nào trong thư mục --csca xác nhận bên ký. Nếu thẻ khác cũng vậy, hãy bổ sung chứng thư CSCA.",
        "No certificate in the --csca folder vouches for the signer. If other cards say so too, a CSCA is missing.",
    ),
    ReadingFault.SIGNER_EXPIRED: (
        "Chứng thư của bên ký hoặc CSCA đã hết hạn hay chưa có hiệu lực. Hãy xem đồng hồ máy và thư mục --csca.",
        "The signer's certificate or the CSCA is not valid today. Check this machine's clock and the --csca folder.",
    ),
    ReadingFault.CLONED: (
        "Chip không chứng minh được mình là chip gốc: có thể là bản sao. Không dùng thẻ này; hãy báo người phụ trách.",
        "The chip cannot prove to be the original: it may be a copy. Do not accept this card; tell who is in charge.",
    ),
    ReadingFault.QR_DISAGREES: (
        "Chip và mã QR không cùng một người. Hãy quét mã QR trên chính thẻ này.",
        "Chip and QR tell of different people. Scan the QR of this very card.",
    ),
    ReadingFault.QR_UNREADABLE: (
        "Không đọc được mã QR. Hãy quét lại; máy quét phải ở chế độ UTF-8.",
        "The QR cannot be read. Scan it again; the scanner must send UTF-8.",
    ),
    ReadingFault.QR_DAMAGED: (
        "Mã QR thiếu một phần. Hãy quét lại, hoặc dùng --can với sáu số cuối của số căn cước.",
        "A part of the QR is missing. Scan it again, or use --can with the last six digits of the ID number.",
    ),
    ReadingFault.QR_UNKNOWN: (
        "Đây không phải mã QR của thẻ căn cước. Hãy quét mã trên thẻ, hoặc dùng --can.",
        "This is not the QR of an identity card. Scan the one on the card, or use --can.",
    ),
}
