"""The evidence pack: one page that needs nothing else, to keep, send or print. No script, no request to anywhere.

Whoever reads it later sees what a decision was made on: each check, each difference with its interval, what got worse,
and by their hashes what was compared.
"""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from webapp.core.policies import differences, wording
from webapp.core.policies.differences import Bar
from webapp.core.policies.wording import SPACE
from webapp.core.views.candidates import DecisionView, PackView
from webapp.core.views.evidence import DifferenceView, EvidenceView, ModelView, ScoresView
from webapp.theme import LIGHT

_WIDTH: Final = 240
_TONES: Final = {"better": "pass", "worse": "critical", "tie": "text3", "unknown": "text3"}
_RIVALS: Final = {
    "candidate": "Candidate", "champion": "Champion", "ridge": "Ridge regression", "best_naive": "Best simple rule",
    "seasonal_naive": "The same time yesterday", "persistence": "The last value",
}  # fmt: skip
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def render(found: PackView) -> str:
    """The whole page."""
    one = found.evidence
    title = f"Evidence {one.id}: {one.candidate.name} beside {one.champion.name}"
    parts = (
        _head(found, title), _checks(one), _groups(one), _worse(one), _models(one), _costs(one), _manifest(found),
        _hashes(one, found.decision),
    )  # fmt: skip
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_style()}</style></head>\n<body>\n{''.join(parts)}</body></html>\n"
    )


def _head(found: PackView, title: str) -> str:
    one = found.evidence
    word = f"{sum(check.passed for check in one.checks)} of {len(one.checks)} checks pass"
    gate = f"The gate passes: {word}." if one.passed else f"The gate refuses the candidate: {word}."
    intact = "" if one.intact else "<p class=no>The stored evidence was changed after it was made.</p>"
    return (
        f"<header><h1>{escape(title)}</h1><p class={'yes' if one.passed else 'no'}>{gate}</p>{intact}"
        f"<p>{escape(sentence(one))}</p><p>{escape(_decided(found.decision))}</p>"
        f"<p class=meta>Stream {escape(one.stream)}, made {_time(one.made_at)}.</p></header>"
    )


def sentence(one: EvidenceView) -> str:
    """What was found, in a sentence."""
    overall = one.differences.overall
    if overall.relative is None:
        return "The two were not compared."
    interval = f"95{SPACE}% interval {differences.percent(overall.low)} to {differences.percent(overall.high)}"
    found = {"better": "better than", "worse": "worse than", "tie": "no different from"}
    verdict = found.get(differences.verdict(overall), "not compared with")
    loss = f"pinball loss {differences.percent(overall.relative)}, {interval}"
    return f"{one.candidate.name} is {verdict} {one.champion.name} on the same {overall.windows:,} windows: {loss}."


def _decided(one: DecisionView | None) -> str:
    if one is None:
        return "Nobody has decided on it yet."
    word = {"approve": "approved it", "override": "approved it against the gate", "reject": "rejected it"}[one.verdict]
    return f"{one.by} {word} at {_time(one.at)}: {one.reason}"


def _checks(one: EvidenceView) -> str:
    rows = [
        (f"<span class={'yes' if check.passed else 'no'}>{'passes' if check.passed else 'fails'}</span>",
         escape(differences.check(check.name)), escape(check.sentence))
        for check in one.checks
    ]  # fmt: skip
    return _section("The gate", _table(("", "Check", "What was measured"), rows))


def _groups(one: EvidenceView) -> str:
    found = one.differences
    listed = [found.overall, *found.by_lead, *found.by_metric, *found.by_profile]
    on = differences.scale([*listed, *([one.elsewhere] if one.elsewhere else [])])
    tables = [
        _differences(title, [differences.bar(line, on) for line in lines], lines)
        for title, lines in (
            ("By lead time", (found.overall, *found.by_lead)), ("By metric", found.by_metric),
            ("By profile", found.by_profile), ("Elsewhere", (one.elsewhere,) if one.elsewhere else ()),
        )
        if lines
    ]  # fmt: skip
    lead = (
        "<p class=meta>Candidate beside champion on the same windows, in pinball loss: left of the line the candidate "
        "is better. The bar is the 95&nbsp;% interval; one that touches zero is a tie.</p>"
    )
    return _section("Differences", lead + "".join(tables))


