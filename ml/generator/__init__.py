"""The simulated fleet: latent dynamics, faults as data, counter-based noise. Same seed, same numbers."""

from ml.generator.fleet import demo_fleet
from ml.generator.simulation import Generator
from ml.generator.truth import first_breach, true_breaches

__all__ = ["Generator", "demo_fleet", "first_breach", "true_breaches"]
