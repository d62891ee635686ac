"""The only place, beside models and the unit of work, that speaks SQL."""
