"""Talking to a user's Prometheus server: which addresses may be reached, what is asked, how an answer is read."""
