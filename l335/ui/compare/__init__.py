"""The page that compares two to eight runs: one module for each of its sections."""
