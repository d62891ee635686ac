"""`forewarn drill lifecycle`: the whole life of a model on a console of its own, with the time of each step.

The shipped version serves; the fleet changes for good; drift is found; the policy trains; the gate passes; a person
approves; the new version forecasts and its live error is smaller than that of the version before on the same truths;
a rollback puts that one back. Nobody helps: what drift, policy, gate and scores say comes from the running system.

`--smoke` leaves out what needs days of stream time: a person asks for a short training, an administrator lets it serve
whatever the gate says, and rolls it back.
"""

from argparse import Namespace
from collections.abc import Callable
from dataclasses import asdict

from webapp.core.errors import ForewarnError, Unavailable
from workers.commands import report
from workers.commands.console import Console, console, until
from workers.commands.course import Course, Failed
from workers.commands.evidence import Evidence

SLUGS = {"fleet": "fleet-demo"}
STARTING, RUNNING, FASTEST = 60.0, 60.0, 0.0
KIND, INTENSITY, STRUCK, RAMP, HOLD = "connection_storm", 0.6, 10, 6, 2016
"""The change: half of the fleet meets a lasting load of connections, as after a release that keeps them open."""
NEW_HOURS, OPEN_HOURS, MINUTES = 72, 2, 4.0
"""The policy of this drill: train once three days of the new regime are there, for so many minutes."""
LIVE_HOURS = 12
PATIENCE_S = 60.0
DRIFT_S, DATA_S, TRAINING_S, LIVE_S = 240.0, 420.0, 600.0, 240.0
_LOOK_S = 0.5


