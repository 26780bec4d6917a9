"""What every chart that Streamlit draws has in common."""

from __future__ import annotations

from typing import Any

CHART_CONFIG: dict[str, Any] = {
    "displaylogo": False,
    # Else Plotly offers to upload a person's chart to its own cloud.
    "showSendToCloud": False,
}
