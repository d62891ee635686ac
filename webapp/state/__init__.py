"""Reflex states: thin, one noun each; every handler calls one service and is marked with the role it needs."""
