"""the audit is a chain

Revision 0003, after 0002. Entries are numbered anew, in their order and without gaps, and chained.
"""

from collections.abc import Iterator

import sqlalchemy as sa
import sqlmodel
from alembic import op

from webapp.core.policies.audit import ORIGIN, digest

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TEXT = ("actor", "action", "noun", "subject", "reason", "detail", "correlation_id", "previous_hash", "hash")
_entries = sa.table(
    "audit_entries",
    sa.column("id", sa.Integer()),
    sa.column("at", sqlmodel.sql.sqltypes.UTCDateTime()),
    *(sa.column(name, sa.String()) for name in _TEXT),
)
_SLICE = 1000
_NEVER = "audit entries are never changed or removed"
_FORWARD = "the head of the audit only moves on"
_SQLITE = (
    ("audit_entries_update", "UPDATE ON audit_entries", _NEVER),
    ("audit_entries_delete", "DELETE ON audit_entries", _NEVER),
    # INSERT OR REPLACE removes the row that is in its way without asking the trigger on DELETE.
    (
        "audit_entries_replace",
        "INSERT ON audit_entries WHEN EXISTS (SELECT 1 FROM audit_entries WHERE id = NEW.id)",
        _NEVER,
    ),
    ("audit_head_update", "UPDATE ON audit_head WHEN NEW.last_id <> OLD.last_id + 1", _FORWARD),
    ("audit_head_delete", "DELETE ON audit_head", _FORWARD),
    ("audit_head_replace", "INSERT ON audit_head WHEN EXISTS (SELECT 1 FROM audit_head)", _FORWARD),
)
_POSTGRES = (
    ("audit_entries_change", "UPDATE OR DELETE ON audit_entries FOR EACH ROW", _NEVER),
    ("audit_entries_truncate", "TRUNCATE ON audit_entries FOR EACH STATEMENT", _NEVER),
    ("audit_head_update", "UPDATE ON audit_head FOR EACH ROW WHEN (NEW.last_id <> OLD.last_id + 1)", _FORWARD),
    ("audit_head_delete", "DELETE ON audit_head FOR EACH ROW", _FORWARD),
    ("audit_head_truncate", "TRUNCATE ON audit_head FOR EACH STATEMENT", _FORWARD),
)
_REFUSE = """
CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '%', TG_ARGV[0]; END $$
"""


def upgrade() -> None:
    head = op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("last_id", sa.Integer(), nullable=False),
        sa.Column("last_hash", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_audit_head_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    with op.batch_alter_table("audit_entries", schema=None) as batch_op:
        batch_op.add_column(sa.Column("previous_hash", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=True))
        batch_op.add_column(sa.Column("hash", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=True))
        batch_op.create_index(batch_op.f("ix_audit_entries_subject"), ["subject"], unique=False)

    last_id, last_hash = _chain(op.get_bind())
    with op.batch_alter_table("audit_entries", schema=None) as batch_op:
        batch_op.alter_column("previous_hash", existing_type=sa.String(64), nullable=False)
        batch_op.alter_column("hash", existing_type=sa.String(64), nullable=False)

    op.bulk_insert(head, [{"id": 1, "last_id": last_id, "last_hash": last_hash}])
    _guard()


def _guard() -> None:
    """Let the database refuse what may never be done to the audit."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_REFUSE)
        for name, event, why in _POSTGRES:
            op.execute(f"CREATE TRIGGER {name} BEFORE {event} EXECUTE FUNCTION audit_refuse('{why}')")
    else:
        for name, event, why in _SQLITE:
            op.execute(f"CREATE TRIGGER {name} BEFORE {event} BEGIN SELECT RAISE(ABORT, '{why}'); END")


def _chain(connection: sa.Connection) -> tuple[int, str]:
    """Number and chain what is there, in the order of the old numbers, which are never below the new ones."""
    number, before = 0, ORIGIN
    change = (
        sa.update(_entries)
        .where(_entries.c.id == sa.bindparam("old"))
        .values(id=sa.bindparam("new"), previous_hash=sa.bindparam("before"), hash=sa.bindparam("own"))
    )
    for part in _slices(connection):
        changes = []
        for row in part:
            number += 1
            values = {**row._mapping, "id": number, "previous_hash": before}
            own = digest(values)
            changes.append({"old": row.id, "new": number, "before": before, "own": own})
            before = own
        connection.execute(change, changes)
    return number, before


def _slices(connection: sa.Connection) -> Iterator[list[sa.Row]]:
    after = -(2**31)
    while part := list(
        connection.execute(sa.select(_entries).where(_entries.c.id > after).order_by(_entries.c.id).limit(_SLICE))
    ):
        yield part
        after = part[-1].id


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_refuse() CASCADE")
    else:
        for name, _, _ in _SQLITE:
            op.execute(f"DROP TRIGGER {name}")
    with op.batch_alter_table("audit_entries", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_entries_subject"))
        batch_op.drop_column("hash")
        batch_op.drop_column("previous_hash")

    op.drop_table("audit_head")
