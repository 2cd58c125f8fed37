"""Why an account is not made or changed as asked, in English for the command line and in words for the pages."""

from enum import Enum

from cloud.words import N_

MIN_PASSWORD, MAX_PASSWORD = 12, 128  # OWASP ASVS 5.0, 6.2: length, and no rules of composition


class Fault(Enum):
    """The reasons; the value is what the command line says."""

    NAME = "a name is 1 to 40 of a-z, 0-9, '.', '_' and '-', and begins with a letter or a digit"
    TAKEN = "there is an account of this name already"
    UNKNOWN = "there is no such account"
    LENGTH = f"a password has {MIN_PASSWORD} to {MAX_PASSWORD} characters"
    COMMON = "this password is among those that are tried first; take another"
    LIKE_NAME = "a password may not contain the account's name"
    NOT_REPEATED = "the two passwords differ"
    PLACE = "this role needs another place: a facility's manager has a site, the Department's staff have none"
    LAST_ADMINISTRATOR = "this is the province's last administrator"
    EXTERNAL = "this account belongs to the province's identity provider, which has its password and second factor"
    INVITATION = "there is no such invitation, or it was used, withdrawn or too late"


WORDS: dict[Fault, str] = {
    Fault.NAME: N_("Tên gồm 1 đến 40 chữ cái thường không dấu, chữ số, dấu chấm, gạch nối; bắt đầu bằng chữ hoặc số."),
    Fault.TAKEN: N_("Tên này đã có tài khoản. Xin chọn tên khác."),
    Fault.UNKNOWN: N_("Không có tài khoản này nữa. Xin tải lại trang."),
    Fault.LENGTH: N_("Mật khẩu cần 12 đến 128 ký tự. Một câu ngắn dễ nhớ là tốt nhất."),
    Fault.COMMON: N_("Mật khẩu này quá nhiều người dùng nên dễ đoán. Xin chọn mật khẩu khác."),
    Fault.LIKE_NAME: N_("Mật khẩu không được chứa tên đăng nhập."),
    Fault.NOT_REPEATED: N_("Hai lần nhập không giống nhau. Xin nhập lại."),
    Fault.PLACE: N_("Lãnh đạo cơ sở cần một mã cơ sở của tỉnh; quản trị và cán bộ của Sở thì để trống."),
    Fault.LAST_ADMINISTRATOR: N_("Đây là quản trị cuối cùng của tỉnh. Xin trao quyền quản trị cho người khác trước."),
    Fault.EXTERNAL: N_("Mật khẩu và bước hai của tài khoản này do hệ thống đăng nhập của tỉnh giữ."),
    Fault.INVITATION: N_("Lời mời này không đúng, đã dùng, đã bị thu hồi hoặc quá hạn. Xin một lời mời mới."),
}


class AccountRefused(Exception):
    """It is not done; ``fault`` says why, and WORDS says it in words."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


class WrongPassword(Exception):
    """There is no such account, or the password is not its own; which of the two is told to nobody."""


class WrongCode(Exception):
    """This is not the code of now, or it was used already."""
