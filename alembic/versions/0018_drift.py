"""Drift: hours, looks, episodes, decisions and the rule for training

Revision 0018, after 0017.
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_TEXT, _TIME = sqlmodel.sql.sqltypes.AutoString, sqlmodel.sql.sqltypes.UTCDateTime
_KEYS = {"stream_id": "streams", "model_version_id": "model_versions", "run_id": "training_runs"}


def _number(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=null)


def _key(table: str, name: str) -> sa.ForeignKeyConstraint:
    other = _KEYS[name]
    return sa.ForeignKeyConstraint([name], [f"{other}.id"], name=op.f(f"fk_{table}_{name}_{other}"))


def upgrade() -> None:
    op.create_table(
        "drift_states",
        _number("stream_id"), _number("model_version_id"), _number("begin"), _number("begin_forecast", null=True),
        _number("hour"),
        _key("drift_states", "stream_id"), _key("drift_states", "model_version_id"),
        sa.PrimaryKeyConstraint("stream_id", name=op.f("pk_drift_states")),
    )  # fmt: skip
    op.create_table(
        "drift_hours",
        _number("stream_id"), _number("hour"), _number("model_version_id"),
        sa.Column("assets", sa.LargeBinary(), nullable=False), sa.Column("data", sa.LargeBinary(), nullable=False),
        _key("drift_hours", "stream_id"), _key("drift_hours", "model_version_id"),
        sa.PrimaryKeyConstraint("stream_id", "hour", name=op.f("pk_drift_hours")),
    )  # fmt: skip
    op.create_table(
        "drift_reports",
        _number("stream_id"), _number("hour"), _number("model_version_id"),
        sa.Column("rows", sa.JSON(), nullable=False), sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", _TIME(), nullable=False),
        _key("drift_reports", "stream_id"), _key("drift_reports", "model_version_id"),
        sa.PrimaryKeyConstraint("stream_id", "hour", name=op.f("pk_drift_reports")),
    )  # fmt: skip
    _episodes()
    op.create_table(
        "drift_decisions",
        _number("id"), _number("stream_id"), _number("first_hour"), _number("last_hour"),
        sa.Column("retrain", sa.Boolean(), nullable=False), sa.Column("code", _TEXT(length=16), nullable=False),
        sa.Column("reason", _TEXT(length=500), nullable=False), _number("run_id", null=True),
        sa.Column("at", _TIME(), nullable=False),
        _key("drift_decisions", "stream_id"), _key("drift_decisions", "run_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drift_decisions")),
    )  # fmt: skip
    with op.batch_alter_table("drift_decisions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_drift_decisions_stream_id"), ["stream_id"], unique=False)
    op.create_table(
        "drift_policies",
        _number("stream_id"), sa.Column("enabled", sa.Boolean(), nullable=False), _number("open_hours"),
        _number("new_hours"), _number("pause_hours"), sa.Column("minutes", sa.Float(), nullable=False),
        sa.Column("by", _TEXT(length=64), nullable=False), sa.Column("reason", _TEXT(length=500), nullable=False),
        sa.Column("at", _TIME(), nullable=False),
        _key("drift_policies", "stream_id"), sa.PrimaryKeyConstraint("stream_id", name=op.f("pk_drift_policies")),
    )  # fmt: skip


def _episodes() -> None:
    op.create_table(
        "drift_episodes",
        _number("id"), _number("stream_id"), _number("model_version_id"),
        sa.Column("group", _TEXT(length=32), nullable=False), sa.Column("metric", _TEXT(length=32), nullable=False),
        sa.Column("test", _TEXT(length=16), nullable=False),
        _number("opened_hour"), _number("since_hour"), _number("closed_hour", null=True),
        sa.Column("why_closed", _TEXT(length=200), nullable=True),
        sa.Column("statistic", sa.Float(), nullable=False), sa.Column("threshold", sa.Float(), nullable=False),
        sa.Column("peak", sa.Float(), nullable=False), sa.Column("effect", sa.Float(), nullable=False),
        sa.Column("peak_effect", sa.Float(), nullable=False),
        sa.Column("cost", sa.Float(), nullable=True),
        sa.Column("opened_at", _TIME(), nullable=False), sa.Column("closed_at", _TIME(), nullable=True),
        _key("drift_episodes", "stream_id"), _key("drift_episodes", "model_version_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drift_episodes")),
    )  # fmt: skip
    with op.batch_alter_table("drift_episodes", schema=None) as batch_op:
        batch_op.create_index("ix_drift_episodes_stream_id_opened_hour", ["stream_id", "opened_hour"], unique=False)


def downgrade() -> None:
    for table in ("policies", "decisions", "episodes", "reports", "hours", "states"):
        op.drop_table(f"drift_{table}")
