"""Decisions on candidates: never changed, and never by the requester once two people may approve

Revision 0015, after 0014.
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_TEXT = sqlmodel.sql.sqltypes.AutoString
_STAYS = "decisions are never changed or removed"
_TWO = "whoever asked for the training does not approve it"


def _one_person(requested_by: str, by: str) -> str:
    """`cli:ann` is ann at a terminal."""
    return f"replace(lower({requested_by}), 'cli:', '') = replace(lower({by}), 'cli:', '')"


_BY = 'NEW."by"'
_DECIDERS = "(SELECT count(*) FROM users WHERE disabled_at IS NULL AND role IN ('approver', 'admin'))"
_ALONE = f"NEW.verdict <> 'reject' AND {_one_person('NEW.requested_by', _BY)} AND {_DECIDERS} >= 2"
_SQLITE = (
    ("decisions_update", "UPDATE ON decisions", _STAYS),
    ("decisions_delete", "DELETE ON decisions", _STAYS),
    # INSERT OR REPLACE removes the row that is in its way without asking the trigger on DELETE.
    ("decisions_replace", "INSERT ON decisions WHEN EXISTS (SELECT 1 FROM decisions WHERE id = NEW.id)", _STAYS),
    (
        "decisions_again",
        "INSERT ON decisions WHEN EXISTS (SELECT 1 FROM decisions WHERE evidence_id = NEW.evidence_id)",
        "this evidence is decided on",
    ),
    ("decisions_alone", f"INSERT ON decisions WHEN {_ALONE}", _TWO),
)
_POSTGRES = (
    ("decisions_change", "UPDATE OR DELETE ON decisions FOR EACH ROW", "decisions_refuse", _STAYS),
    ("decisions_truncate", "TRUNCATE ON decisions FOR EACH STATEMENT", "decisions_refuse", _STAYS),
    ("decisions_alone", "INSERT ON decisions FOR EACH ROW", "decisions_refuse_alone", _TWO),
)
_REFUSE = """
CREATE FUNCTION decisions_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '%', TG_ARGV[0]; END $$
"""
_REFUSE_ALONE = f"""
CREATE FUNCTION decisions_refuse_alone() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN IF {_ALONE} THEN RAISE EXCEPTION '%', TG_ARGV[0]; END IF; RETURN NEW; END $$
"""


def upgrade() -> None:
    op.create_table(
        "decisions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stream_id", sa.Integer(), nullable=False),
        sa.Column("evidence_id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("artefact_sha256", _TEXT(length=64), nullable=False),
        sa.Column("champion_sha256", _TEXT(length=64), nullable=False),
        sa.Column("evidence_sha256", _TEXT(length=64), nullable=False),
        sa.Column("verdict", _TEXT(length=16), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("requested_by", _TEXT(length=64), nullable=False),
        sa.Column("by", _TEXT(length=64), nullable=False),
        sa.Column("four_eyes", sa.Boolean(), nullable=False),
        sa.Column("reason", _TEXT(length=500), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.CheckConstraint(
            f"NOT four_eyes OR verdict = 'reject' OR NOT ({_one_person('requested_by', chr(34) + 'by' + chr(34))})",
            name=op.f("ck_decisions_two_people"),
        ),
        sa.CheckConstraint("verdict = 'reject' OR (verdict = 'approve') = passed", name=op.f("ck_decisions_override")),
        sa.CheckConstraint("verdict IN ('approve', 'reject', 'override')", name=op.f("ck_decisions_verdict")),
        sa.CheckConstraint("trim(reason) <> ''", name=op.f("ck_decisions_reason")),
        sa.ForeignKeyConstraint(["evidence_id"], ["evidence.id"], name=op.f("fk_decisions_evidence_id_evidence")),
        sa.ForeignKeyConstraint(["stream_id"], ["streams.id"], name=op.f("fk_decisions_stream_id_streams")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["model_versions.id"], name=op.f("fk_decisions_version_id_model_versions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
        sa.UniqueConstraint("evidence_id", name=op.f("uq_decisions_evidence_id")),
    )
    with op.batch_alter_table("decisions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_decisions_stream_id"), ["stream_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_decisions_version_id"), ["version_id"], unique=False)
    _guard()


def _guard() -> None:
    """Let the database refuse what may never be done."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_REFUSE)
        op.execute(_REFUSE_ALONE)
        for name, event, function, why in _POSTGRES:
            op.execute(f"CREATE TRIGGER {name} BEFORE {event} EXECUTE FUNCTION {function}('{why}')")
    else:
        for name, event, why in _SQLITE:
            op.execute(f"CREATE TRIGGER {name} BEFORE {event} BEGIN SELECT RAISE(ABORT, '{why}'); END")


def downgrade() -> None:
    op.drop_table("decisions")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION decisions_refuse()")
        op.execute("DROP FUNCTION decisions_refuse_alone()")
