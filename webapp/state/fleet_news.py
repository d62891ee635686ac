"""What is announced: one sentence when a server newly comes into danger, never one per tick."""

from webapp.core.policies import wording
from webapp.core.views.fleet import FleetSnapshot, RiskView
from webapp.core.views.severity import Severity

_LOUD = (Severity.CRITICAL, Severity.WARNING)
_last: dict[str, tuple[frozenset[str], str]] = {}


def news(snapshot: FleetSnapshot) -> str:
    """The sentence of the newest episode of a stream; it stays until there is a newer one."""
    slug = snapshot.stream.slug
    loud = {one.name: one for one in snapshot.risks if one.severity in _LOUD}
    before, sentence = _last.get(slug, (frozenset(loud), ""))
    new = [loud[name] for name in sorted(loud.keys() - before)]
    if new:
        sentence = _sentence(new, snapshot)
    _last[slug] = (frozenset(loud), sentence)
    return sentence


def _sentence(new: list[RiskView], snapshot: FleetSnapshot) -> str:
    one, origin = new[0], snapshot.stream.origin_at
    rest = len(new) - 1
    more = f" {rest} more {'server is' if rest == 1 else 'servers are'} at risk." if rest else ""
    if one.metric is None or one.threshold is None or origin is None:
        return f"{one.name} is {one.severity.label.lower()}.{more}"
    what = f"{wording.spoken(one.metric)} {wording.limit(one.metric, one.threshold)}"
    return f"{one.name}: {what} {wording.when(one, origin)}.{more}"
