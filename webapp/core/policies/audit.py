"""The audit's hash chain: what an entry's hash covers, and what is wrong where the chain does not hold.

The formula is part of what is stored: changing it would make every entry look tampered with.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256

from webapp.core.views.audit import ORIGIN, Broken, Fault, Link

__all__ = ["ORIGIN", "against", "digest", "end", "harmless", "misplaced", "plain", "step"]


def digest(entry: Mapping[str, object]) -> str:
    """SHA-256, in hex, of an entry's columns as canonical JSON: all but `hash`, `previous_hash` among them."""
    covered = {name: value for name, value in plain(entry).items() if name != "hash"}
    return sha256(json.dumps(covered, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def plain(entry: Mapping[str, object]) -> dict[str, object]:
    """An entry as it is hashed and exported: times as UTC, to the microsecond."""
    return {name: _plain(value) for name, value in entry.items()}


def harmless(value: object) -> object:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value


def _plain(value: object) -> object:
    return value.astimezone(UTC).isoformat(timespec="microseconds") if isinstance(value, datetime) else value


def step(before: Link, entry: Mapping[str, object]) -> Broken | None:
    """What is wrong with the entry that comes after `before`, None when it follows.

    An entry that fits nowhere may have been moved: only a look at the others tells, see `misplaced`.
    """
    number, wanted = int(str(entry["id"])), before.id + 1
    if number != wanted:
        return Broken(wanted, Fault.REMOVED, f"{_entries(wanted, number - 1)} removed.")
    follows, untouched = entry["previous_hash"] == before.hash, entry["hash"] == digest(entry)
    return None if follows and untouched else _misfit(before, entry, follows, untouched)


def _misfit(before: Link, entry: Mapping[str, object], follows: bool, untouched: bool) -> Broken:
    number = before.id + 1
    if follows:
        return Broken(number, Fault.CHANGED, f"Entry {number:,} was changed after it was written.")
    if untouched and before.id:
        # It was written here, but after another entry than the one that stands before it now.
        return Broken(before.id, Fault.CHANGED, f"Entry {before.id:,} was changed, and its hash with it.")
    if entry["hash"] == digest({**entry, "previous_hash": before.hash}):
        return Broken(number, Fault.CHANGED, f"Entry {number:,} was changed: it names another entry before it.")
    where = f"What followed entry {before.id:,}" if before.id else "The first entry"
    return Broken(number, Fault.REMOVED, f"{where} was removed or replaced.")


def misplaced(number: int, now_at: int) -> Broken:
    """The entry that belongs at `number` stands at `now_at`."""
    return Broken(number, Fault.REORDERED, f"The entries were reordered: entry {number:,} stands at {now_at:,} now.")


def against(kept: Link | None, entry: Mapping[str, object]) -> Broken | None:
    """Whether an entry is the one whose hash was kept elsewhere."""
    if kept is None or entry["id"] != kept.id or entry["hash"] == kept.hash:
        return None
    return Broken(kept.id, Fault.CHANGED, f"Entry {kept.id:,} is not the one that was kept: the chain was rewritten.")


def end(reached: Link, head: Link | None, last_id: int, kept: Link | None = None) -> Broken | None:
    """Whether the chain ends where its head says; `last_id` is the highest number among the entries."""
    if head is None:
        return Broken(reached.id, Fault.HEAD, "The head is missing, so nobody knows where the audit ends.")
    if reached.id < head.id:
        return Broken(reached.id + 1, Fault.REMOVED, f"{_entries(reached.id + 1, head.id)} removed from the end.")
    if last_id > head.id:
        return Broken(head.id + 1, Fault.HEAD, f"The head ends at entry {head.id:,}, the entries at {last_id:,}.")
    if reached.hash != head.hash:
        return Broken(head.id, Fault.CHANGED, f"Entry {head.id:,} is not the one that the head was moved to.")
    if kept is not None and reached.id < kept.id:
        return Broken(
            reached.id + 1, Fault.REMOVED, f"{_entries(reached.id + 1, kept.id)} removed, the head moved back."
        )
    return None


def _entries(first: int, last: int) -> str:
    return f"Entry {first:,} was" if first >= last else f"Entries {first:,} to {last:,} were"
