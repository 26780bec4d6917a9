"""Questions asked of a trained run."""
