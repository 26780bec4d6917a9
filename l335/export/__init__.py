"""What leaves the lab: reports, scripts, recordings and command lines."""
