"""What an administrator may do to whom: never to their own role, and never to the last administrator."""

from webapp.core.policies.roles import Role

OWN_ROLE = "Nobody changes their own role. Ask another administrator."
OWN_ACCESS = "Nobody disables themselves. Ask another administrator."


def role_problem(by: str, name: str, before: Role, after: Role, others: int, external: bool) -> str | None:
    """Why a role cannot be changed, or None; `others` counts the other administrators who are not disabled."""
    if by == name:
        return OWN_ROLE
    if external:
        return f"The identity provider decides the role of {name} at each sign-in. Change it there, or disable {name}."
    if before is Role.ADMIN and after is not Role.ADMIN:
        return last_admin_problem(name, others)
    return None


def disable_problem(by: str, name: str, role: Role, others: int) -> str | None:
    """Why a person cannot be disabled, or None."""
    if by == name:
        return OWN_ACCESS
    return last_admin_problem(name, others) if role is Role.ADMIN else None


def last_admin_problem(name: str, others: int) -> str | None:
    """Somebody has to be able to let people in."""
    if others > 0:
        return None
    return f"{name} is the last administrator who can sign in. Make somebody else an administrator first."
