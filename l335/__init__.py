"""L335 Lab: a teaching dashboard over a background PyTorch training engine."""

__version__ = "0.1.0"
