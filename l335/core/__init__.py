"""What every other part stands on: errors, settings, figures, words, and facts of the machine."""
