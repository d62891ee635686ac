"""The mapping: which PromQL stands for which metric of the contract, and which label names a server. Pure.

A mapping is TOML. Every mistake in it is a sentence that names the key; what it does not map is not observed.
"""

import fnmatch
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from ml.schema import METRIC_INDEX, METRIC_NAMES, Profile
from ml.streams.fleet import profile_of
from webapp.core.errors import FieldError, Invalid

LONGEST: Final = 20_000
_LONGEST_QUERY: Final = 2_000
_FILES: Final = (
    'fstype!~"tmpfs|ramfs|devtmpfs|overlay|squashfs|erofs|iso9660|udf|nsfs|autofs|rootfs|fuse.*|nfs.*|cifs",'
    'mountpoint!~"/boot.*|/var/lib/(docker|containers|kubelet)/.+",$matching'
)
_DISKS: Final = 'device!~"(loop|ram|zram|dm-|md|sr|fd).*",$matching'  # what lies above disks would count twice
_NETS: Final = 'device!~"lo|(veth|docker|br-|virbr|cni|flannel|cali|lxc|tap|ifb|bond|team|dummy).*|.+[.].+",$matching'
DEFAULT: Final = f"""\
# How Forewarn reads a Prometheus server that scrapes node_exporter.
# $server is server_label, $window is window, $matching is matching. What is not mapped is not observed.

server_label = "instance"  # the label that names a server
keep_port = false          # false: web-1:9100 is the server web-1
window = "5m"              # over which rates are taken; at least four scrape intervals, at least 5m
matching = ''              # more label matchers, like: job="node",env="prod"
labels = 'node_uname_info{{$matching}}'  # series whose labels servers keep, for profile rules; '' for none

[metrics]
cpu_pct = '100 * clamp_min(1 - sum by ($server) (rate(node_cpu_seconds_total{{mode=~"idle|iowait",$matching}}[$window])) / sum by ($server) (rate(node_cpu_seconds_total{{$matching}}[$window])), 0)'
memory_pct = '100 * (1 - max by ($server) (node_memory_MemAvailable_bytes{{$matching}}) / max by ($server) (node_memory_MemTotal_bytes{{$matching}}))'
disk_used_pct = '100 * max by ($server) ((node_filesystem_size_bytes{{{_FILES}}} - node_filesystem_free_bytes) / (node_filesystem_size_bytes - node_filesystem_free_bytes + node_filesystem_avail_bytes))'
disk_io_mbps = 'sum by ($server) (rate(node_disk_read_bytes_total{{{_DISKS}}}[$window]) + rate(node_disk_written_bytes_total[$window])) / 1e6'
net_mbps = 'sum by ($server) (rate(node_network_receive_bytes_total{{{_NETS}}}[$window]) + rate(node_network_transmit_bytes_total[$window])) / 1e6'
# node_exporter knows neither latency (in ms) nor errors (in % of requests): say where yours are, like
# latency_ms = '1000 * histogram_quantile(0.95, sum by ($server, le) (rate(http_request_duration_seconds_bucket[$window])))'
# error_pct = '100 * sum by ($server) (rate(http_requests_total{{code=~"5.."}}[$window])) / sum by ($server) (rate(http_requests_total[$window]))'

# Which profile a server has, by its name; the first that fits counts, * stands for anything.
# Without an entry the name decides: web-1 is web, pg-2 is database.
[servers]
# "shop-*" = "web"

# Other queries for the servers of one profile: web, database, cache, queue, ml-compute, storage, worker, unknown.
# [profiles.database]
# latency_ms = '...'
"""  # noqa: E501 - one query a line, as people write them
_WORDS: Final = {"server_label": str, "keep_port": bool, "window": str, "matching": str, "labels": str}
_LABELS: Final = "node_uname_info{$matching}"
_TABLES: Final = ("metrics", "servers", "profiles")
_LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_WINDOW = re.compile(r"[1-9][0-9]{0,3}[smh]")
_PLACE = re.compile(r"\$([a-z_]+)")
_PORT = re.compile(r"(\[.+\]|[^:]+):[0-9]{1,5}")


@dataclass(frozen=True, slots=True)
class Query:
    """One PromQL expression; `profile` is the one whose servers it stands for, None for all."""

    metric: str
    profile: Profile | None
    promql: str

    @property
    def name(self) -> str:
        """Where in the mapping it stands."""
        return f"profiles.{self.profile}.{self.metric}" if self.profile else self.metric


@dataclass(frozen=True, slots=True)
class PromMapping:
    """A checked mapping. `labels` is the query whose series' labels are kept, "" for none."""

    server_label: str
    keep_port: bool
    queries: tuple[Query, ...]
    servers: tuple[tuple[str, Profile], ...]
    labels: str = ""

    def server(self, labels: Mapping[str, str]) -> str | None:
        """The server that a series is of, None when the label is not there."""
        name = labels.get(self.server_label, "")
        if not self.keep_port and (found := _PORT.fullmatch(name)):
            name = found[1].removeprefix("[").removesuffix("]")
        return name or None

    def told(self, server: str) -> Profile | None:
        """The profile that the mapping itself gives a server."""
        return next((profile for pattern, profile in self.servers if fnmatch.fnmatchcase(server, pattern)), None)

    def profile(self, server: str) -> Profile:
        """The profile of a server that is new."""
        return self.told(server) or profile_of(server)

    def query_of(self, metric: str, profile: Profile) -> Query | None:
        """The query that stands for a metric of servers of a profile; None where it is not observed."""
        fitting = [one for one in self.queries if one.metric == metric and one.profile in (None, profile)]
        return max(fitting, key=lambda one: one.profile is not None, default=None)


