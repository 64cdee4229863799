"""Roles that add up, colleagues with a name, invitations of the server, the journal, guesses of codes."""

import sqlalchemy as sa
from alembic import op

from models.rows import Utc

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("staff", "invitation"):
        with op.batch_alter_table(table) as altered:
            altered.alter_column(
                "role", new_column_name="roles", existing_type=sa.String(length=12), type_=sa.String(length=60)
            )
        # an approver could do all that a broadcaster may
        op.execute(f"UPDATE {table} SET roles = 'broadcaster approver' WHERE roles = 'approver'")  # noqa: S608
    with op.batch_alter_table("staff") as staff:
        staff.add_column(sa.Column("vouched_by", sa.Uuid(), nullable=True))
        staff.add_column(sa.Column("confirmed_at", Utc(), nullable=True))
        staff.add_column(sa.Column("name", sa.LargeBinary(), nullable=True))
    with op.batch_alter_table("invitation") as invitation:
        invitation.add_column(sa.Column("from_server", sa.Boolean(), server_default=sa.false(), nullable=False))
    with op.batch_alter_table("contact") as contact:
        contact.add_column(sa.Column("guesses", sa.Integer(), server_default="0", nullable=False))
        contact.add_column(sa.Column("guessed_at", Utc(), nullable=True))
    op.create_table(
        "journal",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("actor", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=True),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_journal")),
    )
