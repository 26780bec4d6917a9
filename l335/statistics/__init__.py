"""Tests on plain numbers: paired comparisons, predictions image by image, spectra over steps."""
