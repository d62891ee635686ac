"""Preferences, sweeps, notification targets with their deliveries, and what ended a scenario

Revision 0011, after 0010.

A scenario that the safety lever or its guard ended is `stopped` from now on, one that a person ended is
`cancelled`, whether or not it had begun; before, `cancelled` meant that it had not.
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_TEXT = sqlmodel.sql.sqltypes.AutoString
_TIME = sqlmodel.sql.sqltypes.UTCDateTime


def upgrade() -> None:
    _preferences()
    _notifications()
    with op.batch_alter_table("scenarios", schema=None) as batch_op:
        batch_op.add_column(sa.Column("ended_by", _TEXT(length=16), nullable=True))
    ended = "status IN ('stopped', 'cancelled')"
    op.execute(f"UPDATE scenarios SET ended_by = 'person' WHERE {ended}")  # noqa: S608 - constants
    op.execute(f"UPDATE scenarios SET ended_by = 'guard' WHERE {ended} AND stopped_by = 'guard'")  # noqa: S608
    op.execute(f"UPDATE scenarios SET ended_by = 'lever' WHERE {ended} AND stop_reason LIKE 'safety lever:%'")  # noqa: S608
    op.execute("UPDATE scenarios SET status = 'cancelled' WHERE ended_by = 'person'")
    op.execute("UPDATE scenarios SET status = 'stopped' WHERE ended_by IN ('guard', 'lever')")
    # The reason stood behind a prefix, and the bar gave one of its own: neither was a person's word.
    op.execute("UPDATE scenarios SET stop_reason = substr(stop_reason, 15) WHERE ended_by = 'lever'")
    unsaid = "IN ('safety lever in the bar', 'no reason given')"
    op.execute(f"UPDATE scenarios SET stop_reason = '' WHERE ended_by = 'lever' AND stop_reason {unsaid}")  # noqa: S608
    op.execute(f"UPDATE streams SET injection_reason = '' WHERE injection_reason {unsaid}")  # noqa: S608


def _preferences() -> None:
    op.create_table(
        "preferences",
        sa.Column("name", _TEXT(length=64), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("by", _TEXT(length=64), nullable=False),
        sa.Column("at", _TIME(), nullable=False),
        sa.Column("reason", _TEXT(length=500), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_preferences")),
    )
    op.create_table(
        "sweeps",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("by", _TEXT(length=64), nullable=False),
        sa.Column("asked_at", _TIME(), nullable=False),
        sa.Column("started_at", _TIME(), nullable=True),
        sa.Column("finished_at", _TIME(), nullable=True),
        sa.Column("deleted", sa.JSON(), nullable=False),
        sa.Column("before_mb", sa.Float(), nullable=True),
        sa.Column("after_mb", sa.Float(), nullable=True),
        sa.Column("note", _TEXT(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sweeps")),
    )


def _notifications() -> None:
    op.create_table(
        "notification_targets",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", _TEXT(length=48), nullable=False),
        sa.Column("kind", _TEXT(length=16), nullable=False),
        sa.Column("topics", sa.JSON(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("shown", _TEXT(length=200), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("secret", _TEXT(length=64), nullable=False),
        sa.Column("created_by", _TEXT(length=64), nullable=False),
        sa.Column("created_at", _TIME(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_targets")),
        sa.UniqueConstraint("name", name=op.f("uq_notification_targets_name")),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("target_id", sa.Integer(), nullable=True),
        sa.Column("target", _TEXT(length=48), nullable=False),
        sa.Column("event_key", _TEXT(length=200), nullable=False),
        sa.Column("notice", sa.JSON(), nullable=False),
        sa.Column("state", _TEXT(length=16), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("last_error", _TEXT(length=500), nullable=True),
        sa.Column("created_at", _TIME(), nullable=False),
        sa.Column("next_try_at", _TIME(), nullable=True),
        sa.Column("busy_until_at", _TIME(), nullable=True),
        sa.Column("ended_at", _TIME(), nullable=True),
        sa.ForeignKeyConstraint(
            ["target_id"], ["notification_targets.id"], name=op.f("fk_deliveries_target_id_notification_targets")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("target_id", "event_key", name=op.f("uq_deliveries_target_id")),
    )
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_deliveries_state"), ["state"], unique=False)
    op.create_table(
        "conditions",
        sa.Column("key", _TEXT(length=120), nullable=False),
        sa.Column("topic", _TEXT(length=32), nullable=False),
        sa.Column("source", _TEXT(length=64), nullable=False),
        sa.Column("seen_at", _TIME(), nullable=False),
        sa.Column("opened_at", _TIME(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_conditions")),
    )


def downgrade() -> None:
    # The version before knows the lever by this prefix alone, and so does the way up again.
    op.execute(
        "UPDATE scenarios SET stop_reason = 'safety lever: ' || COALESCE(stop_reason, '') WHERE ended_by = 'lever'"
    )
    op.execute(
        "UPDATE scenarios SET status = CASE WHEN stop_tick <= start_tick THEN 'cancelled' ELSE 'stopped' END "
        "WHERE ended_by IS NOT NULL"
    )
    with op.batch_alter_table("scenarios", schema=None) as batch_op:
        batch_op.drop_column("ended_by")
    for table in ("deliveries", "notification_targets", "conditions", "sweeps", "preferences"):
        op.drop_table(table)