def parse(text: str) -> PromMapping:
    """A mapping from its TOML. Raises Invalid naming each wrong key."""
    if len(text) > LONGEST:
        raise Invalid(f"The mapping is longer than {LONGEST} characters.")
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise Invalid(f"The mapping is no TOML: {error}.") from None
    errors = list(_problems(document))
    if errors:
        more = f" And {len(errors) - 1} more." if len(errors) > 1 else ""
        raise Invalid(f"The mapping is wrong at {errors[0].field}: {errors[0].message}.{more}", tuple(errors[1:20]))
    return PromMapping(
        document.get("server_label", "instance"),
        document.get("keep_port", False),
        tuple(_queries(document)),
        tuple((pattern, Profile(profile)) for pattern, profile in document.get("servers", {}).items()),
        _filled(document.get("labels", _LABELS), document),
    )


def _queries(document: Mapping[str, object]) -> Iterator[Query]:
    for _, profile, metric, text in _expressions(document):
        yield Query(metric, Profile(profile) if profile else None, _filled(text, document))


def _filled(text: object, document: Mapping[str, object]) -> str:
    """An expression with what its places stand for."""
    words = {
        "server": str(document.get("server_label", "instance")),
        "window": str(document.get("window", "5m")),
        "matching": str(document.get("matching", "")).strip().strip(","),
    }
    return _PLACE.sub(lambda found: words.get(found[1], found[0]), str(text)).strip()


def _expressions(document: Mapping[str, object]) -> Iterator[tuple[str, str | None, str, object]]:
    """(key, profile, metric, expression) of everything that is mapped."""
    metrics = document.get("metrics", {})
    assert isinstance(metrics, dict)
    yield from ((f"metrics.{name}", None, name, text) for name, text in metrics.items())
    profiles = document.get("profiles", {})
    assert isinstance(profiles, dict)
    for profile, own in profiles.items():
        for name, text in own.items() if isinstance(own, dict) else ():
            yield f"profiles.{profile}.{name}", profile, name, text


def _problems(document: Mapping[str, object]) -> Iterator[FieldError]:
    for key in sorted(document.keys() - _WORDS.keys() - set(_TABLES)):
        yield FieldError(key[:60], f"is no key of a mapping; there are {', '.join((*_WORDS, *_TABLES))}")
    tables = [FieldError(key, "must be a table") for key in _TABLES if not isinstance(document.get(key, {}), dict)]
    yield from tables
    yield from _wrong_words(document)
    if tables:
        return
    if not document.get("metrics"):
        yield FieldError("metrics", f"maps nothing; a mapping has at least one of {', '.join(METRIC_NAMES)}")
    yield from _wrong_profiles(document)
    for key, _, metric, text in _expressions(document):
        if message := _wrong_query(metric, text):
            yield FieldError(key[:100], message)


def _wrong_words(document: Mapping[str, object]) -> Iterator[FieldError]:
    for key, kind in _WORDS.items():
        if key in document and not isinstance(document[key], kind):
            yield FieldError(key, "must be true or false" if kind is bool else "must be text")
    if not _LABEL.fullmatch(str(document.get("server_label", "instance"))):
        yield FieldError("server_label", "must be the name of a label, like instance")
    if not _WINDOW.fullmatch(str(document.get("window", "5m"))):
        yield FieldError("window", "must be a duration like 5m or 300s")
    if len(str(document.get("labels", ""))) > _LONGEST_QUERY:
        yield FieldError("labels", f"is longer than {_LONGEST_QUERY} characters")
    if any(sign in str(document.get("matching", "")) for sign in "{}[]()"):
        yield FieldError("matching", 'must be label matchers without brackets, like job="node"')


def _wrong_profiles(document: Mapping[str, object]) -> Iterator[FieldError]:
    known = ", ".join(Profile)
    for table in ("servers", "profiles"):
        entries = document.get(table, {})
        assert isinstance(entries, dict)
        for key, value in entries.items():
            named = value if table == "servers" else key
            if not isinstance(named, str) or named not in list(Profile):
                yield FieldError(f"{table}.{key}"[:100], f"names no profile; there are {known}")
            if table == "profiles" and not isinstance(value, dict):
                yield FieldError(f"{table}.{key}"[:100], "must be a table of metrics")


def _wrong_query(metric: str, text: object) -> str | None:
    if metric not in METRIC_INDEX:
        return f"is no metric of the contract; there are {', '.join(METRIC_NAMES)}"
    if not isinstance(text, str) or not text.strip():
        return "must be a PromQL expression in quotes"
    if len(text) > _LONGEST_QUERY:
        return f"is longer than {_LONGEST_QUERY} characters"
    unknown = sorted({found[1] for found in _PLACE.finditer(text)} - {"server", "window", "matching"})
    return f"knows $server, $window and $matching, not ${unknown[0]}" if unknown else None
