"""The page People as plain values: who may sign in, and what can be done with the one that is selected."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from webapp import routes
from webapp.core.clock import now
from webapp.core.policies import people as policy
from webapp.core.policies import wording
from webapp.core.policies.roles import Role
from webapp.core.views.users import UserView
from webapp.state.shell_view import milliseconds


@dataclass(frozen=True, slots=True)
class PeopleKey:
    """One view of the page: who looks, as what, in which zone, and whom the address selects."""

    me: str
    admin: bool
    zone: str
    stream: str
    person: str


@dataclass(frozen=True)
class PersonRow:
    """One line of the list."""

    name: str
    href: str
    current: bool
    you: bool
    role: str
    signs_in: str
    seen_at: float
    sessions: int
    state: str
    tone: str


@dataclass(frozen=True)
class PersonDetail:
    """The person that is selected. A note says why something cannot be done; "" means that it can."""

    name: str = ""
    role: str = ""
    signs_in: str = ""
    added: str = ""
    seen_at: float = 0
    sessions: int = 0
    state: str = ""
    tone: str = ""
    paused: str = ""
    disabled: bool = False
    external: bool = False
    role_note: str = ""
    disable_note: str = ""


NOBODY = PersonDetail()


@dataclass(frozen=True)
class PeoplePage:
    """The whole page; of people only for administrators."""

    sentence: str = ""
    below: str = ""
    rows: list[PersonRow] = field(default_factory=list)
    chosen: PersonDetail = NOBODY
    seen_at: float = 0
    allowed: bool = False
    trouble: str = ""
    loaded: bool = True


def build(key: PeopleKey, people: Iterable[UserView]) -> PeoplePage:
    """The page for one who may see it."""
    every = list(people)
    admins = sum(one.role is Role.ADMIN and one.disabled_at is None for one in every)
    chosen = next((one for one in every if one.name == key.person), None)
    return PeoplePage(
        sentence=_sentence(every, admins),
        below="A person signs in with a password, a one-time link or the identity provider.",
        rows=[_row(key, one) for one in every],
        chosen=_detail(key, chosen, admins) if chosen is not None else NOBODY,
        seen_at=milliseconds(now()),
        allowed=True,
    )


def _sentence(every: list[UserView], admins: int) -> str:
    able = sum(one.disabled_at is None for one in every)
    can = "1 person can sign in" if able == 1 else f"{able} people can sign in"
    return f"{can}, {admins} as administrator{'' if admins == 1 else 's'}."


def _row(key: PeopleKey, one: UserView) -> PersonRow:
    state, tone = _state(one)
    return PersonRow(
        name=one.name, href=routes.url(routes.PEOPLE, stream=key.stream, person=one.name),
        current=one.name == key.person, you=one.name == key.me, role=one.role.value, signs_in=_signs_in(one),
        seen_at=milliseconds(one.last_seen_at), sessions=one.sessions, state=state, tone=tone,
    )  # fmt: skip


def _detail(key: PeopleKey, one: UserView, admins: int) -> PersonDetail:
    others = admins - (one.role is Role.ADMIN and one.disabled_at is None)
    state, tone = _state(one)
    after = Role.VIEWER if one.role is Role.ADMIN else Role.ADMIN
    disable = None if one.disabled_at else policy.disable_problem(key.me, one.name, one.role, others)
    return PersonDetail(
        name=one.name, role=one.role.value, signs_in=_signs_in(one),
        added=wording.clock_time(one.created_at, key.zone, now()), seen_at=milliseconds(one.last_seen_at),
        sessions=one.sessions, state=state, tone=tone, disabled=one.disabled_at is not None,
        paused=f"until {wording.clock_time(one.paused_until_at, key.zone, now())}" if one.paused_until_at else "",
        external=one.provider is not None, disable_note=disable or "",
        role_note=policy.role_problem(key.me, one.name, one.role, after, others, one.provider is not None) or "",
    )  # fmt: skip


def _signs_in(one: UserView) -> str:
    return {"provider": "identity provider", "link only": "one-time link"}.get(one.signs_in_with, one.signs_in_with)


def _state(one: UserView) -> tuple[str, str]:
    if one.disabled_at is not None:
        return "disabled", ""
    return ("locked out", "warning") if one.paused_until_at is not None else ("", "")
