"""What an inference process keeps between ticks: each stream's history. Models are kept by their hash in
`services.champions.forecaster`, so an artefact that is not the version's never serves."""

from webapp.core.services.windows import HistoryCache


class Windows:
    """One history a stream."""

    def __init__(self) -> None:
        self._caches: dict[int, HistoryCache] = {}

    def of(self, stream_id: int) -> HistoryCache:
        """The cache of a stream."""
        return self._caches.setdefault(stream_id, HistoryCache(stream_id))
