"""What a look makes."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Product:
    """A file a look produced.

    Attributes:
        name: Such as ``maps/conv1`` or ``upsampled``.
        media_type: Such as ``image/png``.
        data: The encoded file.
        meta: Facts about it, ready for JSON.
    """

    name: str
    media_type: str
    data: bytes
    meta: dict[str, Any] = field(default_factory=dict)


def as_json(name: str, values: dict[str, Any]) -> Product:
    """Values as a product of their own."""
    data = json.dumps(values, allow_nan=False).encode()
    return Product(name, "application/json", data, values)
