"""What a serving slot may be moved to, and by which name a version is meant."""

from collections.abc import Sequence
from enum import StrEnum


class Kind(StrEnum):
    """Why a slot moved."""

    FIRST = "first"
    RELEASE = "release"
    PROMOTION = "promotion"
    ROLLBACK = "rollback"


SHORT = 12
"""Characters of a hash that name a version wherever two share a number."""


def meant(wanted: str, versions: Sequence[tuple[str, str, str]]) -> list[int]:
    """Places of the versions (model, version, sha256) that `wanted` may mean.

    "fleet-tft 1.0.0", "1.0.0" or the beginning (8 characters or more) of a hash.
    """
    word = wanted.strip().lower()
    hashed = len(word) >= 8 and all(one in "0123456789abcdef" for one in word)
    return [
        place
        for place, (model, version, sha256) in enumerate(versions)
        if word in (f"{model} {version}".lower(), version.lower()) or (hashed and sha256.startswith(word))
    ]


def before(served: Sequence[int]) -> int | None:
    """The version that a rollback without a name goes to: the newest one before that is another than now.

    `served` are version ids, newest first.
    """
    return next((one for one in served[1:] if one != served[0]), None)
