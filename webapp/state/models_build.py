"""From a stream's models to what the page says of them: sentences, versions, who may do what."""

from datetime import datetime
from typing import Final

from webapp.core.policies import decisions as rules
from webapp.core.policies import differences, wording
from webapp.core.policies.decisions import Promotion, Standing
from webapp.core.policies.roles import Role
from webapp.core.policies.wording import SPACE
from webapp.core.views.candidates import CandidateView, ModelsView
from webapp.core.views.evidence import EvidenceView
from webapp.state import models_evidence, models_history
from webapp.state.models_view import Fact, ModelsKey, ModelsPage, Picked, VersionItem

_STATES: Final = {
    Standing.CHAMPION: "serves now", Standing.CANDIDATE: "waits for a decision", Standing.ARCHIVED: "served before",
    Standing.REJECTED: "rejected", Standing.SUPERSEDED: "compared with an earlier champion",
}  # fmt: skip
_FOUND: Final = {"better": "better than", "worse": "worse than", "tie": "no different from"}


def build(key: ModelsKey, found: ModelsView) -> ModelsPage:
    """The page of one view."""
    one = _picked(key, found)
    title, behind = _sentence(found, one)
    champion = found.champion
    since = "" if champion is None else wording.clock_time(champion.since_at, key.zone, found.at)
    return ModelsPage(
        phase="ready", title=title, behind=behind, trouble=found.trouble, stream=found.stream,
        champion="" if champion is None else champion.version,
        champion_said="" if champion is None else f"champion since {since}",
        champion_facts=_of_champion(key, found),
        versions=[_item(key, other, one) for other in found.candidates if other.standing != Standing.CHAMPION],
        picked=Picked() if one is None else _shown(key, found, one),
        band=models_history.band(found, key.zone), marks=models_history.marks(found, key.zone),
        happened=models_history.happened(found, key.zone), back_to=_back_to(found),
        may_roll_back=key.role.covers(Role.APPROVER), automatic=found.policy.promotion == Promotion.AUTOMATIC,
        policy=_policy(key, found),
    )  # fmt: skip


def _picked(key: ModelsKey, found: ModelsView) -> CandidateView | None:
    """The version in the address, else the newest that waits for a decision, else the one that was promoted last."""
    named = next((one for one in found.candidates if one.version_id == key.version), None)
    wanted = (Standing.CANDIDATE, Standing.CHAMPION)
    order = [one for standing in wanted for one in found.candidates if one.standing == standing]
    return named or next(iter(order), None)


def _item(key: ModelsKey, one: CandidateView, picked: CandidateView | None) -> VersionItem:
    on = picked is not None and one.version_id == picked.version_id
    return VersionItem(one.version, one.standing, _STATES[Standing(one.standing)], key.href(one.version_id), on)


def _sentence(found: ModelsView, one: CandidateView | None) -> tuple[str, str]:
    """What there is to know of the picked version, and what comes next."""
    if one is None:
        return _alone(found)
    if one.evidence is None:
        return (
            f"{one.name} was trained; it is not compared with the champion yet.",
            "Comparing takes some minutes after the training. Nobody can decide on it before.",
        )
    overall = one.evidence.differences.overall
    than = one.evidence.champion.version
    word = _FOUND.get(differences.verdict(overall), "not compared with")
    name = "Champion" if one.standing == Standing.CHAMPION else "Candidate"
    tense = "is" if one.standing == Standing.CANDIDATE else "was"
    title = f"{name} {one.version} {tense} {word} {than} on the same {overall.windows:,} windows."
    return title, _loss(one.evidence) + _servers(one.evidence)


def _alone(found: ModelsView) -> tuple[str, str]:
    """No candidate: who serves, and how a candidate comes to be."""
    if found.champion is None:
        return "Nothing serves this stream.", "It gets the champion of the demo fleet as soon as its first rows come."
    return f"{found.champion.name} serves alone: there is no candidate.", "A training makes one."


def _loss(one: EvidenceView) -> str:
    overall = one.differences.overall
    if overall.relative is None:
        return "The comparison holds no difference."
    low, high = differences.percent(overall.low), differences.percent(overall.high)
    return f"Pinball loss {differences.percent(overall.relative)}, 95{SPACE}% interval {low} to {high}."


def _servers(one: EvidenceView) -> str:
    windows = one.windows
    if not windows.servers:
        return ""
    days = "" if windows.days is None else f" over {windows.days:.1f}{SPACE}days"
    return f" {windows.servers:,} servers of this stream{days}."


