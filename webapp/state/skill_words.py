"""How skill against yesterday's curve is said: the live one with its count, else the one from tests, named as such."""

from dataclasses import dataclass
from typing import Final

from webapp.core.policies import wording
from webapp.core.policies.wording import Zone
from webapp.core.views.quality import Quality, Skill

WORSE = "worse than yesterday's curve"
IN_TESTS = "in tests"


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands beside a model's name: "skill 0.47", the label of one below zero (else ""), and both at length."""

    text: str = ""
    worse: str = ""
    title: str = ""


NOBODY: Final = Standing()
"""Nobody's: no model serves, or a baseline stands in."""


def figure(value: float) -> str:
    """ "0.47", "−0.12"; "under 0" where two decimals would hide that it is."""
    return "under 0" if -0.005 < value < 0 else wording.number(value, 2)


def standing(quality: Quality, zone: Zone) -> Standing:
    """The measured skill once enough truth has matured, until then that of the artefact's own evaluation."""
    tests = _tests(quality)
    if quality.skill is not None:
        at = quality.scored_at
        scored = "" if at is None else f" up to {wording.clock_time(at, zone, at)}"
        title = f"Live skill against yesterday's curve: {at_length(quality.skill)}{scored}. {tests}"
        return Standing(f"skill {figure(quality.skill.value)}", WORSE if quality.skill.value < 0 else "", title.strip())
    title = f"{tests} {waiting(quality)}".strip()
    if quality.tested is None:
        return Standing("skill not known yet", "", title)
    worse = f"{WORSE} {IN_TESTS}" if quality.tested < 0 else ""
    return Standing(f"skill {figure(quality.tested)} {IN_TESTS}", worse, title)


def brief(quality: Quality) -> str:
    """ "0.47 on all servers", "0.56 in tests": where a label says that it is skill."""
    text = standing(quality, "UTC").text.removeprefix("skill ")
    return text if quality.skill is None else f"{text} on all servers"


def at_length(skill: Skill) -> str:
    """ "0.47, 0.41 to 0.52, over 12,345 truths"; the interval is the 95 % one over servers."""
    around = "" if skill.low is None or skill.high is None else f" {figure(skill.low)} to {figure(skill.high)},"
    return f"{figure(skill.value)},{around} over {skill.truths:,} truths"


def waiting(quality: Quality) -> str:
    """What is missing for the live skill."""
    have = f"{quality.fewest:,}" if quality.fewest else "none"
    return (
        f"The live one is said from {quality.needed:,} truths in each range of lead times; the fewest so far: {have}."
    )


def _tests(quality: Quality) -> str:
    if quality.tested is None:
        return ""
    return f"Skill {figure(quality.tested)} against yesterday's curve in tests, on simulated servers."
