"""Reports on runs, sweeps and ready labs: one HTML page, Markdown with figures, or a zip of all.

It needs neither torch nor the dashboard: feature maps and enlarged pictures, which a network must
make, are taken from the looks that are there.
"""
