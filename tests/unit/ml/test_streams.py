"""The light description of the fleet stream: profiles by name, the calendar, the cost of importing it."""

import subprocess
import sys

import pytest

from ml.contracts import Maintenance
from ml.schema import Profile
from ml.streams.fleet import in_maintenance, profile_of, threshold_matrix


@pytest.mark.parametrize(("name", "profile"), [
    ("ppweb001", Profile.WEB), ("web-3.example.org", Profile.WEB), ("ppdb002", Profile.DATABASE),
    ("eu-postgres-1", Profile.DATABASE), ("ppcache001", Profile.CACHE), ("kafka07", Profile.QUEUE),
    ("ppml003", Profile.ML_COMPUTE), ("gpu-12", Profile.ML_COMPUTE), ("ppstore001", Profile.STORAGE),
    ("ppwork004", Profile.WORKER), ("PPWEB001", Profile.WEB), ("webster", Profile.UNKNOWN), ("vm-17", Profile.UNKNOWN),
])  # fmt: skip
def test_a_name_tells_its_profile(name, profile):
    assert profile_of(name) is profile


def test_a_weekly_window_repeats_and_wraps_around_sunday_night():
    calendar = in_maintenance([Maintenance("a", 2010, 12)], ["a", "b"], 2005, 20)
    assert calendar[:, 0].nonzero()[0].tolist() == list(range(5, 17))
    assert (in_maintenance([Maintenance("a", 2010, 12)], ["a"], 2005 - 2016, 20) == calendar[:, :1]).all()


def test_an_unheard_of_profile_gets_the_thresholds_of_unknown():
    assert (threshold_matrix(["mainframe"]) == threshold_matrix(["unknown"])).all()
    assert threshold_matrix([]).shape == (0, 7)


def test_what_the_web_imports_stays_light():
    code = "import sys, ml.runtime, ml.streams.fleet; print(sorted({'pandas', 'torch', 'pyarrow'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
