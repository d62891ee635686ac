"""Actors, one file a queue family: claim rows, call services, nothing else."""
