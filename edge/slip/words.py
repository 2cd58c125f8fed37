"""What every slip says by itself, in Vietnamese and in English."""

NUMBER = ("Số của bạn", "Your number")
PLACE = ("Quầy · Phòng", "Counter · Room")
AHEAD = ("Người chờ trước bạn", "Waiting before you")
EXPECTED = ("Dự kiến gọi", "Expected call")
TAKEN = ("Lấy số lúc", "Taken at")
PRIORITY = ("Ưu tiên: {}", "Priority: {}")
CLAIM = (
    "Bạn chọn ưu tiên: {}. Nhân viên sẽ kiểm tra giấy tờ.",
    "You claimed priority: {}. The staff will check your papers.",
)
ROUTE = ("Tiếp theo: {}", "Next: {}")
RESERVE = (
    "Số dự phòng: máy chủ tạm mất kết nối. Nhân viên sẽ gọi số này.",
    "Reserve number: the server is out of reach for now. The staff will call this number.",
)
NEXT = (
    "Mời bạn ngồi chờ. Khi số này được gọi trên màn hình và loa, hãy đến quầy.",
    "Please take a seat. When this number is called, go to the counter.",
)
FOLLOW = ("Quét mã để xem lượt của bạn trên điện thoại.", "Scan to follow your turn on your phone.")
REPRINT = "In lại · Reprint"
