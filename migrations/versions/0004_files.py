"""The person's file: consents, one-time links, duplicates, erasures; what a contact does not want."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

WHEN = sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.batch_alter_table("contact") as contact:
        contact.add_column(sa.Column("muted", sa.String(length=40), nullable=False, server_default=""))
        contact.add_column(sa.Column("draft_at", WHEN, nullable=True))
        contact.add_column(sa.Column("nudges", sa.Integer(), nullable=False, server_default="0"))
        contact.add_column(sa.Column("erase_at", WHEN, nullable=True))
        contact.add_column(sa.Column("erased_at", WHEN, nullable=True))
        contact.create_index("ix_contact_draft_at", ["draft_at"])
        contact.create_index("ix_contact_erase_at", ["erase_at"])
    with op.batch_alter_table("registration") as registration:
        registration.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
        registration.add_column(sa.Column("changed_at", WHEN, nullable=True))
        registration.add_column(sa.Column("twins", sa.LargeBinary(length=32), nullable=True))
        registration.add_column(sa.Column("cin", sa.LargeBinary(), nullable=True))
        registration.add_column(sa.Column("cin_blind", sa.LargeBinary(length=32), nullable=True))
        registration.add_column(sa.Column("cin_by", sa.String(length=8), nullable=True))
        registration.add_column(sa.Column("flags", sa.JSON(), nullable=True))
        registration.add_column(sa.Column("to_compare", sa.Boolean(), nullable=False, server_default=sa.true()))
        registration.add_column(sa.Column("seen_at", WHEN, nullable=True))
        registration.add_column(sa.Column("tries", sa.Integer(), nullable=False, server_default="0"))
        registration.add_column(sa.Column("tried_at", WHEN, nullable=True))
        registration.add_column(sa.Column("erase_at", WHEN, nullable=True))
        registration.create_index("ix_registration_twins", ["twins"])
        registration.create_index("ix_registration_cin_blind", ["cin_blind"])
        registration.create_index("ix_registration_erase_at", ["erase_at"])
        registration.create_index("ix_registration_to_compare", ["to_compare"])
    op.create_table(
        "consent",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("draft", sa.String(length=16), nullable=True),
        sa.Column("answer", sa.String(length=12), nullable=False),
        sa.Column("text_version", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("at", WHEN, nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name="fk_consent_contact_id_contact"),
        sa.PrimaryKeyConstraint("id", name="pk_consent"),
    )
    op.create_index("ix_consent_contact_id", "consent", ["contact_id"])
    op.create_index("ix_consent_file_id", "consent", ["file_id"])
    op.create_table(
        "link",
        sa.Column("token", sa.LargeBinary(length=32), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("expires_at", WHEN, nullable=False),
        sa.Column("used_at", WHEN, nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("token", name="pk_link"),
    )
    op.create_index("ix_link_file_id", "link", ["file_id"])
    op.create_table(
        "erasure",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", WHEN, nullable=False),
        sa.Column("why", sa.String(length=12), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=True),
        sa.Column("receipt", sa.String(length=16), nullable=True),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_erasure"),
    )
    op.create_index("ix_erasure_subject", "erasure", ["subject"])
