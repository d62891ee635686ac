"""Dramatiq workers, the scheduler and the commands that measure the running system."""
