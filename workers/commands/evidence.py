"""What a console stored, read from its database file by no code of Forewarn's, and read only.

Guards: a bench or drill that asked the services for its proof would share their mistakes.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Cycle:
    """One forecast cycle; times are wall times in ms."""

    tick: int
    servers: int
    forecast: int
    due_ms: float
    made_ms: float
    duration_ms: float


@dataclass(frozen=True, slots=True)
class Served:
    """Which version forecast an origin, and when that was due and stored, wall times in ms."""

    tick: int
    version: str
    due_ms: float
    made_ms: float


class Evidence:
    """One console's database."""

    def __init__(self, folder: Path) -> None:
        self._address = f"file:{folder / 'forewarn.db'}?mode=ro"

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._address, uri=True, timeout=30)) as connection:
            yield connection

    def cycles(self, stream: str, since_ms: float = 0) -> list[Cycle]:
        """A stream's cycles that were stored after a wall time, oldest first."""
        query = (
            "SELECT r.tick, r.servers, r.forecast, r.due_at, r.made_at, r.duration_ms FROM forecast_runs r "
            "JOIN streams s ON s.id = r.stream_id WHERE s.slug = ? AND NOT r.skipped ORDER BY r.tick"
        )
        with self._reading() as connection:
            rows = connection.execute(query, (stream,)).fetchall()
        found = [Cycle(row[0], row[1], row[2], _ms(row[3]), _ms(row[4]), row[5]) for row in rows]
        return [one for one in found if one.made_ms >= since_ms]

    def served(self, stream: str) -> list[Served]:
        """Who forecast the last origins of a stream, oldest first: read from the forecasts themselves."""
        query = (
            "SELECT r.tick, v.version, r.due_at, r.made_at FROM forecast_runs r JOIN streams s ON s.id = r.stream_id "
            "JOIN assets a ON a.stream_id = s.id JOIN forecasts f ON f.asset_id = a.id AND f.tick = r.tick "
            "JOIN model_versions v ON v.id = f.model_version_id "
            "WHERE s.slug = ? AND NOT r.skipped AND r.tick > s.tick - 40 GROUP BY r.tick, v.version ORDER BY r.tick"
        )
        with self._reading() as connection:
            return [Served(row[0], row[1], _ms(row[2]), _ms(row[3])) for row in connection.execute(query, (stream,))]

    def moved_ms(self, stream: str) -> float:
        """When the slot of a stream was moved last."""
        query = "SELECT v.moved_at FROM serving_slots v JOIN streams s ON s.id = v.stream_id WHERE s.slug = ?"
        with self._reading() as connection:
            return _ms(connection.execute(query, (stream,)).fetchone()[0])

    def first_difference(self, server: str, start_tick: int) -> int | None:
        """The first tick from `start_tick` on at which a server's forecast is not its twin's, None so far."""
        query = (
            "SELECT t.tick FROM twins t JOIN assets a ON a.id = t.asset_id "
            "JOIN forecasts f ON f.asset_id = t.asset_id AND f.tick = t.tick "
            "WHERE a.name = ? AND t.tick >= ? AND t.fan IS NOT NULL AND f.fan <> t.fan ORDER BY t.tick LIMIT 1"
        )
        with self._reading() as connection:
            row = connection.execute(query, (server, start_tick)).fetchone()
        return int(row[0]) if row else None

    def stored(self, stream: str, keys: Sequence[tuple[str, int]]) -> set[tuple[str, int]]:
        """Which (server, tick) of a stream have telemetry."""
        query = (
            "SELECT a.name, t.tick FROM telemetry t JOIN assets a ON a.id = t.asset_id "
            "JOIN streams s ON s.id = a.stream_id WHERE s.slug = ?"
        )
        with self._reading() as connection:
            found = {(str(name), int(tick)) for name, tick in connection.execute(query, (stream,))}
        return found & set(keys)

    def missed(self, stream: str, since_tick: int) -> int:
        """Ticks with telemetry, before the newest, for which no cycle is stored."""
        query = (
            "SELECT COUNT(*) FROM (SELECT DISTINCT t.tick FROM telemetry t JOIN assets a ON a.id = t.asset_id "
            "JOIN streams s ON s.id = a.stream_id WHERE s.slug = ? AND t.tick BETWEEN ? AND s.tick - 1) o "
            "LEFT JOIN forecast_runs r ON r.tick = o.tick AND r.stream_id = (SELECT id FROM streams WHERE slug = ?) "
            "WHERE r.tick IS NULL"
        )
        with self._reading() as connection:
            return int(connection.execute(query, (stream, since_tick, stream)).fetchone()[0])

    def doubled(self, since_tick: int) -> int:
        """Server and origin pairs that more than one forecast was stored for."""
        query = (
            "SELECT COUNT(*) FROM (SELECT 1 FROM forecasts WHERE tick >= ? GROUP BY asset_id, tick HAVING COUNT(*) > 1)"
        )
        with self._reading() as connection:
            return int(connection.execute(query, (since_tick,)).fetchone()[0])

    def wrong_model(self, stream: str, since_tick: int) -> int:
        """Forecasts that do not carry the version which serves the stream, or are no champion's."""
        query = (
            "SELECT COUNT(*) FROM forecasts f JOIN assets a ON a.id = f.asset_id JOIN streams s ON s.id = a.stream_id "
            "JOIN serving_slots v ON v.stream_id = s.id WHERE s.slug = ? AND f.tick >= ? "
            "AND (f.model_version_id <> v.model_version_id OR f.method <> 'champion')"
        )
        with self._reading() as connection:
            return int(connection.execute(query, (stream, since_tick)).fetchone()[0])


def _ms(text: str) -> float:
    """A stored time, which SQLite keeps as UTC text without a zone."""
    at = datetime.fromisoformat(text)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000
