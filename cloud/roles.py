"""Who may do what, and where: an account has one role, in one province or at one facility of it (X1)."""

from collections.abc import Iterable
from enum import Enum
from fnmatch import fnmatchcase

from msgspec import Struct

from cloud.words import N_
from edge.daemon.config import Section


class Right(Enum):
    """What a page or a command asks for."""

    FIGURES = "figures"  # figures, reports and their downloads
    DEVICES = "devices"  # how devices are
    ALARMS = "alarms"  # acknowledge an alarm
    CONFIGURE = "configure"  # remote configuration, targets, where alarms and reports are sent
    ACCOUNTS = "accounts"  # accounts, invitations, tokens, the audit log


class Role(Enum):
    """The roles; the value is what is stored."""

    ADMINISTRATOR = "administrator"  # the Department's
    PROVINCE = "province"  # the Department's staff
    FACILITY = "facility"  # a facility's own manager
    TECHNICIAN = "technician"  # whoever cares for the devices


RIGHTS: dict[Role, frozenset[Right]] = {
    Role.ADMINISTRATOR: frozenset(Right),
    Role.PROVINCE: frozenset({Right.FIGURES, Right.DEVICES, Right.ALARMS}),
    Role.FACILITY: frozenset({Right.FIGURES, Right.DEVICES, Right.ALARMS}),
    Role.TECHNICIAN: frozenset({Right.DEVICES, Right.ALARMS, Right.CONFIGURE}),
}

# Vietnamese source words; the English ones are in the gettext catalogue under these.
ROLE_WORDS: dict[Role, str] = {
    Role.ADMINISTRATOR: N_("Quản trị của Sở"),
    Role.PROVINCE: N_("Cán bộ Sở Y tế"),
    Role.FACILITY: N_("Lãnh đạo cơ sở"),
    Role.TECHNICIAN: N_("Kỹ thuật viên"),
}


class Province(Section, frozen=True):
    """A tenant: its facilities are the sites whose names match one of ``sites`` (shell patterns, ``"*"``: all)."""

    id: str
    name: str
    name_en: str
    sites: tuple[str, ...] = ("*",)

    def has(self, site: str) -> bool:
        """Whether this site belongs to it.

        >>> Province("mau", "Sở Y tế Mẫu", "Sample Department", ("mau-*",)).has("mau-01")
        True
        """
        return any(fnmatchcase(site, pattern) for pattern in self.sites)


# Without [[province]] in cloud.toml there is one, which has every site.
EVERYWHERE = Province("all", "Sở Y tế", "Department of Health")


def fits(role: Role, site: str) -> bool:
    """Whether an account of this role may be bound to ``site`` ("": the whole province): who runs a facility must be,
    the Department's own may not.

    >>> fits(Role.FACILITY, ""), fits(Role.ADMINISTRATOR, "mau-01"), fits(Role.TECHNICIAN, "mau-01")
    (False, False, True)
    """
    match role:
        case Role.FACILITY:
            return bool(site)
        case Role.TECHNICIAN:
            return True
        case _:
            return not site


class Scope(Struct, frozen=True):
    """Where an account's rights hold: a province, or only ``site`` of it."""

    province: Province
    site: str = ""

    def covers(self, site: str) -> bool:
        """Whether the account may see this site.

        >>> Scope(Province("mau", "Mẫu", "Sample", ("mau-*",)), "mau-01").covers("mau-02")
        False
        """
        return self.province.has(site) and self.site in ("", site)

    def visible(self, sites: Iterable[str]) -> tuple[str, ...]:
        """Those of ``sites`` that the account may see, in their order."""
        return tuple(site for site in sites if self.covers(site))
