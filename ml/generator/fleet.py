"""Who is in a simulated fleet: names, profiles, the dependency graph and the weekly maintenance calendar.

Guards that a fleet is a pure function of (servers, seed), with the same mix of profiles at every size.
"""

from typing import Final

import numpy as np

from ml.contracts import Asset, Fleet, Maintenance
from ml.generator.draws import keys_for, uniforms
from ml.generator.profiles import CHARACTERS
from ml.schema import TICKS_PER_DAY, TICKS_PER_HOUR, Profile

_PREFIX: Final = {
    Profile.WEB: "ppweb",
    Profile.DATABASE: "ppdb",
    Profile.CACHE: "ppcache",
    Profile.QUEUE: "ppqueue",
    Profile.ML_COMPUTE: "ppml",
    Profile.STORAGE: "ppstore",
    Profile.WORKER: "ppwork",
}
_CALLS: Final = {
    Profile.WEB: (Profile.DATABASE, Profile.CACHE, Profile.QUEUE),
    Profile.WORKER: (Profile.QUEUE, Profile.DATABASE, Profile.STORAGE),
    Profile.ML_COMPUTE: (Profile.STORAGE,),
    Profile.DATABASE: (Profile.STORAGE,),
}
_MAINTAINED: Final = 0.45


def demo_fleet(servers: int = 20, seed: int = 7) -> Fleet:
    """A fleet of `servers` with the demo's mix of profiles; ValueError below one server."""
    if servers < 1:
        raise ValueError(f"a fleet needs at least one server, not {servers}")
    names = {
        profile: tuple(f"{_PREFIX[profile]}{number:03d}" for number in range(1, count + 1))
        for profile, count in profile_counts(servers).items()
    }
    assets = tuple(
        Asset(name, profile.value, _dependencies(profile, index, names))
        for profile, members in names.items()
        for index, name in enumerate(members)
    )
    return Fleet(seed, assets, _calendar(seed, assets))


def profile_counts(servers: int) -> dict[Profile, int]:
    """How many servers of each profile: the demo's shares by largest remainder, summing to `servers`."""
    exact = {profile: character.share * servers for profile, character in CHARACTERS.items()}
    counts = {profile: int(share + 1e-9) for profile, share in exact.items()}
    by_remainder = sorted(exact, key=lambda profile: counts[profile] - exact[profile])
    for profile in by_remainder[: servers - sum(counts.values())]:
        counts[profile] += 1
    return counts


def _dependencies(profile: Profile, index: int, names: dict[Profile, tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(names[callee][index % len(names[callee])] for callee in _CALLS.get(profile, ()) if names[callee])


def _calendar(seed: int, assets: tuple[Asset, ...]) -> tuple[Maintenance, ...]:
    """One weekly window of one to two and a half hours, at night, for somewhat under half of the servers."""
    drawn = uniforms(keys_for(seed, [asset.name for asset in assets], "maintenance"), np.arange(4))
    windows = []
    for asset, (chosen, day, hour, length) in zip(assets, drawn.T, strict=True):
        if chosen < _MAINTAINED:
            start = int(day * 7) * TICKS_PER_DAY + TICKS_PER_HOUR + int(hour * 4 * TICKS_PER_HOUR)
            windows.append(Maintenance(asset.name, start, TICKS_PER_HOUR + int(length * 18)))
    return tuple(windows)
