"""The HTTP side of the dashboard: routes and start-up. No torch, no streamlit."""
