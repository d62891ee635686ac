"""What an inference process keeps between ticks: each stream's window. Models are kept by their hash in
`services.champions.forecaster`, so an artefact that is not the version's never serves."""

from ml.schema import CONTEXT
from webapp.core.services.windows import WindowCache


class Windows:
    """One window cache a stream."""

    def __init__(self) -> None:
        self._caches: dict[int, WindowCache] = {}

    def of(self, stream_id: int) -> WindowCache:
        """The cache of a stream."""
        return self._caches.setdefault(stream_id, WindowCache(stream_id, CONTEXT))