def _shown(key: ModelsKey, found: ModelsView, one: CandidateView) -> Picked:
    evidence = one.evidence
    state = _STATES[Standing(one.standing)]
    if evidence is None:
        return Picked(
            name=one.name, standing=one.standing, state=state, waiting=_waiting(one), asked_by=_asked(one),
            run=_run(one), facts=_facts(key, one, found.at),
        )  # fmt: skip
    verdict = rules.approval(evidence.passed)
    person = (key.person, key.role, found.deciders)
    denied = rules.denied(one.name, one.requested_by, verdict, *person)
    reject = rules.denied(one.name, one.requested_by, rules.Verdict.REJECT, *person)
    return Picked(
        name=one.name, standing=one.standing, state=state, evidence=evidence.id,
        evaluated=f"compared {wording.clock_time(evidence.made_at, key.zone, found.at)}",
        paired="same servers, same minutes, data neither model has seen", leads=models_evidence.leads(evidence),
        metrics=models_evidence.bars(evidence, evidence.differences.by_metric),
        profiles=models_evidence.profiles(evidence), gate=models_evidence.gate(evidence), passes=evidence.passed,
        gate_word=f"{sum(check.passed for check in evidence.checks)} of {len(evidence.checks)} pass",
        open=one.void is None, may=one.void is None and denied is None, may_reject=one.void is None and reject is None,
        override=not evidence.passed, why_not=_why_not(one, denied, key, found.at), asked_by=_asked(one),
        binds=" ".join(one.sha256[start : start + 4] for start in range(0, 12, 4)),
        beside=evidence.champion.version, pack=f"/api/v1/streams/{found.stream}/evidence/{evidence.id}/pack",
        run=_run(one), facts=_facts(key, one, found.at),
    )  # fmt: skip


def _why_not(one: CandidateView, denied: str | None, key: ModelsKey, at: datetime) -> str:
    """What was decided, what makes a decision void, or why this person may not make one."""
    if one.decision is not None:
        word = {"approve": "approved", "override": "approved against the gate", "reject": "rejected"}
        when = wording.clock_time(one.decision.at, key.zone, at)
        return f"{one.decision.by} {word[one.decision.verdict]} it at {when}: {one.decision.reason}"
    return one.void or denied or ""


def _waiting(one: CandidateView) -> str:
    run = f" Training run {one.run_id} made it." if one.run_id is not None else ""
    return f"It is compared with the champion on telemetry that neither model has seen.{run}"


def _asked(one: CandidateView) -> str:
    return f"training asked for by {one.requested_by}" if one.requested_by else "training asked for by nobody known"


def _run(one: CandidateView) -> str:
    return "" if one.run_id is None else f"Training run {one.run_id}"


def _facts(key: ModelsKey, one: CandidateView, at: datetime) -> list[Fact]:
    facts = [Fact("Made", wording.clock_time(one.made_at, key.zone, at))]
    if one.evidence is not None:
        model = one.evidence.candidate
        facts += [Fact("Data", models_evidence.data(one.evidence, key.zone, at))]
        parameters = "" if model.parameters is None else f"{model.parameters:,} parameters"
        seed = "" if model.seed is None else f"seed {model.seed}"
        facts.append(Fact("Model", ", ".join(filter(None, (model.model, parameters, seed)))))
    facts.append(Fact("State", _STATES[Standing(one.standing)]))
    facts.append(Fact("Hash", one.sha256[:12]))
    return facts


def _of_champion(key: ModelsKey, found: ModelsView) -> list[Fact]:
    """Who serves and since when, by whose word, and how good it was in its own tests."""
    one = found.champion
    if one is None:
        return []
    since = wording.clock_time(one.since_at, key.zone, found.at)
    facts = [Fact("Since", since), Fact("By", one.by), Fact("Why", one.reason), Fact("Hash", one.sha256[:12])]
    if found.tested_skill is not None:
        facts.append(Fact("Skill", f"{found.tested_skill:.2f} in tests on simulated servers"))
    return facts


def _back_to(found: ModelsView) -> list[tuple[str, str]]:
    """Versions that served before, the newest first: (hash, name)."""
    now = "" if found.champion is None else found.champion.sha256
    seen = {one.sha256: one.name for one in reversed(found.history) if one.sha256 != now}
    order = dict.fromkeys(one.sha256 for one in found.history if one.sha256 in seen)
    return [(sha256, seen[sha256]) for sha256 in order]


def _policy(key: ModelsKey, found: ModelsView) -> str:
    chosen = found.policy
    if chosen.at is None:
        return "Nobody has chosen otherwise."
    return f"{chosen.by}, {wording.clock_time(chosen.at, key.zone, found.at)}: {chosen.reason}"
