"""From a stream that goes stale to what a target hears: once for each end, whatever dies or is asked twice."""

import json
import stat
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests import receivers
from tests.integration.core.steps import drive, held
from tests.receivers import Heard, answering
from webapp.core.clock import now
from webapp.core.db import reading
from webapp.core.errors import Conflict, Invalid, NotFound
from webapp.core.policies.deliveries import MOST_TRIES, Notice, Phase
from webapp.core.policies.notifications import Topic
from webapp.core.repositories import deliveries as rows
from webapp.core.services import audit, conditions, deliveries, health, notifications, streams
from webapp.core.settings import settings
from webapp.core.uow import unit_of_work
from webapp.core.views.audit import Wanted
from webapp.core.views.notifications import DeliveryView

pytestmark = pytest.mark.usefixtures("installation")
STALE = Notice(Topic.STREAMS, Phase.BEGAN, "stream_stale:x", now(), "x", "x is stale.", "Look.")
Later = Callable[[float], None]


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Later:
    """Lets the clock of deliveries, conditions and streams jump ahead, in seconds."""
    jumped = [0.0]
    for module in (deliveries, conditions, streams):
        monkeypatch.setattr(module, "now", lambda: now() + timedelta(seconds=sum(jumped)))
    return jumped.append


@pytest.fixture
def heard() -> Iterator[Heard]:
    with receivers.http(answering(200)) as server:
        yield server


def _hook(heard: Heard, name: str = "ops", **more: Any) -> None:
    form = {"name": name, "kind": "webhook", "topics": ["streams"], "url": f"{heard.url}/s3cr3t", **more}
    notifications.add(form, "ann")


def _publish(notice: Notice = STALE) -> int:
    with unit_of_work() as uow:
        return deliveries.publish(uow, notice)


def _send_all() -> None:
    with reading() as session:
        due = rows.due(session, deliveries.now(), 50)
    for one in due:
        deliveries.send(one)


def _states() -> list[tuple[str, int]]:
    return [(one.state, one.tries) for one in notifications.snapshot(20)[1]]


def _newest() -> DeliveryView:
    return notifications.snapshot(1)[1][0]


def _entries() -> list[tuple[str, str]]:
    return [(one.actor, one.action) for one in reversed(audit.entries(Wanted(noun=notifications.NOUN)))]


def test_a_target_hears_of_its_topics_once(heard: Heard) -> None:
    _hook(heard)
    _hook(heard, "disk", topics=["disk"])
    assert (_publish(), _publish()) == (1, 0)
    _send_all()
    _send_all()
    assert [json.loads(body)["title"] for _, _, body in heard.posts] == ["x is stale."]
    assert _states() == [("sent", 1)]


def test_a_notice_of_a_change_that_fails_is_owed_to_nobody(heard: Heard) -> None:
    def fail() -> None:
        with unit_of_work() as uow:
            deliveries.publish(uow, STALE)
            raise ZeroDivisionError

    _hook(heard)
    with pytest.raises(ZeroDivisionError):
        fail()
    assert _states() == []


def test_a_stale_stream_is_told_after_a_minute_and_again_when_it_is_fresh(heard: Heard, later: Later) -> None:
    streams.ensure_demo(now())
    lease = held()
    drive(lease, ticks=1)
    _hook(heard)
    assert conditions.look() == 0
    later(60)  # at 60 times wall time a forecast is stale after ten seconds
    assert [conditions.look(), conditions.look()] == [0, 0]
    later(61)
    assert [conditions.look(), conditions.look()] == [1, 0]
    streams.pause(streams.DEMO, "ann")  # a paused stream is not stale
    assert [conditions.look(), conditions.look()] == [1, 0]
    _send_all()
    told = [json.loads(body) for _, _, body in heard.posts]
    assert [one["phase"] for one in told] == ["began", "over"]
    assert told[0]["occurrence"] == told[1]["occurrence"]
    assert "fleet-demo is stale: no forecast since" in told[0]["title"]


def test_what_is_stale_for_a_moment_only_wakes_nobody(heard: Heard, later: Later) -> None:
    streams.ensure_demo(now())
    drive(held(), ticks=1)
    _hook(heard)
    later(60)
    assert conditions.look() == 0
    streams.pause(streams.DEMO, "ann")
    assert conditions.look() == 0
    assert _states() == []


