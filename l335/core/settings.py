"""Settings of one installation, from the environment (prefix ``L335_``) or the command line."""

from __future__ import annotations

import os
import re
from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parents[2]
ASSETS = ROOT / "assets"

STREAMLITS_BASE_PATH = "STREAMLIT_SERVER_BASE_URL_PATH"
"""Streamlit's own variable, which it reads itself under `streamlit run` alone."""

_PATH = re.compile(r"[\w~-][\w.~-]*(/[\w~-][\w.~-]*)*", re.ASCII)
_TAKEN = ("_stcore", "component", "media", "static")  # Streamlit's own addresses begin so
_HOST = re.compile(r"(\*\.)?[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?", re.IGNORECASE)


class Settings(BaseSettings):
    """Where data lives and how much of the machine training may use.

    Each field is read from ``L335_<NAME>``; for example ``L335_DATA_DIR=/data``.
    """

    model_config = SettingsConfigDict(env_prefix="L335_", frozen=True)

    data_dir: Path = Field(
        default=ROOT / "data", description="Folder for the store, blobs and decompressed data."
    )
    host: str = Field(default="127.0.0.1", description="Address the dashboard listens on.")
    port: int = Field(default=8501, ge=1, le=65535, description="Port the dashboard listens on.")
    base_path: str = Field(
        default="",
        validate_default=True,
        description="Path the dashboard is served under, such as /lab; none by default.",
    )
    hosts: str = Field(
        default="",
        description="Names the dashboard is reached by beside this machine's own, with commas "
        "between; *.example.org stands for all below it, * for any name.",
    )
    slots: int = Field(default=2, ge=1, le=64, description="Runs that may train at the same time.")
    threads: int = Field(
        default=0,
        ge=0,
        le=256,
        description="CPU threads of each run; 0 divides the cores by slots.",
    )
    device: str = Field(
        default="auto", pattern="^(auto|cpu|cuda|mps)$", description="Where runs train."
    )
    precision: str = Field(
        default="auto",
        pattern="^(auto|float32|tf32|bf16)$",
        description="How products are computed; auto is tf32 on a CUDA device, else float32.",
    )
    cuda_graphs: bool = Field(
        default=True, description="Whether steps on a CUDA device are recorded and replayed."
    )

    @field_validator("base_path")
    @classmethod
    def _whole_path(cls, text: str) -> str:
        path = (text.strip() or os.environ.get(STREAMLITS_BASE_PATH, "")).strip("/ ")
        if path and not _PATH.fullmatch(path):
            raise ValueError(
                f"`{path}` can't be served under; write a path of letters, digits, `-`, `_`, `.` "
                "and `~`, such as `/lab`"
            )
        if path.partition("/")[0] in _TAKEN:
            raise ValueError(f"`/{path}` is Streamlit's own; choose another one, such as `/lab`")
        return f"/{path}" if path else ""

    @field_validator("hosts")
    @classmethod
    def _names_only(cls, text: str) -> str:
        for name in split_hosts(text):
            if name != "*" and not _HOST.fullmatch(name):
                raise ValueError(
                    f"`{name}` is not a name; write names without scheme, port and path, with "
                    "commas between, such as `lab.example.org`"
                )
        return text

    def threads_per_run(self) -> int:
        """Threads for each run so that all slots together never oversubscribe the cores."""
        return self.threads or max(1, num_cores() // self.slots)


def split_hosts(text: str) -> list[str]:
    """The names in ``L335_HOSTS``, in lower case."""
    return text.lower().replace(",", " ").split()


def num_cores() -> int:
    """Cores this process may use (respects container and taskset limits on Linux)."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
