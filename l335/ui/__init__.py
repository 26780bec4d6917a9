"""The dashboard's parts. Only this package, pages/ and app.py import streamlit."""
