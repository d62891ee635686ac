"""Who serves a stream: moving its slot, rolling back, and what serves when an artefact is broken."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from ml.artifacts import read, write
from tests.integration.core.steps import drive, held
from webapp.core.clock import now
from webapp.core.db import reading
from webapp.core.errors import Conflict, Invalid, NotFound, Unavailable
from webapp.core.repositories import model_versions
from webapp.core.repositories import promotions as rows
from webapp.core.services import audit, champions, promotions, streams
from webapp.core.uow import unit_of_work
from workers.actors import inference
from workers.model_cache import Models

pytestmark = pytest.mark.usefixtures("demo")
DEMO = streams.DEMO


def other(folder: Path, version: str = "1.1.0") -> Path:
    """The shipped artefact as another version."""
    manifest, _, tensors = read(champions.SHIPPED)
    out = folder / f"fleet-tft-{version}"
    write(out, tensors, type(manifest)(**{**vars_of(manifest), "version": version, "files": {}}))
    return out


def vars_of(manifest: object) -> dict[str, object]:
    return {name: getattr(manifest, name) for name in manifest.__dataclass_fields__}  # type: ignore[attr-defined]


def served(folder: Path, version: str = "1.1.0") -> None:
    """Let another version serve, as an approval does."""
    with unit_of_work() as uow:
        stream = streams.find(uow.session, DEMO, lock=True)
        made = champions.register(uow.session, other(folder, version))
        slot = model_versions.slot(uow.session, stream.id or 0)
        assert slot is not None
        promotions.move(uow, stream, slot.moves, made, promotions.Kind.PROMOTION, "ann", "better")


def names() -> list[str]:
    return [one.name for one in promotions.history(DEMO)]


def test_a_new_stream_begins_its_history_with_the_shipped_champion() -> None:
    (first,) = promotions.history(DEMO)
    assert (first.name, first.kind, first.until_at) == ("fleet-tft 1.0.0", "first", None)


def test_a_rollback_lets_the_version_before_serve_again(tmp_path: Path) -> None:
    served(tmp_path)
    before = promotions.rollback(DEMO, None, "ann", "worse on storage")
    assert (before.name, before.kind, before.by, before.reason) == (
        "fleet-tft 1.0.0", "rollback", "ann", "worse on storage",
    )  # fmt: skip
    assert names() == ["fleet-tft 1.0.0", "fleet-tft 1.1.0", "fleet-tft 1.0.0"]
    assert [one.action for one in audit.entries(limit=2)] == ["rollback", "promotion"]


def test_a_version_is_named_by_number_or_by_hash(tmp_path: Path) -> None:
    served(tmp_path)
    served(tmp_path, "1.2.0")
    oldest = promotions.history(DEMO)[-1]
    assert promotions.rollback(DEMO, "1.1.0", "ann", "x").version == "1.1.0"
    assert promotions.rollback(DEMO, oldest.sha256[:12], "ann", "x").version == "1.0.0"
    with pytest.raises(NotFound, match="No version 9"):
        promotions.rollback(DEMO, "9", "ann", "x")


def test_what_cannot_be_rolled_back_says_why(tmp_path: Path) -> None:
    with pytest.raises(Conflict, match="nothing to roll back to"):
        promotions.rollback(DEMO, None, "ann", "x")
    with pytest.raises(Conflict, match="serves fleet-demo already"):
        promotions.rollback(DEMO, "1.0.0", "ann", "x")
    served(tmp_path)
    with pytest.raises(Invalid, match="Say why"):
        promotions.rollback(DEMO, None, "ann", " ")
    assert len(names()) == 2


def test_a_version_whose_files_changed_never_comes_back(tmp_path: Path) -> None:
    served(tmp_path)
    served(tmp_path, "1.2.0")
    (tmp_path / "fleet-tft-1.1.0" / "model.safetensors").write_bytes(b"other")
    with pytest.raises(Unavailable):
        promotions.rollback(DEMO, "1.1.0", "ann", "x")
    assert names()[0] == "fleet-tft 1.2.0"


def test_of_two_who_move_a_slot_at_once_one_is_refused(tmp_path: Path) -> None:
    served(tmp_path)
    with unit_of_work() as uow:
        stream = streams.find(uow.session, DEMO, lock=True)
        slot = model_versions.slot(uow.session, stream.id or 0)
        assert slot is not None
        assert rows.move(uow.session, slot.stream_id, slot.moves, slot.model_version_id, now(), "bob")
        assert not rows.move(uow.session, slot.stream_id, slot.moves - 1, slot.model_version_id, now(), "ann")


def test_who_was_champion_at_a_time_has_one_answer(tmp_path: Path) -> None:
    begun = now()
    served(tmp_path)
    assert promotions.champion_at(DEMO, begun).version == "1.0.0"
    assert promotions.champion_at(DEMO, now()).version == "1.1.0"
    with pytest.raises(NotFound, match="began later"):
        promotions.champion_at(DEMO, begun - timedelta(days=1))


def test_the_next_tick_is_forecast_by_who_serves_now(tmp_path: Path) -> None:
    lease = held()
    drive(lease, 1)
    served(tmp_path)
    drive(lease, 1)
    assert streams.stream(DEMO).version == "1.1.0"
    promotions.rollback(DEMO, None, "ann", "a drill")
    drive(lease, 1)
    with reading() as session:
        version = model_versions.champion(session, lease.stream_id)
    assert version is not None and version.version == "1.0.0"


def test_a_broken_champion_leaves_the_last_good_one_serving_under_its_own_name(tmp_path: Path) -> None:
    served(tmp_path)
    champions.forecaster.cache_clear()
    (tmp_path / "fleet-tft-1.1.0" / "manifest.json").write_text("{}")
    with reading() as session:
        stream = streams.find(session, DEMO)
        champion = model_versions.champion(session, stream.id or 0)
    assert champion is not None and stream.id is not None
    models = Models()
    version, forecaster = models.of(stream.id, champion)
    assert (version.version, forecaster.manifest.version) == ("1.0.0", "1.0.0")
    assert "1.0.0 serves on" in streams.stream(DEMO).trouble
    shutil.rmtree(tmp_path / "fleet-tft-1.1.0")
    other(tmp_path)
    assert models.of(stream.id, champion)[0].version == "1.1.0"
    assert streams.stream(DEMO).trouble == ""


def test_when_nothing_can_be_loaded_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with reading() as session:
        stream = streams.find(session, DEMO)
        champion = model_versions.champion(session, stream.id or 0)
    assert champion is not None and stream.id is not None
    broken = type(champion)(**{**champion.model_dump(), "path": str(tmp_path / "nowhere")})
    with pytest.raises(Unavailable):
        Models().of(stream.id, broken)
    assert "No earlier version" in streams.stream(DEMO).trouble


def test_warming_a_broken_champion_fails_no_job(tmp_path: Path) -> None:
    served(tmp_path)
    shutil.rmtree(tmp_path / "fleet-tft-1.1.0")
    with reading() as session:
        stream_id = streams.find(session, DEMO).id
    assert stream_id is not None
    inference.model_warm.fn(stream_id)
