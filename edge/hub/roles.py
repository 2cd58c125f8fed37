"""What an officer may do: each role includes those below it."""

from enum import Enum

from edge.hub.words import N_


class Role(Enum):
    """The roles; the value is what is stored and what ``officers.toml`` says."""

    COUNTER = "counter"
    FLOOR_LEAD = "floor-lead"
    ADMINISTRATOR = "administrator"

    def includes(self, other: "Role") -> bool:
        """Whether an officer of this role may do what ``other`` may.

        >>> Role.FLOOR_LEAD.includes(Role.COUNTER), Role.FLOOR_LEAD.includes(Role.ADMINISTRATOR)
        (True, False)
        """
        ranks = list(Role)
        return ranks.index(self) >= ranks.index(other)


# Vietnamese source words; the English ones are in the gettext catalogue under these.
ROLE_WORDS: dict[Role, str] = {
    Role.COUNTER: N_("Nhân viên quầy"),
    Role.FLOOR_LEAD: N_("Trưởng phòng đón tiếp"),
    Role.ADMINISTRATOR: N_("Quản trị viên"),
}
