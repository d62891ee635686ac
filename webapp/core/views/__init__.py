"""Frozen dataclasses that the pages read; never a database row."""
