"""The HTTP side: signing in, telemetry in, forecasts out, health. Answers errors as RFC 9457 problems."""
