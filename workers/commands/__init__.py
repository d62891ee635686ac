"""Benches and drills: they start a console of their own, measure it from outside, and leave nothing behind."""