def _differences(title: str, bars: Sequence[Bar], lines: Sequence[DifferenceView]) -> str:
    rows = [
        (escape(bar.name), _svg(bar), f"<b class={bar.verdict}>{escape(bar.words)}</b>",
         f"{differences.percent(line.low)} to {differences.percent(line.high)}" if line.low is not None else "",
         bar.verdict, f"{line.windows:,}")
        for bar, line in zip(bars, lines, strict=True)
    ]  # fmt: skip
    return f"<h3>{title}</h3>" + _table(
        ("", "better, zero, worse", "Difference", f"95{SPACE}% interval", "", "Windows"), rows, "differences"
    )


def _svg(bar: Bar) -> str:
    """Dot and bar around zero."""
    at, tone = _WIDTH / 100, LIGHT[_TONES[bar.verdict]]
    mark = (
        f'<rect x="{bar.start * at:.1f}" y="6" width="{bar.width * at:.1f}" height="4" rx="2" fill="{tone}" '
        f'fill-opacity=".4"/><circle cx="{bar.dot * at:.1f}" cy="8" r="3.4" fill="{tone}"/>'
    )
    return (
        f'<svg width="{_WIDTH}" height="16" role="img" aria-label="{escape(bar.title)}">'
        f'<line x1="{bar.zero * at:.1f}" x2="{bar.zero * at:.1f}" y1="0" y2="16" stroke="{LIGHT["line2"]}"/>'
        f"{'' if bar.verdict == 'unknown' else mark}</svg>"
    )


def _worse(one: EvidenceView) -> str:
    if not one.worse:
        return _section("What got worse", "<p>Nothing, beyond chance.</p>")
    rows = [
        (escape(differences.label(line.name)), line.group.removeprefix("by_"), differences.percent(line.relative),
         f"{differences.percent(line.low)} to {differences.percent(line.high)}")
        for line in one.worse
    ]  # fmt: skip
    return _section("What got worse", _table(("", "Kind", "Difference", f"95{SPACE}% interval"), rows))


def _models(one: EvidenceView) -> str:
    rows = [(escape(_RIVALS.get(line.overall.name, line.overall.name)), *_figures(line)) for line in one.models]
    heads = ("", "Pinball loss", "Skill", f"80{SPACE}% interval held", "Mean absolute error", "Windows")
    lead = "<p class=meta>Skill is against the same time yesterday: 1 is perfect, below 0 worse.</p>"
    return _section("Beside simple rules, and calibration", lead + _table(heads, rows) + _held(one))


def _figures(line: ScoresView) -> tuple[str, ...]:
    one = line.overall
    return _plain(one.pinball, 4), _plain(one.skill, 2), _share(one.coverage80), _plain(one.mae, 3), f"{one.windows:,}"


def _held(one: EvidenceView) -> str:
    """What the 80 % intervals held, lead by lead."""
    both = {line.overall.name: line for line in one.models if line.overall.name in ("candidate", "champion")}
    if set(both) != {"candidate", "champion"}:
        return ""
    rows = [
        (escape(differences.label(mine.name)), _share(mine.coverage80), _share(theirs.coverage80))
        for mine, theirs in zip(both["candidate"].by_lead, both["champion"].by_lead, strict=False)
    ]
    head = f"<h3>What the 80{SPACE}% interval held, by lead time</h3>"
    return head + _table(("", "Candidate", "Champion"), rows)


def _costs(one: EvidenceView) -> str:
    rows = [
        (f"A forecast of {one.latency.servers:,} servers", _unit(one.latency.candidate_ms, "ms"),
         _unit(one.latency.champion_ms, "ms")),
        ("Files", _unit(_mega(one.size.candidate_bytes), "MB"), _unit(_mega(one.size.champion_bytes), "MB")),
        ("Parameters", _count(one.candidate.parameters), _count(one.champion.parameters)),
    ]  # fmt: skip
    return _section("Latency and size", _table(("", "Candidate", "Champion"), rows))


