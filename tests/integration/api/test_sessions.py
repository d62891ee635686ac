"""How long a session holds, how its token is replaced, and who ends it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlmodel import Session, text

from tests.integration.api.conftest import Client, both
from webapp.core.db import ROOT, engine
from webapp.core.errors import NotFound
from webapp.core.policies.roles import Role
from webapp.core.services import audit, people, sessions, users
from webapp.core.settings import settings
from webapp.core.views.users import SignedIn

PASSWORD = "correct horse battery"
HERE = "192.0.2.1"
Later = Callable[[timedelta], None]


@pytest.fixture(autouse=True)
def ann(database: None) -> None:
    people.add("ann", Role.OPERATOR, PASSWORD, "test")


def signed(place: str = HERE) -> SignedIn:
    return users.sign_in("ann", PASSWORD, place)


def use(token: str) -> None:
    """Do something with a session, as if nothing were remembered."""
    sessions.forget_everyone()
    who = sessions.identity(token)
    assert who is not None
    sessions.use(who)
    sessions.forget_everyone()


def renewed(token: str) -> str:
    fresh = sessions.renew(token)
    assert fresh is not None
    return fresh.token


@both
def test_a_session_that_nobody_uses_ends(later: Later) -> None:
    one = signed()
    later(timedelta(minutes=230))
    use(one.token)
    later(timedelta(minutes=230))
    assert sessions.identity(one.token) is not None
    later(timedelta(minutes=20))
    sessions.forget_everyone()
    assert sessions.identity(one.token) is None


def test_use_does_not_make_a_session_last_for_ever(later: Later) -> None:
    one = signed()
    for _ in range(11):
        later(timedelta(minutes=60))
        use(one.token)
    later(timedelta(minutes=61))
    sessions.forget_everyone()
    assert sessions.identity(one.token) is None


def test_use_is_noted_once_a_minute() -> None:
    who = sessions.identity(signed().token)
    assert who is not None
    assert sessions.is_use_due(who)
    sessions.use(who)
    assert not sessions.is_use_due(who)


@both
def test_a_token_is_replaced_and_the_old_one_holds_for_a_minute(later: Later) -> None:
    one = signed()
    assert sessions.renew(one.token) is None
    later(timedelta(minutes=16))
    fresh = renewed(one.token)
    old, new = sessions.identity(one.token), sessions.identity(fresh)
    assert old is not None and new is not None
    assert (old.session_id, old.renew_at is None) == (new.session_id, True)
    assert sessions.renew(one.token) is None


@both
def test_of_many_requests_at_once_one_gets_the_new_token(later: Later) -> None:
    one = signed()
    later(timedelta(minutes=16))
    with ThreadPoolExecutor(6) as pool:
        made = [found for found in pool.map(lambda _: sessions.renew(one.token), range(6)) if found is not None]
    assert len(made) == 1


def test_a_copy_of_an_old_token_ends_the_session(later: Later) -> None:
    one = signed()
    later(timedelta(minutes=16))
    fresh = renewed(one.token)
    later(timedelta(seconds=61))
    assert sessions.identity(one.token) is None
    assert sessions.identity(fresh) is None
    last = audit.entries(limit=1)[0]
    assert (last.actor, last.action, last.subject) == ("forewarn", "end", "ann")


def test_a_page_brings_the_new_cookie_and_a_key_never_does(client: Client, later: Later) -> None:
    form = {"name": "ann", "password": PASSWORD}
    client.post("/api/login", data=form)
    before = client.cookies["fw_session"]
    assert "set-cookie" not in client.get("/api/v1/me").headers
    later(timedelta(minutes=16))
    for path in ("/healthz", "/api/nothing"):
        assert "set-cookie" not in client.get(path).headers
    answer = client.get("/api/v1/me")
    assert all(part in answer.headers["set-cookie"] for part in ("HttpOnly", "SameSite=strict", "fw_session="))
    assert answer.headers["cache-control"] == "no-store"
    assert client.cookies["fw_session"] != before
    parallel = client.get("/api/v1/me", headers={"Cookie": f"fw_session={before}"})
    assert parallel.status_code == 200


def test_signing_out_with_the_token_before_ends_the_session_too(later: Later) -> None:
    one = signed()
    later(timedelta(minutes=16))
    fresh = renewed(one.token)
    assert sessions.sign_out(one.token)
    assert sessions.identity(fresh) is None


@both
def test_a_person_sees_and_ends_their_own_sessions() -> None:
    one, other = signed(), signed("198.51.100.7")
    assert {view.client for view in sessions.opened("ann")} == {HERE, "198.51.100.7"}
    mine, theirs = sessions.identity(one.token), sessions.identity(other.token)
    assert mine is not None and theirs is not None and theirs.session_id is not None
    sessions.end(theirs.session_id, mine)
    assert sessions.identity(other.token) is None
    with pytest.raises(NotFound):
        sessions.end(theirs.session_id, mine)
    signed("203.0.113.9")
    assert (sessions.end_others(mine), sessions.end_others(mine)) == (1, 0)
    assert sessions.identity(one.token) is not None


def test_nobody_ends_the_session_of_somebody_else() -> None:
    people.add("bob", Role.ADMIN, PASSWORD, "test")
    one, bob = signed(), users.sign_in("bob", PASSWORD, HERE).identity
    assert one.identity.session_id is not None
    with pytest.raises(NotFound):
        sessions.end(one.identity.session_id, bob)
    assert sessions.identity(one.token) is not None


def test_an_administrator_signs_somebody_out_everywhere() -> None:
    one = signed()
    assert people.people()[0].sessions == 1
    assert people.end_sessions("ann", "admin") == 1
    assert sessions.identity(one.token) is None
    before = audit.entries(limit=1)[0].id
    assert people.end_sessions("ann", "admin") == 0
    assert audit.entries(limit=1)[0].id == before


@both
def test_sessions_from_before_the_revision_hold(later: Later) -> None:
    one = signed()
    config = Config(str(ROOT / "alembic.ini"))
    config.set_main_option("script_location", str(ROOT / "alembic"))
    config.attributes["url"] = settings().database
    scripts = ScriptDirectory.from_config(config).walk_revisions()
    ours = next(script for script in scripts if "people and their sessions" in (script.doc or ""))
    command.downgrade(config, str(ours.down_revision))
    command.upgrade(config, "head")
    sessions.forget_everyone()
    assert sessions.identity(one.token) is not None
    with Session(engine()) as session:
        assert session.connection().execute(text("SELECT way FROM sessions")).scalars().all() == ["password"]
