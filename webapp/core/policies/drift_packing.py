"""How hours and looks lie in the database: small arrays, compressed. What is unpacked is what was packed."""

import io
from collections.abc import Sequence
from dataclasses import fields

import numpy as np
import zstandard
from numpy.typing import NDArray

from ml.contracts import Floats
from ml.drift.cells import Look
from ml.drift.hours import Channel
from ml.schema import METRICS

_SHAPE = (-1, len(METRICS), len(Channel))
_LEVEL = 3


def pack_hour(asset_ids: Sequence[int], hour: Floats) -> tuple[bytes, bytes]:
    """An hour [N, M, channels] and whose it is."""
    return np.asarray(asset_ids, np.int32).tobytes(), _compressed(np.asarray(hour, np.float32).tobytes())


def unpack_hour(assets: bytes, data: bytes) -> tuple[NDArray[np.int32], Floats]:
    """The ids and the hour [N, M, channels] of them."""
    return np.frombuffer(assets, np.int32), np.frombuffer(_plain(data), np.float32).reshape(_SHAPE)


def pack_look(look: Look) -> bytes:
    """Every array of a look; statistics as float32, states and counts as int32."""
    stream = io.BytesIO()
    arrays = {one.name: getattr(look, one.name) for one in fields(look)}
    small = {name: value.astype(np.int32 if value.dtype.kind == "i" else np.float32) for name, value in arrays.items()}
    np.savez(stream, **small)
    return _compressed(stream.getvalue())


def unpack_look(data: bytes) -> Look:
    """The look that was packed."""
    with np.load(io.BytesIO(_plain(data)), allow_pickle=False) as found:
        return Look(**{one.name: found[one.name] for one in fields(Look)})


def _compressed(plain: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=_LEVEL).compress(plain)


def _plain(data: bytes) -> bytes:
    return zstandard.ZstdDecompressor().decompress(data)
