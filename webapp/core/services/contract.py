"""The data contract as a document, generated from the code that enforces it, so that it cannot be wrong.

`document()` is docs/data-contract.md; a check fails when the file says something else.
"""

from collections.abc import Iterator, Sequence

from ml.schema import (
    BORROWING,
    CONTEXT,
    HORIZON,
    METRIC_NAMES,
    METRICS,
    MIN_HISTORY,
    QUANTILES,
    TICK_SECONDS,
    Profile,
    schema_hash,
)
from ml.streams.fleet import CONSECUTIVE, THRESHOLDS
from webapp.core.policies.telemetry import AHEAD, MAX_AGE, MAX_NAME, MOST_LABELS, SHOWN
from webapp.core.settings import Settings

_WHAT_PROFILES_DO = {
    Profile.WEB: "answers HTTP requests",
    Profile.DATABASE: "stores and queries",
    Profile.CACHE: "keeps hot data in memory",
    Profile.QUEUE: "passes messages on",
    Profile.ML_COMPUTE: "trains or serves models",
    Profile.STORAGE: "keeps files or blocks",
    Profile.WORKER: "runs jobs",
    Profile.UNKNOWN: "nobody has said, and the name does not tell",
}


def document() -> str:
    """The contract in Markdown."""
    parts = (_head(), _metrics(), _rows(), _rules(), _profiles(), _files(), _forecasts())
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _head() -> Iterator[str]:
    yield "# The data contract of fleet telemetry"
    yield ""
    yield "<!-- Generated from ml/schema.py and webapp/core/policies/telemetry.py. Change those, then: make docs -->"
    yield ""
    yield "Every batch of observations is checked against this contract, whether it is pushed over HTTP, sampled from"
    yield "this machine or replayed from a file. A batch is stored whole or not at all; a refusal names field and row."
    yield "A model is bound to the contract by its hash and is not loaded under another one."
    yield ""
    yield f"Schema hash: `{schema_hash()}`"


def _metrics() -> Iterator[str]:
    yield "## Metrics"
    yield ""
    rows = [(f"`{one.name}`", one.label, one.unit, f"{one.low:g} to {one.high:g}", one.description) for one in METRICS]
    yield from table(("field", "label", "unit", "accepted", "meaning"), rows)
    yield ""
    yield "The order is the order of every metric axis. A metric that was not observed is left out or null; it is never"
    yield "sent as 0, NaN or -1. A row has at least one metric. A value outside of its range is refused, not clamped."


def _rows() -> Iterator[str]:
    settings = Settings.model_fields
    yield "## One row"
    yield ""
    fields = [
        ("`asset`", "yes", f"the server's name: 1 to {MAX_NAME} printable characters in Unicode form NFC, no slashes"),
        ("`at`", "yes", "when it was observed: ISO 8601 with a zone, like `2026-11-21T08:00:00Z`"),
        ("`profile`", "no", "what the server does, one of the profiles below; `unknown` says nothing"),
        ("`labels`", "no", f'at most {MOST_LABELS} short texts by key, like `{{"job": "node"}}`, for profile rules'),
        ("a metric", "one or more", "a finite number in the metric's unit and range"),
    ]
    yield from table(("field", "needed", "what it holds"), fields)
    yield ""
    yield f'A batch is `{{"rows": [...]}}` with 1 to {settings["max_batch_rows"].default} rows and at most'
    yield f"{settings['max_body_mb'].default:g} MB. Anything else in it is refused."
    yield ""
    yield "```sh"
    yield "curl -X POST 'http://localhost:8400/api/v1/telemetry?stream=my-servers' \\"
    yield "  -H 'Authorization: Bearer fw_...' -H 'Content-Type: application/json' \\"
    yield '  -d \'{"rows": [{"asset": "ppweb001", "at": "2026-11-21T08:00:00Z", "cpu_pct": 41.5}]}\''
    yield "```"


def _rules() -> Iterator[str]:
    yield "## Rules"
    yield ""
    yield f"- Time runs in ticks of {TICK_SECONDS // 60} minutes; a row belongs to the nearest tick."
    ahead = int(AHEAD.total_seconds()) // 60
    yield f"- A time more than {ahead} minutes ahead, or older than {MAX_AGE.days} days, is refused;"
    yield "  older than 24 hours also, from a key without the scope `backfill`."
    yield "- One row per server and tick in a batch."
    yield "- What is stored never changes. A row that is stored already with the same values counts as a duplicate and"
    yield "  changes nothing, so a batch may be sent again; with other values it is a conflict (409)."
    yield "- A missing tick stays a gap. Nothing is filled in."
    yield "- A stream that does not exist is made by its first batch; a server too. Its profile is the one set by hand,"
    yield "  else that of the first rule of the stream that fits, else the one in the row, else the one that its name"
    yield "  suggests. A sender that said a profile once says no other afterwards."
    yield "- Labels replace the ones before. They are kept beside the server, not with the observation."
    yield "- A name that a server had before means that server, as does the name of one that was merged into it. What a"
    yield "  retired server sends is stored."
    yield f"- At most {SHOWN} wrong values are named in one answer; all are counted."


def _profiles() -> Iterator[str]:
    yield "## Profiles and their thresholds"
    yield ""
    yield f"A breach is {CONSECUTIVE} observations in a row above the threshold. These are the defaults; on the page"
    yield "Settings, Thresholds a stream gets others, or stops watching a metric of a profile."
    yield ""
    rows = [
        (f"`{profile}`", _WHAT_PROFILES_DO[profile], *(f"{THRESHOLDS[profile][name]:g}" for name in METRIC_NAMES))
        for profile in Profile
    ]
    yield from table(("profile", "what it does", *(f"`{name}`" for name in METRIC_NAMES)), rows)


def _files() -> Iterator[str]:
    yield "## Files"
    yield ""
    yield "Recorded telemetry is one Parquet file with the columns `asset` (text), `profile` (text, may be `unknown`),"
    yield "`at` (UTC timestamp, on the 5-minute grid or finer) and then the metrics above; any metric may be missing."
    yield "`forewarn export` writes this layout, `forewarn replay` and `python -m ml` read it."


def _forecasts() -> Iterator[str]:
    yield "## What comes out"
    yield ""
    levels = ", ".join(f"{level:g}" for level in QUANTILES)
    yield f"Every server is forecast at each tick: {HORIZON} steps of {TICK_SECONDS // 60} minutes, every metric,"
    yield f"at the quantiles {levels}. A forecast reads the last {CONTEXT} ticks."
    yield ""
    yield "A server of a known profile is forecast from its first observation on. For the first"
    yield f"{BORROWING} ticks, half a day, its forecast says that it borrows the profile. One of unknown profile"
    yield f"with fewer than {MIN_HISTORY} observations gets the persistence baseline, which is named as such. Both are"
    yield "measured: [new servers](studies/new-servers.md)."


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """The lines of a Markdown table."""
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"
