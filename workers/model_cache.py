"""What an inference process keeps between ticks: each stream's history, and the last model that could be loaded.

Models are kept by their hash in `services.champions.forecaster`, so an artefact that is not the version's never
serves. Where the champion's files are broken, the last good version serves on, under its own name.
"""

from ml.runtime import Forecaster
from webapp.core.errors import Unavailable
from webapp.core.models.model_versions import ModelVersion
from webapp.core.services import champions, promotions
from webapp.core.services.windows import HistoryCache


class Windows:
    """One history a stream."""

    def __init__(self) -> None:
        self._caches: dict[int, HistoryCache] = {}

    def of(self, stream_id: int) -> HistoryCache:
        """The cache of a stream."""
        return self._caches.setdefault(stream_id, HistoryCache(stream_id))


class Models:
    """The model of each stream."""

    def __init__(self) -> None:
        self._good: dict[int, ModelVersion] = {}
        self._said: dict[int, str | None] = {}

    def of(self, stream_id: int, champion: ModelVersion) -> tuple[ModelVersion, Forecaster]:
        """Who serves and its forecaster: the champion, or the last good version while the champion is broken.

        The champion is tried anew at each tick. Raises Unavailable when no version that ever served can be loaded.
        """
        try:
            loaded = champions.forecaster(champion.path, champion.sha256)
        except Unavailable as error:
            return self._instead(stream_id, champion, error)
        self._good[stream_id] = champion
        self._say(stream_id, None)
        return champion, loaded

    def _instead(self, stream_id: int, champion: ModelVersion, error: Unavailable) -> tuple[ModelVersion, Forecaster]:
        last = self._good.get(stream_id)
        for version in [*([last] if last else []), *promotions.earlier(stream_id, champion)]:
            try:
                loaded = champions.forecaster(version.path, version.sha256)
            except Unavailable:
                continue
            self._good[stream_id] = version
            self._say(stream_id, f"{error.message} {version.model} {version.version} serves on.")
            return version, loaded
        self._say(stream_id, f"{error.message} No earlier version can be loaded either.")
        raise error

    def _say(self, stream_id: int, trouble: str | None) -> None:
        """Write down what is wrong, or that it is over, when that is news."""
        if stream_id not in self._said or self._said[stream_id] != trouble:
            promotions.note_trouble(stream_id, trouble)
            self._said[stream_id] = trouble
