"""Prediction from an artefact with numpy alone: what the web and the workers serve with.

Imports neither torch nor pandas, and `import ml.runtime` stays cheap; training lives elsewhere.
"""

from ml.artifacts import ArtifactError, ArtifactIncompatible, ArtifactMissing, ArtifactTampered
from ml.runtime.crossing import Crossing, crossing
from ml.runtime.forecaster import Forecaster, load
from ml.runtime.odds import DEFAULT_ODDS, Odds

__all__ = [
    "DEFAULT_ODDS",
    "ArtifactError",
    "ArtifactIncompatible",
    "ArtifactMissing",
    "ArtifactTampered",
    "Crossing",
    "Forecaster",
    "Odds",
    "crossing",
    "load",
]
