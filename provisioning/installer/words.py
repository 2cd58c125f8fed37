"""What the installer says: the source sentences are Vietnamese, and English stands beside each."""

from provisioning.installer.steps import (
    BuildVenv,
    Enable,
    InstallPackages,
    Link,
    MakeAdministrator,
    MakeAuthority,
    MakeCloudKeys,
    MakeFolder,
    MakeSecret,
    MakeUsers,
    Mark,
    NoDesktop,
    Reload,
    Start,
    Step,
    SystemSite,
    WriteFile,
    WritePolicies,
)

EN = {
    "Cài gói Debian: {what}": "Install Debian packages: {what}",
    "Tạo tài khoản hệ thống: {what}": "Make system accounts: {what}",
    "Thư mục: {what}": "Folder: {what}",
    "Ghi tệp: {what}": "Write file: {what}",
    "Tạo khóa bí mật: {what}": "Make a secret: {what}",
    "Dựng môi trường Python: {what}": "Build the Python environment: {what}",
    "Môi trường Python thấy gói của Debian: {what}": "The Python environment sees Debian's packages: {what}",
    "Liên kết: {what}": "Link: {what}",
    "Nạp lại systemd và udev": "Have systemd and udev read what has changed",
    "Tự chạy khi mở máy: {what}": "Start with the machine: {what}",
    "Mở máy không vào màn hình nền": "Start without a desktop",
    "Tạo CA của điểm này và chứng thư máy chủ": "Make the site's authority and the hub's certificate",
    "Tạo quản trị viên đầu tiên: {what}": "Make the first administrator: {what}",
    "Tạo CA, chứng thư, cấu hình của broker: {what}": "Make the broker's authority and configuration: {what}",
    "Ghi chính sách của Chromium": "Write Chromium's policies",
    "Ghi nhận vai trò của máy: {what}": "Note what this machine is: {what}",
    "Khởi động: {what}": "Start: {what}",
    "Dừng và không tự chạy nữa: {what}": "Stop, and start no more: {what}",
    "Xóa: {what}": "Delete: {what}",
    "Máy đã đúng như cần có: không đổi gì.": "This machine is as it should be: nothing is changed.",
    "Sẽ làm {count} việc:": "{count} things would be done:",
    "Xong: {count} việc.": "Done: {count} things.",
    "Dữ liệu và cấu hình vẫn còn: {what}. Xóa hết: thêm --purge.": (
        "Data and configuration are still there: {what}. To delete them: add --purge."
    ),
    "Chưa có {config}: chạy sudo moiso-install {role} {option}": (
        "No {config} yet: run sudo moiso-install {role} {option}"
    ),
    "Máy này chưa có vai trò nào: {what}": "This machine has no role yet: {what}",
    "Cần quyền root: sudo {what}": "This needs root: sudo {what}",
    "Không có vai trò {what}; có: {known}": "There is no role {what}; there are: {known}",
    "Chưa thử trên hệ này ({what}): cần Debian hay Raspberry Pi OS 12, 13. Vẫn cài: thêm --any-system.": (
        "Never tried on this system ({what}): Debian or Raspberry Pi OS 12, 13 is expected. All the same: --any-system."
    ),
    "Không làm được: {what}": "Not done: {what}",
    "{what}: không phải giá trị dùng được cho {option}": "{what}: not a value for {option}",
    "Đăng nhập lần đầu (đổi mật khẩu ngay, rồi xóa tệp):": (
        "First login (change the password at once, then delete the file):"
    ),
    "Tiếp theo: {what}": "Next: {what}",
}


class Words:
    """Sentences in one language."""

    def __init__(self, language: str) -> None:
        self._language = language

    def __call__(self, sentence: str, **values: object) -> str:
        """The sentence, filled in."""
        return (sentence if self._language == "vi" else EN[sentence]).format(**values)

    def of(self, step: Step) -> str:
        """What a step does."""
        match step:
            case InstallPackages(names):
                return self("Cài gói Debian: {what}", what=" ".join(names))
            case MakeUsers(names):
                return self("Tạo tài khoản hệ thống: {what}", what=" ".join(names))
            case MakeFolder(target, mode, owner, group):
                return self("Thư mục: {what}", what=f"{target} ({mode:o} {owner}:{group})")
            case WriteFile(target, _, mode):
                return self("Ghi tệp: {what}", what=f"{target} ({mode:o})")
            case MakeSecret(target):
                return self("Tạo khóa bí mật: {what}", what=target)
            case BuildVenv(digest):
                return self("Dựng môi trường Python: {what}", what=digest)
            case SystemSite(on):
                return self("Môi trường Python thấy gói của Debian: {what}", what="1" if on else "0")
            case Link(target, to):
                return self("Liên kết: {what}", what=f"{target} -> {to}")
            case Reload():
                return self("Nạp lại systemd và udev")
            case Enable(names):
                return self("Tự chạy khi mở máy: {what}", what=" ".join(names))
            case NoDesktop():
                return self("Mở máy không vào màn hình nền")
            case MakeAuthority():
                return self("Tạo CA của điểm này và chứng thư máy chủ")
            case MakeAdministrator(name):
                return self("Tạo quản trị viên đầu tiên: {what}", what=name)
            case MakeCloudKeys(name):
                return self("Tạo CA, chứng thư, cấu hình của broker: {what}", what=name)
            case WritePolicies():
                return self("Ghi chính sách của Chromium")
            case Mark(role):
                return self("Ghi nhận vai trò của máy: {what}", what=role)
            case Start(names):
                return self("Khởi động: {what}", what=" ".join(names))
