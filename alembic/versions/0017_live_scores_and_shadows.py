"""Live scores by version and hour, and what forecasts beside a champion

Revision 0017, after 0016.
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_TEXT, _TIME = sqlmodel.sql.sqltypes.AutoString, sqlmodel.sql.sqltypes.UTCDateTime


def upgrade() -> None:
    op.create_table(
        "live_scores",
        sa.Column("stream_id", sa.Integer(), nullable=False),
        sa.Column("model_version_id", sa.Integer(), nullable=False),
        sa.Column("role", _TEXT(length=16), nullable=False),
        sa.Column("tick", sa.Integer(), nullable=False),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("cells", sa.LargeBinary(), nullable=False),
        sa.Column("servers", sa.LargeBinary(), nullable=False),
        _to_version("live_scores"),
        _to_stream("live_scores"),
        sa.PrimaryKeyConstraint("stream_id", "model_version_id", "role", "tick", name=op.f("pk_live_scores")),
    )
    op.create_table(
        "live_pairs",
        sa.Column("stream_id", sa.Integer(), nullable=False),
        sa.Column("model_version_id", sa.Integer(), nullable=False),
        sa.Column("against_id", sa.Integer(), nullable=False),
        sa.Column("tick", sa.Integer(), nullable=False),
        sa.Column("servers", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["against_id"], ["model_versions.id"], name=op.f("fk_live_pairs_against_id_model_versions")
        ),
        _to_version("live_pairs"),
        _to_stream("live_pairs"),
        sa.PrimaryKeyConstraint("stream_id", "model_version_id", "against_id", "tick", name=op.f("pk_live_pairs")),
    )
    op.create_table(
        "shadows",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stream_id", sa.Integer(), nullable=False),
        sa.Column("model_version_id", sa.Integer(), nullable=False),
        sa.Column("why", _TEXT(length=16), nullable=False),
        sa.Column("cause", sa.Integer(), nullable=False),
        sa.Column("since_tick", sa.Integer(), nullable=False),
        sa.Column("until_tick", sa.Integer(), nullable=False),
        sa.Column("since_at", _TIME(), nullable=False),
        sa.Column("ended_at", _TIME(), nullable=True),
        sa.Column("verdict", _TEXT(length=16), nullable=False),
        sa.Column("note", _TEXT(length=500), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        _to_version("shadows"),
        _to_stream("shadows"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shadows")),
        sa.UniqueConstraint("stream_id", "model_version_id", "why", "cause", name=op.f("uq_shadows_stream_id")),
    )
    op.create_table(
        "shadow_forecasts",
        sa.Column("asset_id", sa.Integer(), nullable=False),
        sa.Column("tick", sa.Integer(), nullable=False),
        sa.Column("model_version_id", sa.Integer(), nullable=False),
        sa.Column("input_hash", _TEXT(length=32), nullable=False),
        sa.Column("made_at", _TIME(), nullable=False),
        sa.Column("fan", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["asset_id"], ["assets.id"], name=op.f("fk_shadow_forecasts_asset_id_assets")),
        _to_version("shadow_forecasts"),
        sa.PrimaryKeyConstraint("asset_id", "tick", "model_version_id", name=op.f("pk_shadow_forecasts")),
    )
    op.create_table(
        "shadow_runs",
        sa.Column("stream_id", sa.Integer(), nullable=False),
        sa.Column("model_version_id", sa.Integer(), nullable=False),
        sa.Column("tick", sa.Integer(), nullable=False),
        sa.Column("servers", sa.Integer(), nullable=False),
        sa.Column("forecast", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Boolean(), nullable=False),
        sa.Column("made_at", _TIME(), nullable=False),
        sa.Column("duration_ms", sa.Float(), nullable=False),
        _to_version("shadow_runs"),
        _to_stream("shadow_runs"),
        sa.PrimaryKeyConstraint("stream_id", "model_version_id", "tick", name=op.f("pk_shadow_runs")),
        sqlite_with_rowid=False,
    )
    for table, column in (
        ("live_scores", "tick"), ("live_pairs", "tick"), ("shadows", "stream_id"), ("shadow_forecasts", "tick"),
    ):  # fmt: skip
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.create_index(batch_op.f(f"ix_{table}_{column}"), [column], unique=False)


def _to_version(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_model_version_id_model_versions")
    return sa.ForeignKeyConstraint(["model_version_id"], ["model_versions.id"], name=name)


def _to_stream(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["stream_id"], ["streams.id"], name=op.f(f"fk_{table}_stream_id_streams"))


def downgrade() -> None:
    for table in ("shadow_runs", "shadow_forecasts", "shadows", "live_pairs", "live_scores"):
        op.drop_table(table)
