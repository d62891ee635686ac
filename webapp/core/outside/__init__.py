"""Reaching out: to which addresses, for how long, and how much of an answer is read. Nothing here knows a product."""
