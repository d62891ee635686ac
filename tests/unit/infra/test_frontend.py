"""The pages are built again when, and only when, something that they are made of has changed."""

from pathlib import Path

import pytest

from webapp.cli import frontend


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A built checkout of three files."""
    monkeypatch.setattr(frontend, "ROOT", tmp_path)
    monkeypatch.setattr(frontend, "BUILT", tmp_path / ".web" / "index.html")
    monkeypatch.setattr(frontend, "STAMP", tmp_path / ".web" / "stamp")
    for name in ("webapp/pages/fleet.py", "assets/style.css", "webapp/api/app.py", ".web/index.html"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("one")
    frontend.stamp(frontend.digest(pins=False))
    return tmp_path


def test_a_built_checkout_is_fresh(checkout: Path) -> None:
    assert frontend.is_fresh()


@pytest.mark.parametrize(
    "name", ["webapp/pages/fleet.py", "assets/style.css", "webapp/pages/new.py", "reflex.lock/bun.lock"]
)
def test_a_changed_source_makes_it_stale(name: str, checkout: Path) -> None:
    (checkout / name).parent.mkdir(exist_ok=True)
    (checkout / name).write_text("two")
    assert not frontend.is_fresh()


def test_what_the_browser_never_sees_does_not_matter(checkout: Path) -> None:
    (checkout / "webapp/api/app.py").write_text("two")
    assert frontend.is_fresh()


def test_pins_that_the_build_wrote_belong_to_it(checkout: Path) -> None:
    made_from = frontend.digest(pins=False)
    (checkout / "reflex.lock").mkdir()
    (checkout / "reflex.lock" / "bun.lock").write_text("new")
    frontend.stamp(made_from)
    assert frontend.is_fresh()


def test_an_edit_during_the_build_is_not_lost(checkout: Path) -> None:
    made_from = frontend.digest(pins=False)
    (checkout / "assets/style.css").write_text("two")
    frontend.stamp(made_from)
    assert not frontend.is_fresh()


def test_a_missing_bundle_is_not_fresh(checkout: Path) -> None:
    frontend.BUILT.unlink()
    assert not frontend.is_fresh()
