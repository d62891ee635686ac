"""Talking to an OpenID provider: bounded in time and bytes, and trusting nothing that is not signed for us."""
