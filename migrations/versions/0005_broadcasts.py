"""Messages to many in depth: lots, pauses, approval, pictures; sessions with a life; roles."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

WHEN = sa.DateTime(timezone=True)
OTHERS, NOTICES = "state = 'pending' AND kind <> 'reply'", (
    "state = 'pending' AND kind <> 'reply' AND broadcast_id IS NULL"
)
BULK = "state = 'pending' AND broadcast_id IS NOT NULL"


def _partial(name: str, where: str, *columns: str) -> None:
    op.create_index(
        name, "delivery", list(columns), sqlite_where=sa.text(where), postgresql_where=sa.text(where)
    )


def upgrade() -> None:
    op.create_table(
        "attachment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("reference", sa.String(length=500), nullable=False),
        sa.Column("content_type", sa.String(length=64), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("failed", sa.String(length=60), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["contact.id"], name="fk_attachment_author_id_contact"),
        sa.PrimaryKeyConstraint("id", name="pk_attachment"),
        sa.UniqueConstraint("channel", "reference", name="uq_attachment_channel_reference"),
    )
    with op.batch_alter_table("broadcast") as broadcast:
        broadcast.alter_column("state", type_=sa.String(length=12), existing_type=sa.String(length=8))
        broadcast.add_column(sa.Column("put", sa.Integer(), nullable=False, server_default="0"))
        broadcast.add_column(sa.Column("trial", sa.Integer(), nullable=True))
        broadcast.add_column(sa.Column("why", sa.String(length=24), nullable=True))
        broadcast.add_column(sa.Column("left_out", sa.JSON(), nullable=True))
        broadcast.add_column(sa.Column("attachment_id", sa.Integer(), nullable=True))
        broadcast.add_column(sa.Column("original_id", sa.Integer(), nullable=True))
        broadcast.add_column(sa.Column("text_hash", sa.LargeBinary(length=32), nullable=True))
        broadcast.add_column(sa.Column("approver_id", sa.Uuid(), nullable=True))
        broadcast.add_column(sa.Column("card", sa.Uuid(), nullable=True))
        broadcast.add_column(sa.Column("not_after", WHEN, nullable=True))
        broadcast.create_index("ix_broadcast_text_hash", ["text_hash"])
        broadcast.create_foreign_key(
            "fk_broadcast_attachment_id_attachment", "attachment", ["attachment_id"], ["id"]
        )
        broadcast.create_foreign_key("fk_broadcast_original_id_broadcast", "broadcast", ["original_id"], ["id"])
    op.execute("UPDATE broadcast SET put = count WHERE state IN ('going', 'closed', 'undone')")
    op.drop_index("ix_delivery_others_due", "delivery")
    with op.batch_alter_table("delivery") as delivery:
        delivery.add_column(sa.Column("taken_at", WHEN, nullable=True))
        delivery.add_column(
            sa.Column("initiated", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    _partial("ix_delivery_notices_due", NOTICES, "channel", "due_at")
    _partial("ix_delivery_bulk_due", BULK, "broadcast_id", "channel", "due_at", "id")
    _partial("ix_delivery_initiated", "initiated", "channel", "taken_at", "contact_id")
    _partial("ix_delivery_unknown", "state = 'unknown'", "channel", "taken_at")
    with op.batch_alter_table("awareness_session") as session:
        session.add_column(sa.Column("speakers", sa.JSON(), nullable=True))
        session.add_column(sa.Column("trades", sa.JSON(), nullable=True))
        session.add_column(sa.Column("language", sa.String(length=4), nullable=True))
        session.add_column(sa.Column("door", sa.String(length=6), nullable=True))
    op.execute(
        "UPDATE awareness_session SET state = CASE WHEN edition > 1 THEN 'moved' ELSE 'announced' END "
        "WHERE state = 'planned'"
    )
    with op.batch_alter_table("attendance") as attendance:
        attendance.add_column(sa.Column("code", sa.String(length=6), nullable=True))
        attendance.add_column(sa.Column("came_at", WHEN, nullable=True))
        attendance.add_column(sa.Column("came_by", sa.String(length=8), nullable=True))
        attendance.add_column(sa.Column("rating", sa.Integer(), nullable=True))
        attendance.create_unique_constraint("uq_attendance_session_id_code", ["session_id", "code"])
    for table in ("staff", "invitation"):
        with op.batch_alter_table(table) as roles:
            roles.alter_column("role", type_=sa.String(length=12), existing_type=sa.String(length=8))
        op.execute(f"UPDATE {table} SET role = 'broadcaster' WHERE role = 'clerk'")  # noqa: S608 (our names)
