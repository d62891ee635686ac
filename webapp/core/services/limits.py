"""Who has asked too much. Counted in the memory of this process: the one web process answers every caller.

Guards that what is remembered stays small, however many callers there are.
"""

from collections import OrderedDict
from threading import Lock

from webapp.core import clock, metrics
from webapp.core.errors import TooMany
from webapp.core.policies import limits as rules
from webapp.core.policies.limits import Bucket, Rate
from webapp.core.settings import settings

_MOST = 20_000
_SAID = {
    "key": "This API key has sent too many requests",
    "person": "You have sent too many requests",
    "address": "Too many requests without a valid key have come from this address",
    "rows": "This API key has pushed too many rows",
}
_buckets: OrderedDict[tuple[str, str], Bucket] = OrderedDict()
_lock = Lock()


def take(counted: str, name: str, cost: float = 1) -> None:
    """Count something against a key, a person, an address or a key's rows. Raises TooMany, and counts nothing then."""
    rate, at = _rate(counted), clock.monotonic()
    with _lock:
        bucket, wait_s = rules.take(_buckets.get((counted, name)), rate, cost, at)
        _buckets[counted, name] = bucket
        _buckets.move_to_end((counted, name))
        if len(_buckets) > _MOST:
            _buckets.popitem(last=False)
    if wait_s > 0:
        metrics.limited.labels(counted).inc()
        raise TooMany(f"{_SAID[counted]}. Try again in {max(1, round(wait_s))} s.", wait_s)


def give_back(counted: str, name: str) -> None:
    """Take one thing off the count: it was somebody else's."""
    with _lock:
        bucket = _buckets.get((counted, name))
        if bucket is not None:
            _buckets[counted, name] = Bucket(bucket.left + 1, bucket.at_s)


def forget_everyone() -> None:
    """Begin to count anew."""
    with _lock:
        _buckets.clear()


def _rate(counted: str) -> Rate:
    here = settings()
    if counted == "rows":
        return Rate(here.rows_per_minute, here.rows_per_minute)
    return Rate(here.requests_per_minute, here.request_burst)
