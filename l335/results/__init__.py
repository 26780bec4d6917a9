"""Runs as plain values: what is shown of them, their groups, their verdicts and their pace."""
