"""Facts about where words stand in a chart."""

import numpy as np

from webapp.charts import caption
from webapp.charts.axes import Range

SCALE = Range(60.0, 100.0, (60.0, 80.0, 100.0))
EMPTY = np.full(96, np.nan, np.float32)


def test_an_empty_chart_takes_the_preferred_place() -> None:
    assert caption.place(0.5, SCALE, EMPTY, EMPTY) == caption.Place(60.0 + 0.27 * 40.0, False)


def test_words_near_the_right_edge_stand_to_the_left() -> None:
    assert caption.place(0.9, SCALE, EMPTY, EMPTY).to_left


def test_words_keep_off_the_fan() -> None:
    low, high = np.full(96, 62.0, np.float32), np.full(96, 80.0, np.float32)
    assert caption.place(0.5, SCALE, low, high).y > 80.0
