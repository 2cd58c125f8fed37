"""Who may look at the dashboard, and who is logged in: sessions live here, so a logout ends them for good.

``python -m cloud.accounts --config cloud.toml add NAME`` adds an account, with the password on standard input.
"""

from cloud.accounts.faults import AccountRefused, Fault, WrongCode, WrongPassword
from cloud.accounts.people import Account, add_account, find_account
from cloud.accounts.sessions import Session, Stage, find_session, log_in, log_out

__all__ = [
    "Account",
    "AccountRefused",
    "Fault",
    "Session",
    "Stage",
    "WrongCode",
    "WrongPassword",
    "add_account",
    "find_account",
    "find_session",
    "log_in",
    "log_out",
]
