"""The training engine. It knows torch and nothing of the dashboard."""
