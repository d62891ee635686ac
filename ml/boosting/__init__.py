"""Gradient boosting as a rival: one LightGBM quantile booster a level, global over machines, metrics and leads."""
