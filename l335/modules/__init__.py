"""Torch modules that PyTorch lacks; components import them when they build."""
