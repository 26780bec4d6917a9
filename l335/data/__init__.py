"""Bytes and pictures: stored files, Fashion-MNIST, and the intake of images."""
