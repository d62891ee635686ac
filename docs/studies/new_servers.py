"""How soon a new server is forecast better by the champion, through its profile, than by persistence.

Test fleets, whose servers are made new: of the window only the last ticks are left, and nothing of the week. Both
answers are to the same windows; losses are in standard deviations of each series, as in `python -m ml evaluate`.
"""

import argparse
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.cli import CHAMPION
from ml.contracts import Floats
from ml.dataset.telemetry import read_telemetry
from ml.dataset.windows import Cut, Span, cut, simulated_span
from ml.evaluation.figures import Blocks, interval, skill, skills
from ml.evaluation.run import TEST_SEED
from ml.evaluation.scoring import mean, scored_rows, unit_of
from ml.runtime import Forecaster, load
from ml.runtime.features import PROFILES
from ml.runtime.losses import by_bucket, pinball
from ml.runtime.persistence import persistence
from ml.runtime.week import week_within
from ml.schema import CONTEXT, HIGH80, HORIZON, LOW80, TICKS_PER_DAY
from ml.tft.examples import stranger

Doubles = NDArray[np.float64]
HISTORIES: Final = (1, 2, 3, 6, 8, 11, 12, 24, 48, 72, 96, 144, 216, 288)
_FITTED: Final = 21 * TICKS_PER_DAY
_UNKNOWN: Final = len(PROFILES) - 1


def young(piece: Cut, ticks: int) -> Cut:
    """The same servers as if they had been seen for the last `ticks` only."""
    history = piece.history.copy()
    history[:, : CONTEXT - ticks] = np.nan
    return replace(piece, history=history, week=week_within(history, piece.week_tick))


def unnamed(piece: Cut) -> Cut:
    """The same servers without a profile."""
    return replace(piece, profiles=np.full_like(piece.profiles, _UNKNOWN))


def champion(forecaster: Forecaster, piece: Cut) -> Floats:
    """Quantiles of the model itself, whatever serving would have it do."""
    return forecaster.model.quantiles(piece.history, piece.calendar, piece.profiles, piece.week_tick, piece.week)


def baseline(forecaster: Forecaster, piece: Cut) -> Floats:
    """Quantiles of persistence, told the profile."""
    return persistence(piece.history, piece.profiles, forecaster.model.tables, piece.week)


def answers(forecaster: Forecaster, piece: Cut) -> Iterator[tuple[str, int, Floats]]:
    """(who, ticks of history, quantiles) of everybody who is compared."""
    for ticks in HISTORIES:
        new = young(piece, ticks)
        yield "champion", ticks, champion(forecaster, new)
        yield "persistence", ticks, baseline(forecaster, new)
        if not (piece.profiles == _UNKNOWN).all():
            yield "champion, profile unknown", ticks, champion(forecaster, unnamed(new))
            yield "persistence, profile unknown", ticks, baseline(forecaster, unnamed(new))


def scored(forecaster: Forecaster, span: Span, rows: list[int]) -> Mapping[tuple[str, int], tuple[Doubles, Doubles]]:
    """Losses and shares held [windows, M, buckets] by who and history, in the same order of windows."""
    unit = unit_of(span.values[rows[0] :])[:, :, None].astype(np.float32)
    found: dict[tuple[str, int], list[tuple[Doubles, Doubles]]] = {}
    for row in rows:
        piece = cut(span, row)
        truth = piece.truth.transpose(0, 2, 1)
        for who, ticks, fan in answers(forecaster, piece):
            known = np.isfinite(truth) & np.isfinite(fan[..., LOW80])
            held = np.where(known, (truth >= fan[..., LOW80]) & (truth <= fan[..., HIGH80]), np.nan)
            one = by_bucket(pinball(fan, truth) / unit), by_bucket(held.astype(np.float32))
            found.setdefault((who, ticks), []).append(one)
    return {
        key: (np.concatenate([one for one, _ in parts]), np.concatenate([one for _, one in parts]))
        for key, parts in found.items()
    }


def compared(forecaster: Forecaster, spans: list[Span], origins: int, fitted: int) -> dict[str, object]:
    """Figures by who and history, and how far the champion is ahead of persistence, over all spans."""
    parts, labels = [], []
    for number, span in enumerate(spans):
        every = scored_rows(span, fitted)
        rows = every[:: -(-len(every) // origins)]
        parts.append(scored(forecaster, span, rows))
        labels.append(number * 1_000 + np.tile(np.arange(len(span.assets)), len(rows)))
    whole = {key: tuple(np.concatenate([part[key][at] for part in parts]) for at in (0, 1)) for key in parts[0]}
    blocks = Blocks(np.concatenate(labels))  # whole servers are drawn
    return {"windows": len(np.concatenate(labels)), "rows": [_row(whole, blocks, *key) for key in whole]}


def _row(
    whole: Mapping[tuple[str, int], tuple[Doubles, ...]], blocks: Blocks, who: str, ticks: int
) -> dict[str, object]:
    loss, held = whole[who, ticks]
    row: dict[str, object] = {
        "who": who, "history": ticks, "pinball": round(float(mean(loss)), 4), "coverage80": round(float(mean(held)), 3),
        "coverage80_by_lead": [round(float(one), 3) for one in mean(held, axis=(0, 1))],
    }  # fmt: skip
    rival = whole.get((who.replace("champion", "persistence"), ticks))
    if who.startswith("champion") and rival is not None:
        row["ahead"] = round(skill(mean(loss), mean(rival[0])), 4)
        row["ahead_ci95"] = interval(skills(blocks.means(loss), blocks.means(rival[0])))
    return row


def main() -> None:
    """Every comparison; one JSON object on stdout."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fleets", type=int, default=2, help="of 40 servers each, and as many of strangers")
    parser.add_argument("--origins", type=int, default=6, help="at most, a fleet")
    parser.add_argument("--data", type=Path, help="telemetry parquet, as `python -m ml import-bitbrains` writes it")
    options = parser.parse_args()
    forecaster = load(CHAMPION)
    fleets = [simulated_span(40, 28, TEST_SEED + number, 0.2) for number in range(options.fleets)]
    strangers = [stranger(one, TEST_SEED + at) for at, one in enumerate(fleets)]
    misnamed = [replace(one, profiles=real.profiles) for one, real in zip(strangers, fleets, strict=True)]
    found = {
        "simulated": compared(forecaster, fleets, options.origins, _FITTED),
        "strangers": compared(forecaster, strangers, options.origins, _FITTED),
        "strangers with a profile": compared(forecaster, misnamed, options.origins, _FITTED),
    }
    if options.data:
        span = read_telemetry(options.data).span()
        fitted = max(CONTEXT + HORIZON + 1, len(span.values) // 2)
        named = replace(span, profiles=tuple(PROFILES[at % _UNKNOWN].value for at in range(len(span.assets))))
        found["recorded"] = compared(forecaster, [span], options.origins, fitted)
        found["recorded with a profile"] = compared(forecaster, [named], options.origins, fitted)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
