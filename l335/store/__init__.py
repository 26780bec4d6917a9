"""The store: runs, their rows and pictures, and the queue, in one database."""

from l335.store.database import Store

__all__ = ["Store"]
