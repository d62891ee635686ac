"""Measuring the forecasters: how good (`scoring`, `report`) and how fast (`speed`), always as numbers with counts."""
