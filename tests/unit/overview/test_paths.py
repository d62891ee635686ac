"""Paths are compact and honest about gaps."""

import numpy as np

from webapp.charts import paths


def test_a_line_is_whole_relative_steps():
    assert paths.line([0, 5, 10], [7.2, 9.9, 4.0]) == "M0 7l5 3 5-6"


def test_a_gap_ends_the_line_and_the_next_number_begins_another():
    assert paths.line([0, 5, 10, 15], [1, np.nan, 3, 4]) == "M0 1h0M10 3l5 1"


def test_a_line_of_nothing_is_empty():
    assert paths.line([], []) == ""
    assert paths.line([0, 1], [np.nan, np.nan]) == ""


def test_a_band_goes_along_the_top_and_back_along_the_bottom():
    assert paths.band([0, 5], [2, 3], [8, 9]) == "M0 8l5 1 0-6-5-1z"


def test_a_band_has_a_hole_where_one_edge_is_unknown():
    assert paths.band([0, 5, 10], [1, np.nan, 1], [2, 2, 2]).count("z") == 2


def test_squares_are_one_path():
    assert paths.squares([(0, 0), (5, 0)], 4) == "M0 0h4v4h-4zM5 0h4v4h-4z"


def test_rings_stay_inside_their_square():
    assert paths.rings([(10, 20)], 4) == "M10 22a2 2 0 1 0 4 0a2 2 0 1 0-4 0"
