"""Benchmarks: each figure beside what a notebook does and what the machine could do at best."""
