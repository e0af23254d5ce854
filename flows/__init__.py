"""Prefect flows. Each: load, decide, act, save. A run is never the home of a business fact."""
