"""The forecasting core: pure numbers, no database, broker, settings or clock."""
