"""Forewarn's console and its core. Importing this package costs nothing."""
