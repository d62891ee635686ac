"""Incidents: breaches that happened, and how far each stream is judged

Revision 0010, after 0009.
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "incidents",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stream_id", sa.Integer(), nullable=False),
        sa.Column("asset_id", sa.Integer(), nullable=False),
        sa.Column("metric", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("threshold", sa.Float(), nullable=False),
        sa.Column("start_tick", sa.Integer(), nullable=False),
        sa.Column("end_tick", sa.Integer(), nullable=True),
        sa.Column("seen_tick", sa.Integer(), nullable=False),
        sa.Column("clear_tick", sa.Integer(), nullable=True),
        sa.Column("closed_tick", sa.Integer(), nullable=True),
        sa.Column("peak", sa.Float(), nullable=False),
        sa.Column("peak_tick", sa.Integer(), nullable=False),
        sa.Column("lost", sa.Boolean(), nullable=False),
        sa.Column("in_maintenance", sa.Boolean(), nullable=False),
        sa.Column("in_history", sa.Boolean(), nullable=False),
        sa.Column("scenario_id", sa.Integer(), nullable=True),
        sa.Column("opened_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("closed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["asset_id"], ["assets.id"], name=op.f("fk_incidents_asset_id_assets")),
        sa.ForeignKeyConstraint(["scenario_id"], ["scenarios.id"], name=op.f("fk_incidents_scenario_id_scenarios")),
        sa.ForeignKeyConstraint(["stream_id"], ["streams.id"], name=op.f("fk_incidents_stream_id_streams")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incidents")),
        sa.UniqueConstraint("asset_id", "metric", "start_tick", name=op.f("uq_incidents_asset_id")),
    )
    with op.batch_alter_table("incidents", schema=None) as batch_op:
        for last in ("start_tick", "closed_tick"):
            batch_op.create_index(f"ix_incidents_stream_id_{last}", ["stream_id", last], unique=False)
    op.create_table(
        "incident_scans",
        sa.Column("stream_id", sa.Integer(), nullable=False),
        sa.Column("tick", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["stream_id"], ["streams.id"], name=op.f("fk_incident_scans_stream_id_streams")),
        sa.PrimaryKeyConstraint("stream_id", name=op.f("pk_incident_scans")),
    )


def downgrade() -> None:
    op.drop_table("incident_scans")
    op.drop_table("incidents")
