"""The legal classes that follow from a birth date alone."""

from datetime import date

from edge.contracts.ticket import Priority

YOUNG, OLD = 6, 75


def priority_from(birth_date: str, day: str) -> Priority:
    """The class of somebody born on ``birth_date`` on the business day ``day`` (both ``YYYY-MM-DD``).

    A date that does not exist, or lies in the future, gives none: the document is read again by an officer.
    Source: Law 15/2023/QH15, article 3(2): "trẻ em dưới 06 tuổi", "người từ đủ 75 tuổi trở lên".

    >>> priority_from("1951-11-24", "2026-11-24"), priority_from("1951-11-25", "2026-11-24")
    (<Priority.FROM_75: 'from-75'>, <Priority.NONE: 'none'>)
    """
    try:
        born, today = date.fromisoformat(birth_date), date.fromisoformat(day)
    except ValueError:
        return Priority.NONE
    if born > today:
        return Priority.NONE
    age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    if age < YOUNG:
        return Priority.UNDER_6
    return Priority.FROM_75 if age >= OLD else Priority.NONE
