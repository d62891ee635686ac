"""`forewarn drill rollback`: put another version in the champion's place, take it back, and watch who forecasts.

On a console of its own. The other version is the shipped artefact under another number, so nothing but the names
differs. It is promoted by the service and rolled back by the command, as an operator would; each time it is measured
how long it takes until a stored forecast names the version that should serve. The database is the witness.
"""

import time
from argparse import Namespace
from dataclasses import asdict, replace

from ml.artifacts import read, write
from webapp.core.errors import ForewarnError
from workers.commands import report
from workers.commands.console import Console, console, until
from workers.commands.course import Course, Failed
from workers.commands.evidence import Evidence
from workers.commands.report import say

FLEET = "fleet-demo"
SPEED = 60
OTHER = "0.0.1-drill"
PATIENCE_S = 60.0
_PAUSE_S = 0.02


def main() -> None:
    """Promote, roll back, answer."""
    options = _options()
    course = Course()
    began = time.monotonic()
    with console(options.data_dir, servers=options.servers, speed=str(SPEED), seed=options.seed) as running:
        course.note("a console starts", time.monotonic() - began)
        try:
            course.take(
                "every server is forecast",
                lambda: until(lambda: running.forecast(FLEET) >= options.servers, PATIENCE_S, "every forecast"),
            )
            running.adopt()
            result = _drill(running, course)
        except Failed:
            result = {"steps": [asdict(one) for one in course.steps], "ok": False}
    report.answer(result, options.seed, options.json)


def _options() -> Namespace:
    parser = report.options("Promote another version, roll it back, and watch who forecasts.")
    parser.add_argument("--servers", type=int, default=20)
    parser.add_argument("--seed", type=int, default=7, help="seed of the fleet")
    return parser.parse_args()


def _drill(running: Console, course: Course) -> dict[str, object]:
    evidence = Evidence(running.folder)
    first = evidence.cycles(FLEET)[-1].tick
    before = evidence.served(FLEET)[-1].version
    course.take("another version is promoted", lambda: _promote(running))
    course.take("it forecasts", lambda: _forecast_by(evidence, OTHER))
    words = ("rollback", "--stream", FLEET, "--reason", "a drill of the rollback")
    course.take("the command rolls back", lambda: say(running.run(*words).strip()))
    course.take("the version before forecasts again", lambda: _forecast_by(evidence, before))
    time.sleep(3 * 300 / SPEED)  # whoever forecasts later would be seen
    moved_ms = evidence.moved_ms(FLEET)
    due = [one for one in evidence.served(FLEET) if one.due_ms > moved_ms]
    wrong = sum(one.version != before for one in due)
    again = next((one.made_ms - moved_ms for one in due if one.version == before), None)
    missed, doubled = evidence.missed(FLEET, first), evidence.doubled(first)
    return {
        "steps": [asdict(one) for one in course.steps],
        "from_the_move_to_its_forecast_s": None if again is None else round(again / 1000, 2),
        "tick_s": 300 / SPEED, "ticks_due_since": len(due), "of_them_by_the_other_version": wrong,
        "missed_ticks": missed, "duplicate_forecasts": doubled,
        "ok": not wrong and not missed and not doubled and len(due) > 0,
    }  # fmt: skip


def _promote(running: Console) -> None:
    """What an approval does: register the artefact, move the slot."""
    from webapp.core.policies.promotions import Kind
    from webapp.core.repositories import model_versions
    from webapp.core.services import champions, promotions, streams
    from webapp.core.uow import unit_of_work

    manifest, _, tensors = read(champions.SHIPPED)
    folder = running.folder / "models" / f"{manifest.model}-{OTHER}"
    write(folder, tensors, replace(manifest, version=OTHER, files={}))
    with unit_of_work() as uow:
        stream = streams.find(uow.session, FLEET, lock=True)
        made = champions.register(uow.session, folder)
        slot = model_versions.slot(uow.session, stream.id or 0)
        assert slot is not None, "a stream has a slot"
        promotions.move(uow, stream, slot.moves, made, Kind.PROMOTION, "drill", "a drill of the rollback")


def _forecast_by(evidence: Evidence, version: str) -> None:
    """Wait until the newest stored forecast names a version."""
    until(
        lambda: evidence.served(FLEET)[-1].version == version, PATIENCE_S, f"a forecast of version {version}", _PAUSE_S
    )


if __name__ == "__main__":
    try:
        main()
    except ForewarnError as error:
        raise SystemExit(f"forewarn: {error.message}") from error
