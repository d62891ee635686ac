"""Measured coverage of a whole stream: what its champion's 80 % intervals held, by lead time."""

import numpy as np

from ml.schema import LEAD_BUCKETS
from webapp.core.db import reading
from webapp.core.repositories import assets
from webapp.core.services import coverage, streams


def by_lead(slug: str) -> tuple[tuple[int, int], ...]:
    """(held, matured) a lead bucket over every server and metric, zeros before anything matured. Raises NotFound."""
    with reading() as session:
        stream = streams.find(session, slug)
        assert stream.id is not None
        counts = coverage.of_assets(session, stream.id, assets.of_stream(session, stream.id))
    if not counts:
        return tuple((0, 0) for _ in LEAD_BUCKETS)
    total = np.sum([one.sum(axis=0) for one in counts.values()], axis=0)
    return tuple((int(held), int(matured)) for held, matured in total)