def _manifest(found: PackView) -> str:
    one, run = found.evidence, found.run
    rows = [
        ("Candidate's data", _data(one.candidate)), ("Champion's data", _data(one.champion)),
        ("Compared on", f"{one.windows.count:,} windows of {one.windows.servers:,} servers, {_span(one)}"),
        ("Seed", "unknown" if one.candidate.seed is None else str(one.candidate.seed)),
        ("Code", escape(one.commit or "unknown")), ("Machine", escape(_machine(one))),
        ("Judged in", _unit(one.seconds, "s")),
    ]  # fmt: skip
    if run is not None:
        asked = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in run.recipe.items())
        rows.append(("Training", escape(f"run {run.id}, asked for by {run.by}: {asked}")))
    return _section("How it was made", _table(("", ""), rows))


def _hashes(one: EvidenceView, decision: DecisionView | None) -> str:
    rows = [
        ("Candidate", one.candidate.sha256), ("Champion", one.champion.sha256), ("Windows", one.windows.sha256),
        ("This evidence", one.sha256),
    ]  # fmt: skip
    if decision is not None:
        rows.append(("Decided on", f"{decision.artefact_sha256} against {decision.champion_sha256}"))
    cells = [(name, f"<code>{escape(value)}</code>") for name, value in rows]
    return _section("Hashes (sha256)", _table(("", ""), cells))


def _section(title: str, inner: str) -> str:
    return f"<section><h2>{title}</h2>{inner}</section>"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], kind: str = "") -> str:
    """A table of cells that are safe already."""
    first = "".join(f"<th scope=col>{head}</th>" for head in heads) if any(heads) else ""
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table class={kind!r}><thead><tr>{first}</tr></thead><tbody>{body}</tbody></table>"


def _time(at: object) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _plain(value: float | None, digits: int) -> str:
    return "not measured" if value is None else wording.number(value, digits)


def _share(value: float | None) -> str:
    return "not measured" if value is None else f"{100 * value:.1f}{SPACE}%"


def _unit(value: float | None, unit: str) -> str:
    return "not measured" if value is None else f"{wording.number(value, 1)}{SPACE}{unit}"


def _mega(size: int | None) -> float | None:
    return None if size is None else size / 1e6


def _count(value: int | None) -> str:
    return "unknown" if value is None else f"{value:,}"


def _data(one: ModelView) -> str:
    mode = {"fine_tune": "trained on from another model", "scratch": "trained from scratch"}.get(one.mode or "", "")
    if one.trained_from_at is None or one.trained_to_at is None:
        return escape(", ".join(filter(None, ("simulated servers alone", mode))))
    span = f"telemetry from {_time(one.trained_from_at)} to {_time(one.trained_to_at)}"
    return escape(", ".join(filter(None, (span, mode))))


def _span(one: EvidenceView) -> str:
    if one.windows.first_at is None or one.windows.last_at is None:
        return "of unknown days"
    return f"{_time(one.windows.first_at)} to {_time(one.windows.last_at)}"


def _machine(one: EvidenceView) -> str:
    found = one.document.get("machine")
    if not isinstance(found, dict):
        return "unknown"
    parts = (
        str(found.get("cpu") or "unknown processor"), f"{found.get('cores')} cores", f"{found.get('memory_gb')} GB",
        str(found.get("gpu") or "no GPU"),
    )  # fmt: skip
    return ", ".join(parts)


def _style() -> str:
    tone = LIGHT
    return (
        f"body{{font:13px/1.45 system-ui,sans-serif;color:{tone['text']};background:{tone['surface']};margin:24px auto;"
        "max-width:860px;padding:0 16px;font-variant-numeric:tabular-nums}"
        "h1{font-size:20px;margin:0 0 4px}h2{font-size:15px;margin:24px 0 6px}h3{font-size:13px;margin:14px 0 4px}"
        "p{margin:2px 0}table{border-collapse:collapse;width:100%}"
        f"th,td{{text-align:left;padding:3px 10px 3px 0;border-bottom:1px solid {tone['line']};vertical-align:top}}"
        f"th{{font-weight:500;color:{tone['text2']}}}.meta{{color:{tone['text3']}}}"
        f".yes,.better{{color:{tone['pass']};font-weight:600}}.no,.worse{{color:{tone['critical']};font-weight:600}}"
        f".tie,.unknown{{color:{tone['text3']}}}code{{font-size:11px;overflow-wrap:anywhere}}"
        ".differences td:first-child{width:150px}.differences td:nth-child(2){width:250px}"
        "section,tr{break-inside:avoid}@media print{body{margin:0;max-width:none}}"
    )
