"""How much is too much: a bucket that fills at a steady rate and is emptied by what is asked. Pure, told the time."""

from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network


@dataclass(frozen=True, slots=True)
class Rate:
    """How fast a bucket fills, and how much it holds."""

    per_minute: float
    burst: float


@dataclass(frozen=True, slots=True)
class Bucket:
    """What was left at a moment, in seconds of a clock that never goes back."""

    left: float
    at_s: float


def level(bucket: Bucket | None, rate: Rate, at_s: float) -> float:
    """What a bucket holds now; one that nobody has taken from is full."""
    if bucket is None:
        return rate.burst
    return min(rate.burst, bucket.left + (at_s - bucket.at_s) * rate.per_minute / 60)


def take(bucket: Bucket | None, rate: Rate, cost: float, at_s: float) -> tuple[Bucket, float]:
    """The bucket after `cost` was taken, and 0; or as it was, and the seconds until there is enough.

    What costs more than a bucket holds empties a full one: it has to be possible at all.
    """
    held = level(bucket, rate, at_s)
    needed = min(cost, rate.burst)
    if held >= needed:
        return Bucket(held - needed, at_s), 0.0
    return Bucket(held, at_s), (needed - held) * 60 / rate.per_minute


def place(address: str) -> str:
    """What an address counts as: of IPv6 its /64, since one subscriber has all of it; anything else is itself."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return address
    return str(found.ipv4_mapped or ip_network((int(found) >> 64 << 64, 64)))
