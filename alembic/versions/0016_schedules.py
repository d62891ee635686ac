"""Schedules and their history

Revision 0016, after 0015.
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_TEXT, _TIME = sqlmodel.sql.sqltypes.AutoString, sqlmodel.sql.sqltypes.UTCDateTime


def upgrade() -> None:
    op.create_table(
        "schedules",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stream_id", sa.Integer(), nullable=False),
        sa.Column("what", _TEXT(length=16), nullable=False),
        sa.Column("cron", _TEXT(length=100), nullable=False),
        sa.Column("zone", _TEXT(length=64), nullable=False),
        sa.Column("recipe", sa.JSON(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("last_at", _TIME(), nullable=True),
        sa.Column("last_outcome", _TEXT(length=600), nullable=False),
        sa.Column("changed_by", _TEXT(length=64), nullable=False),
        sa.Column("changed_at", _TIME(), nullable=False),
        sa.ForeignKeyConstraint(["stream_id"], ["streams.id"], name=op.f("fk_schedules_stream_id_streams")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedules")),
        sa.UniqueConstraint("stream_id", "what", name=op.f("uq_schedules_stream_id")),
    )
    op.create_table(
        "schedule_runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("schedule_id", sa.Integer(), nullable=False),
        sa.Column("due_at", _TIME(), nullable=True),
        sa.Column("at", _TIME(), nullable=False),
        sa.Column("outcome", _TEXT(length=16), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.Column("by", _TEXT(length=64), nullable=False),
        sa.Column("reason", _TEXT(length=500), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["training_runs.id"], name=op.f("fk_schedule_runs_run_id_training_runs")),
        sa.ForeignKeyConstraint(["schedule_id"], ["schedules.id"], name=op.f("fk_schedule_runs_schedule_id_schedules")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedule_runs")),
    )
    with op.batch_alter_table("schedule_runs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_schedule_runs_schedule_id"), ["schedule_id"], unique=False)


def downgrade() -> None:
    op.drop_table("schedule_runs")
    op.drop_table("schedules")
