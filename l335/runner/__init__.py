"""Runs trainings in the background: one runner per data folder, one process per run."""
