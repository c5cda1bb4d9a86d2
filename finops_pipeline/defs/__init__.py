"""Dagster: one module per noun with thin recipes and their checks, and the machinery that turns recipes into assets."""
