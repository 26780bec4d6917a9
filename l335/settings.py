"""Settings of one installation, from the environment (prefix ``L335_``) or the command line."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent
ASSETS = ROOT / "assets"


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

    def threads_per_run(self) -> int:
        """Threads for each run so that all slots together never oversubscribe the cores."""
        return self.threads or max(1, num_cores() // self.slots)


def num_cores() -> int:
    """Cores this process may use (respects container and taskset limits on Linux)."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