class Lifecycle:
    """One life, step by step; the rows of the running console are its witnesses."""

    def __init__(self, running: Console, slug: str, course: Course) -> None:
        self.running, self.slug, self.course = running, slug, course
        self.evidence = Evidence(running.folder)
        self.first = self.evidence.cycles(slug)[-1].tick
        self.before = self.evidence.served(slug)[-1].version
        self.run_id = 0
        self.made = ""

    def whole(self) -> None:
        """From drift to rollback."""
        take = self.course.take
        take("the policy is set and people are there", self._prepare)
        take("the fleet changes", self._change)
        take("drift is found", self._drift)
        take("the policy trains", self._retrain)
        take("a candidate is trained and judged", self._candidate)
        take("the gate passes", self._gate)
        take("a person approves", lambda: self._approve("approver"))
        take("the new version forecasts", lambda: self._forecast_by(self.made))
        take("live error falls", self._live)
        take("it is rolled back", self._roll_back)
        take("the version before forecasts again", lambda: self._forecast_by(self.before))
        take("the audit tells it", self._audit)

    def smoke(self) -> None:
        """From a training that a person asks for to rollback."""
        take = self.course.take
        take("people are there", self._people)
        take("a person asks for a training", self._request)
        take("a candidate is trained and judged", self._candidate)
        take("an administrator lets it serve", lambda: self._approve("admin"))
        take("the new version forecasts", lambda: self._forecast_by(self.made))
        take("it is rolled back", self._roll_back)
        take("the version before forecasts again", lambda: self._forecast_by(self.before))
        take("the audit tells it", self._audit)

    def result(self, wanted: Callable[[], None]) -> dict[str, object]:
        """Go through it as far as it holds."""
        try:
            wanted()
        except Failed:
            held = False
        else:
            held = True
        harm = {
            "missed_ticks": self.evidence.missed(self.slug, self.first),
            "duplicate_forecasts": self.evidence.doubled(self.first),
        }
        steps = [asdict(one) for one in self.course.steps]
        return {"steps": steps, "ok": held and not any(harm.values()), "total_s": self.course.total_s, **harm}

    def _people(self) -> str:
        for name, role in (("ada", "admin"), ("grace", "approver")):
            self.running.run("user", "add", name, "--role", role, "--password-stdin", stdin="drill drill drill\n")
        return "ada, administrator, and grace, approver"

    def _prepare(self) -> str:
        from webapp.core.policies.drift_reports import Rule
        from webapp.core.services import drift_retraining

        people = self._people()
        rule = Rule(open_hours=OPEN_HOURS, new_hours=NEW_HOURS, minutes=MINUTES)
        drift_retraining.change(self.slug, rule, "grace", "a drill: soon and short")
        return f"{people}; training after {NEW_HOURS} h of a new regime"

    def _change(self) -> str:
        from webapp.core.policies.scenarios import ScenarioRequest
        from webapp.core.services import scenarios
        from webapp.core.views.scenarios import ScenarioView

        names = tuple(sorted(self._servers())[::2][:STRUCK])
        asked = ScenarioRequest(KIND, names, intensity=INTENSITY, ramp_ticks=RAMP, hold_ticks=HOLD, seed=5)
        made: ScenarioView = scenarios.start(self.slug, asked, "ada")
        self._speed(FASTEST)
        return f"{made.kind} on {len(names)} of {len(self._servers())} servers, for seven days"

    def _servers(self) -> list[str]:
        from webapp.core.db import reading
        from webapp.core.repositories import assets
        from webapp.core.services import streams

        with reading() as session:
            return [one.name for one in assets.of_stream(session, streams.find(session, self.slug).id or 0)]

    def _speed(self, speed: float) -> None:
        from webapp.core.services import streams

        streams.set_speed(self.slug, speed, "ada")

    def _drift(self) -> str:
        from webapp.core.services import drift_pages

        until(lambda: bool(drift_pages.snapshot(self.slug).episodes), DRIFT_S, "drift", _LOOK_S)
        found = drift_pages.snapshot(self.slug).episodes
        one = min(found, key=lambda episode: episode.opened_at)
        hours = (one.opened_at - one.since_at).total_seconds() / 3600
        return f"{one.metric} of {one.group}: {one.said}, found {hours:.0f} h of stream time after it began"

    def _retrain(self) -> str:
        from webapp.core.services import training_runs

        until(lambda: bool(training_runs.listed(self.slug)), DATA_S, "a training by the policy", _LOOK_S)
        self._speed(RUNNING)  # the training gets the processor
        run = training_runs.listed(self.slug)[0]
        self.run_id = run.id
        return f"run {run.id} by {run.by}: {run.reason}"

    def _request(self) -> str:
        from webapp.core.policies.training_runs import Recipe
        from webapp.core.services import training_runs

        run = training_runs.request(self.slug, Recipe(days=3, minutes=0.2), "grace", "a drill")
        self.run_id = run.id
        return f"run {run.id} of 0.2 min on 3 days"

    def _candidate(self) -> str:
        from webapp.core.services import training_runs

        until(lambda: training_runs.run(self.run_id).ended_at is not None, TRAINING_S, "a candidate", _LOOK_S)
        run = training_runs.run(self.run_id)
        if run.candidate is None:
            raise Unavailable(f"Run {run.id} is {run.status}: {run.note}.")
        self.made = run.candidate.rsplit(maxsplit=1)[-1]
        return f"{run.candidate}, {run.manifest.get('epochs')} epochs in {run.manifest.get('minutes')} min"

    def _gate(self) -> str:
        from webapp.core.services import evidence

        found = evidence.of_run(self.run_id)
        if found is None or not found.passed:
            said = [one.sentence for one in found.checks if not one.passed] if found else ["there is no evidence"]
            raise Unavailable(f"The gate refuses it: {'; '.join(said)}.")
        return next(one.sentence for one in found.checks if one.name == "better")

    def _approve(self, role: str) -> str:
        from webapp.core.policies.roles import Role
        from webapp.core.services import decisions

        by = {"approver": "grace", "admin": "ada"}[role]
        number = decisions.named(self.slug, self.made)
        made = decisions.approve(number, by, Role(role), "a drill of the life of a model")
        return f"{made.verdict} by {made.by}, asked for by {made.requested_by}, bound to {made.artefact_sha256[:12]}"

    def _forecast_by(self, version: str) -> str:
        until(lambda: self.evidence.served(self.slug)[-1].version == version, PATIENCE_S, f"a forecast of {version}")
        return f"version {version}"

    def _live(self) -> str:
        """The new version against the one before, which goes on in its shadow, on exactly the same truths."""
        self._speed(FASTEST)
        until(lambda: (self._compared() or (0, 0.0))[0] >= LIVE_HOURS, LIVE_S, f"{LIVE_HOURS} h of live error", 1.0)
        self._speed(RUNNING)
        hours, worse = self._compared() or (0, 0.0)
        said = f"{-100 * worse:.1f} % smaller than version {self.before}'s on the same truths of {hours} h"
        if worse >= 0:
            raise Unavailable(f"It does not: {said}.")
        return said

    def _compared(self) -> tuple[int, float] | None:
        from webapp.core.db import reading
        from webapp.core.repositories import promotions
        from webapp.core.services import live_scores, streams

        with reading() as session:
            stream = streams.find(session, self.slug)
            now, before = promotions.of_stream(session, stream.id or 0)[:2]
            found = live_scores.watched(
                session, stream.id or 0, now.model_version_id, before.model_version_id, now.tick or 0
            )
        return None if found is None else (found.hours, found.worse)

    def _roll_back(self) -> str:
        words = ("rollback", "--stream", self.slug, "--reason", "a drill of the life of a model")
        return self.running.run(*words).strip()

    def _audit(self) -> str:
        from webapp.core.services import audit

        actions = [one.action for one in audit.entries(limit=200)]
        missing = {"train", "rollback"} - set(actions)
        if missing or not {"promotion", "approve", "override"} & set(actions):
            raise Unavailable(f"The audit lacks {', '.join(missing) or 'the decision'}.")
        return self.running.run("audit", "verify").strip().splitlines()[0]


def main() -> None:
    """A console, a life, an answer."""
    options = _options()
    course = Course()
    with console(options.data_dir, servers=options.servers, speed=str(STARTING), seed=options.seed) as running:
        slug = SLUGS[options.stream]
        until(lambda: running.forecast(slug) >= options.servers, PATIENCE_S, "a forecast of every server")
        course.note("a console starts and its version serves", course.total_s)
        running.adopt()
        life = Lifecycle(running, slug, course)
        result = life.result(life.smoke if options.smoke else life.whole)
    report.answer({"stream": options.stream, **result}, options.seed, options.json)


def _options() -> Namespace:
    parser = report.options("The whole life of a model, from drift to rollback, with the time of each step.")
    parser.add_argument("--stream", choices=sorted(SLUGS), default="fleet")
    parser.add_argument("--smoke", action="store_true", help="a minute: without drift, gate and live error")
    parser.add_argument("--servers", type=int, default=20)
    parser.add_argument("--seed", type=int, default=7, help="seed of the fleet")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        main()
    except ForewarnError as error:
        raise SystemExit(f"forewarn: {error.message}") from error
