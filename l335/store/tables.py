"""Tables of the store. Times are seconds since 1970, UTC."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

REVISION = "0006"
"""The newest migration; a store that says so is opened without loading Alembic."""

RUN_STATES = ("queued", "running", "paused", "completed", "failed", "cancelled")
PURPOSES = ("run", "probe")
WISHES = ("run", "pause", "cancel")
JOB_STATES = ("queued", "running", "done", "failed")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_N_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _one_of(column: str, words: tuple[str, ...]) -> CheckConstraint:
    quoted = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({quoted})", name=column)


runner = Table(
    "runner",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("host", String(255), nullable=False),
    Column("boot_id", String(64), nullable=False),
    Column("pid", Integer, nullable=False),
    # A pid is reused after a while; the start time tells two processes apart.
    Column("pid_started", Float, nullable=False),
    Column("started_at", Float, nullable=False),
)

run = Table(
    "run",
    metadata,
    Column("id", Integer, primary_key=True),
    # The only name of a run that is shown: random, so it can't be guessed from another one.
    Column("uid", String(32), nullable=False, unique=True),
    Column("task", String(32), nullable=False),
    Column("spec_json", Text, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("threads", Integer, nullable=False),
    Column("device", String(16), nullable=False),
    # How products were computed: "float32", "tf32", "bf16", or several with commas; empty before
    # the first attempt, and of runs from before this was kept.
    Column("precision", String(32), nullable=False, server_default=""),
    # Where it was trained on past its end: [[steps it had until then, when it was asked], ...].
    Column("continued_json", Text, nullable=False, server_default="[]"),
    Column("num_parameters", BigInteger, nullable=False),
    Column("total_steps", BigInteger, nullable=False),
    Column("state", String(16), nullable=False, server_default="queued"),
    # What the person asked for; the runner makes the state follow.
    Column("want", String(16), nullable=False, server_default="run"),
    # A person's run, or a short one that only measures how fast such runs are; not listed.
    Column("purpose", String(16), nullable=False, server_default="run"),
    # Place in the queue, smallest first; see places_behind in runs.py. Equal ones go by id.
    Column("queue_seq", BigInteger, nullable=False),
    # Fencing token: every write of a worker names the attempt it belongs to.
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("num_lost", Integer, nullable=False, server_default="0"),
    Column("num_killed", Integer, nullable=False, server_default="0"),
    Column("runner_id", ForeignKey("runner.id")),
    Column("lease_until", Float),
    Column("step", BigInteger, nullable=False, server_default="0"),
    Column("train_seconds", Float, nullable=False, server_default="0"),
    Column("last_seq", BigInteger, nullable=False, server_default="0"),
    Column("summary_json", Text, nullable=False, server_default="{}"),
    Column("error_code", String(64), nullable=False, server_default=""),
    Column("error_text", Text, nullable=False, server_default=""),
    Column("created_at", Float, nullable=False),
    Column("started_at", Float),
    Column("finished_at", Float),
    Column("deleted_at", Float),
    _one_of("state", RUN_STATES),
    _one_of("want", WISHES),
    _one_of("purpose", PURPOSES),
    Index("ix_run_queue", "state", "queue_seq"),
    Index("ix_run_runner_id", "runner_id"),
    # Equal specifications have these in common.
    Index("ix_run_settings", "num_parameters", "total_steps", "seed"),
)

sweep = Table(
    "sweep",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("uid", String(32), nullable=False, unique=True),
    # The name of a ready lab; empty where a person put the grid together.
    Column("lab", String(64), nullable=False, server_default="", index=True),
    Column("title", String(200), nullable=False),
    # What was chosen: the lab's settings, or the grid's base and axes.
    Column("definition_json", Text, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("deleted_at", Float),
)

# A run may belong to several sweeps: what was trained already is not trained again.
sweep_cell = Table(
    "sweep_cell",
    metadata,
    Column("sweep_id", ForeignKey("sweep.id", ondelete="CASCADE"), primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("name", String(400), nullable=False),
    Column("settings_json", Text, nullable=False),
    Column("run_id", ForeignKey("run.id", ondelete="CASCADE"), nullable=False, index=True),
    sqlite_with_rowid=False,
)

metric_key = Table(
    "metric_key",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
)

metric = Table(
    "metric",
    metadata,
    Column("run_id", ForeignKey("run.id", ondelete="CASCADE"), primary_key=True),
    Column("key_id", ForeignKey("metric_key.id"), primary_key=True),
    Column("step", BigInteger, primary_key=True, autoincrement=False),
    Column("value", Float),
    # SQLite keeps no NaN, and no column holds both; "nan", "inf" or "-inf" where value is NULL.
    Column("flag", String(4), nullable=False, server_default=""),
    Column("wall", Float, nullable=False),
    # Numbers a run's rows in commit order, so that a reader's cursor never skips one.
    Column("seq", BigInteger, nullable=False),
    Column("attempt", Integer, nullable=False),
    Index("ix_metric_cursor", "run_id", "seq", unique=True),
    sqlite_with_rowid=False,
)

checkpoint = Table(
    "checkpoint",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run_id", ForeignKey("run.id", ondelete="CASCADE"), nullable=False),
    Column("step", BigInteger, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("sha256", String(64), nullable=False, index=True),
    Column("num_bytes", BigInteger, nullable=False),
    Column("created_at", Float, nullable=False),
    UniqueConstraint("run_id", "step", "attempt"),
)

job = Table(
    "job",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("uid", String(32), nullable=False, unique=True),
    Column("run_id", ForeignKey("run.id", ondelete="CASCADE"), nullable=False),
    Column("checkpoint_sha256", String(64), nullable=False, index=True),
    Column("kind", String(32), nullable=False),
    Column("params_json", Text, nullable=False),
    Column("state", String(16), nullable=False, server_default="queued"),
    Column("share", Float, nullable=False, server_default="0"),
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("runner_id", ForeignKey("runner.id")),
    Column("error_text", Text, nullable=False, server_default=""),
    Column("created_at", Float, nullable=False),
    Column("finished_at", Float),
    # The visitor, as a hash of the address; empty for this machine.
    Column("asked_by", String(32), nullable=False, server_default=""),
    # Place among the large ones or among the small ones, smallest first; see jobs.py.
    Column("queue_seq", BigInteger, nullable=False, server_default="0"),
    Column("is_large", Integer, nullable=False, server_default="0"),
    _one_of("state", JOB_STATES),
    UniqueConstraint("run_id", "checkpoint_sha256", "kind", "params_json"),
    Index("ix_job_queue", "state", "is_large", "queue_seq"),
)

artifact = Table(
    "artifact",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("uid", String(32), nullable=False, unique=True),
    Column("run_id", ForeignKey("run.id", ondelete="CASCADE")),
    Column("job_id", ForeignKey("job.id", ondelete="CASCADE")),
    Column("kind", String(16), nullable=False),
    Column("name", String(120), nullable=False),
    Column("step", BigInteger, nullable=False, server_default="0"),
    Column("sha256", String(64), nullable=False, index=True),
    Column("media_type", String(64), nullable=False),
    Column("meta_json", Text, nullable=False, server_default="{}"),
    Column("created_at", Float, nullable=False),
    _one_of("kind", ("preview", "snapshot", "product", "image")),
    Index("ix_artifact_run", "run_id", "name", "id"),
    Index("ix_artifact_job", "job_id"),
    Index(
        "ix_artifact_image",
        "sha256",
        unique=True,
        sqlite_where=text("kind = 'image'"),
        postgresql_where=text("kind = 'image'"),
    ),
)

run_event = Table(
    "run_event",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run_id", ForeignKey("run.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("at", Float, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("detail", Text, nullable=False, server_default=""),
)