def test_the_cap_is_told_once_until_there_is_room_again(
    heard: Heard, later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = [5000.0]
    monkeypatch.setattr(conditions, "used_mb", lambda: used[0])
    _hook(heard, topics=["disk"])
    conditions.look()
    later(61)
    assert conditions.look() == 1
    used[0] = 4990.0  # where a sweep stops
    assert conditions.look() == 0
    used[0] = 4000.0
    assert conditions.look() == 1
    titles = [one.title for one in notifications.snapshot(5)[1]]
    assert titles == ["The data is below its cap again.", "The data has reached its cap of 5,000 MB."]


def test_a_server_that_fails_is_tried_again_and_taken_then(later: Later) -> None:
    with receivers.http(answering(500, 500, 200)) as broken:
        _hook(broken)
        _publish()
        for wait in (0, 11, 31):
            later(wait)
            _send_all()
            _send_all()
    assert len(broken.posts) == 3
    assert _states() == [("sent", 3)]
    assert len({headers["idempotency-key"] for _, headers, _ in broken.posts}) == 1


def test_tries_end_and_the_last_error_is_kept_without_the_address(later: Later) -> None:
    with receivers.http(answering(500, body=b"no /s3cr3t")) as broken:
        _hook(broken)
        _publish()
        for _ in range(MOST_TRIES + 2):
            _send_all()
            later(1900)
    assert len(broken.posts) == MOST_TRIES
    assert _states() == [("failed", MOST_TRIES)]
    assert "HTTP 500, no ..." in _newest().error


def test_a_webhook_that_is_gone_is_not_tried_again() -> None:
    with receivers.http(answering(404)) as gone:
        _hook(gone)
        _publish()
        _send_all()
    assert _states() == [("failed", 1)]
    assert "make a new one" in _newest().error
    found = {one.name: one for one in health.doctor()}
    assert not found["notifications"].ok
    assert "ops" in found["notifications"].detail


def test_a_sender_that_dies_before_its_commit_sends_again_under_the_same_key(
    heard: Heard, later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    _hook(heard)
    _publish()
    with monkeypatch.context() as dying:
        dying.setattr(deliveries, "_note", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            _send_all()
    _send_all()  # somebody may still be sending
    assert (len(heard.posts), _states()) == (1, [("sending", 1)])
    later(61)
    _send_all()
    assert _states() == [("sent", 2)]
    assert len({headers["idempotency-key"] for _, headers, _ in heard.posts}) == 1
    assert len(heard.posts) == 2


def test_who_was_outlived_says_nothing_of_the_outcome(heard: Heard, later: Later) -> None:
    _hook(heard)
    _publish()
    slow = deliveries._claim(_newest().id)
    assert slow is not None
    later(61)
    _send_all()
    deliveries._note(slow, "too late", "", True)
    assert _states() == [("sent", 2)]


@pytest.mark.parametrize("how", ["removed", "paused"])
def test_what_waits_for_a_target_that_was_removed_or_paused_is_dropped(heard: Heard, how: str) -> None:
    _hook(heard)
    _publish()
    if how == "removed":
        notifications.remove("ops", "ann")
    else:
        notifications.set_enabled("ops", False, "ann")
    _send_all()
    assert heard.posts == []
    assert _newest().state == "dropped"
    assert how in _newest().error
    assert _publish() == 0


def test_secrets_are_in_files_that_nobody_else_reads_and_go_with_their_target(heard: Heard) -> None:
    _hook(heard, signing="sixteen-or-more-x")
    (file,) = (settings().data_dir / "secrets").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(file.read_text()) == {"url": f"{heard.url}/s3cr3t", "signing": "sixteen-or-more-x"}
    seen = str(notifications.snapshot(5)) + str(audit.entries())
    assert "s3cr3t" not in seen
    assert "sixteen" not in seen
    notifications.remove("ops", "ann")
    assert list((settings().data_dir / "secrets").iterdir()) == []


def test_a_test_is_sent_at_once_tried_once_and_says_how_it_went(heard: Heard) -> None:
    _hook(heard)
    notifications.set_enabled("ops", False, "ann")
    assert notifications.test("ops", "ben").state == "sent"
    assert "ben sent this" in json.loads(heard.posts[0][2])["text"]
    with receivers.http(answering(503)) as broken:
        _hook(broken, "broken")
        failed = notifications.test("broken", "ben")
    assert (failed.state, failed.tries, failed.test) == ("failed", 1, True)
    assert "cannot take it now" in failed.error


def test_a_lost_secret_is_a_sentence(heard: Heard) -> None:
    _hook(heard)
    for file in (settings().data_dir / "secrets").iterdir():
        file.unlink()
    assert "restore the folder `secrets`" in notifications.test("ops", "ben").error


def test_every_change_leaves_one_entry_and_a_refused_or_empty_one_none(heard: Heard) -> None:
    _hook(heard)
    for refused in ({"name": "ops"}, {"url": "x"}, {"url": "http://169.254.169.254/"}, {"topics": []}):
        with pytest.raises((Invalid, Conflict)):
            _hook(heard, **{"name": "other", **refused})
    with pytest.raises(NotFound):
        notifications.remove("nobody", "ann")
    notifications.set_topics("ops", ["streams"], "ann")
    notifications.set_enabled("ops", True, "ann")
    assert _entries() == [("ann", "add")]
    notifications.set_topics("ops", ["disk"], "ann")
    notifications.set_enabled("ops", False, "ann")
    notifications.test("ops", "ann")
    notifications.remove("ops", "ann", "gone")
    assert [action for _, action in _entries()] == ["add", "set_topics", "pause", "test", "remove"]
    assert len(list((settings().data_dir / "secrets").iterdir())) == 0


def test_a_refused_address_is_said_at_its_field(heard: Heard) -> None:
    with pytest.raises(Invalid) as raised:
        _hook(heard, url="http://169.254.169.254/latest")
    assert [one.field for one in raised.value.errors] == ["url"]


def test_old_deliveries_are_forgotten_and_owed_ones_are_not(heard: Heard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliveries, "KEPT", 3)
    _hook(heard)
    for _ in range(5):
        notifications.test("ops", "ann")
    assert len(notifications.snapshot(20)[1]) == 3


def test_the_mail_of_a_stale_stream_arrives() -> None:
    with receivers.smtp() as box:
        form = {
            "name": "mail", "kind": "smtp", "topics": ["streams"], "host": "127.0.0.1", "port": str(box.port),
            "security": "none", "sender": "fw@example.org", "recipients": "a@example.org",
        }  # fmt: skip
        notifications.add(form, "ann")
        _publish()
        _send_all()
    ((_, message),) = box.taken
    assert message["Subject"] == "[Forewarn] x is stale."
