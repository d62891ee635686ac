"""Roles, weakest first: each may do everything that the ones before it may."""

from enum import StrEnum


class Role(StrEnum):
    """viewer < operator < approver < admin."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    APPROVER = "approver"
    ADMIN = "admin"

    def covers(self, other: "Role") -> bool:
        """Whether someone with this role may do what `other` may."""
        return _RANK[self] >= _RANK[other]


_RANK = {role: rank for rank, role in enumerate(Role)}
