"""the inventory: profiles with their ground, former names, retired and merged servers

Revision 0008, after 0007.
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

from ml.streams.fleet import profile_of

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_TEXT = sqlmodel.sql.sqltypes.AutoString
_TIME = sqlmodel.sql.sqltypes.UTCDateTime
_COLUMNS = (
    ("told_profile", _TEXT(length=32)),
    ("set_profile", _TEXT(length=32)),
    ("set_by", _TEXT(length=64)),
    ("set_at", _TIME()),
    ("labels_tick", sa.Integer()),
    ("sender", _TEXT(length=64)),
    ("retired_at", _TIME()),
    ("retired_by", _TEXT(length=64)),
    ("retired_reason", _TEXT(length=500)),
)


def upgrade() -> None:
    # Only added: SQLite would make the table anew for anything else, which the rows that refer to it forbid.
    for name, kind in _COLUMNS:
        op.add_column("assets", sa.Column(name, kind, nullable=True))
    op.add_column("assets", sa.Column("labels", sa.JSON(), nullable=False, server_default="{}"))
    _aliases()
    _merges()
    op.create_table(
        "profile_rules",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stream_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("label", _TEXT(length=64), nullable=True),
        sa.Column("pattern", _TEXT(length=128), nullable=False),
        sa.Column("profile", _TEXT(length=32), nullable=False),
        sa.ForeignKeyConstraint(["stream_id"], ["streams.id"], name=op.f("fk_profile_rules_stream_id_streams")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_profile_rules")),
    )
    op.create_index(op.f("ix_profile_rules_stream_id"), "profile_rules", ["stream_id"], unique=False)
    _grounds()


def _aliases() -> None:
    op.create_table(
        "asset_aliases",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stream_id", sa.Integer(), nullable=False),
        sa.Column("name", _TEXT(length=128), nullable=False),
        sa.Column("asset_id", sa.Integer(), nullable=False),
        sa.Column("given_up_at", _TIME(), nullable=False),
        sa.ForeignKeyConstraint(["asset_id"], ["assets.id"], name=op.f("fk_asset_aliases_asset_id_assets")),
        sa.ForeignKeyConstraint(["stream_id"], ["streams.id"], name=op.f("fk_asset_aliases_stream_id_streams")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asset_aliases")),
        sa.UniqueConstraint("stream_id", "name", name=op.f("uq_asset_aliases_stream_id")),
    )
    for column in ("stream_id", "asset_id"):
        op.create_index(op.f(f"ix_asset_aliases_{column}"), "asset_aliases", [column], unique=False)


def _merges() -> None:
    op.create_table(
        "asset_merges",
        sa.Column("asset_id", sa.Integer(), nullable=False),
        sa.Column("into_id", sa.Integer(), nullable=False),
        sa.Column("merged_by", _TEXT(length=64), nullable=False),
        sa.Column("merged_at", _TIME(), nullable=False),
        sa.Column("reason", _TEXT(length=500), nullable=False),
        sa.ForeignKeyConstraint(["asset_id"], ["assets.id"], name=op.f("fk_asset_merges_asset_id_assets")),
        sa.ForeignKeyConstraint(["into_id"], ["assets.id"], name=op.f("fk_asset_merges_into_id_assets")),
        sa.PrimaryKeyConstraint("asset_id", name=op.f("pk_asset_merges")),
    )
    op.create_index(op.f("ix_asset_merges_into_id"), "asset_merges", ["into_id"], unique=False)
    op.create_table(
        "merged_ticks",
        sa.Column("asset_id", sa.Integer(), nullable=False),
        sa.Column("tick", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["asset_id"], ["assets.id"], name=op.f("fk_merged_ticks_asset_id_assets")),
        sa.PrimaryKeyConstraint("asset_id", "tick", name=op.f("pk_merged_ticks")),
        sqlite_with_rowid=False,
    )


def _grounds() -> None:
    """What is known of the ground of each profile: one that the name does not give was told."""
    connection = op.get_bind()
    query = "SELECT assets.id, name, profile, source FROM assets JOIN streams ON streams.id = assets.stream_id"
    for asset_id, name, profile, source in connection.execute(sa.text(query)).all():
        if source in ("simulated", "replay") or profile not in ("unknown", profile_of(name)):
            told = sa.text("UPDATE assets SET told_profile = :told WHERE id = :id")
            connection.execute(told, {"told": profile, "id": asset_id})


def downgrade() -> None:
    for table in ("profile_rules", "merged_ticks", "asset_merges", "asset_aliases"):
        op.drop_table(table)
    for name in ("labels", *(name for name, _ in _COLUMNS)):
        op.drop_column("assets", name)
