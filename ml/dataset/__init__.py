"""Where training and evaluation data come from: telemetry files, recorded traces, simulated fleets."""
