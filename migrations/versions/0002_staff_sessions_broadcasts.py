"""Staff, awareness sessions, broadcasts, pre-registrations; a channel's window; statuses."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("contact") as contact:
        contact.add_column(sa.Column("channel", sa.String(length=16), nullable=True))
        contact.add_column(sa.Column("address", sa.LargeBinary(length=32), nullable=True))
        contact.add_column(sa.Column("window_until", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE contact SET channel = (SELECT min(a.channel) FROM address a WHERE a.contact_id = contact.id), "
        "address = (SELECT a.blind FROM address a WHERE a.contact_id = contact.id ORDER BY a.blind LIMIT 1)"
    )
    op.create_table(
        "staff",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("invited_by", sa.Uuid(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name="fk_staff_contact_id_contact"),
        sa.PrimaryKeyConstraint("id", name="pk_staff"),
        sa.UniqueConstraint("contact_id", name="uq_staff_contact_id"),
    )
    op.create_table(
        "invitation",
        sa.Column("code", sa.LargeBinary(length=32), nullable=False),
        sa.Column("role", sa.String(length=8), nullable=False),
        sa.Column("invited_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("code", name="pk_invitation"),
    )
    op.create_table(
        "awareness_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("commune", sa.String(length=16), nullable=False),
        sa.Column("province", sa.String(length=16), nullable=False),
        sa.Column("place", sa.JSON(), nullable=False),
        sa.Column("pin", sa.String(length=40), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("texts", sa.JSON(), nullable=True),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["contact.id"], name="fk_awareness_session_author_id_contact"),
        sa.PrimaryKeyConstraint("id", name="pk_awareness_session"),
    )
    for column in ("commune", "province", "starts_at"):
        op.create_index(f"ix_awareness_session_{column}", "awareness_session", [column])
    op.create_table(
        "attendance",
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("answer", sa.String(length=4), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["awareness_session.id"], name="fk_attendance_session_id_awareness_session"
        ),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name="fk_attendance_contact_id_contact"),
        sa.PrimaryKeyConstraint("session_id", "contact_id", name="pk_attendance"),
    )
    op.create_table(
        "subscription",
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("commune", sa.String(length=16), nullable=False),
        sa.Column("province", sa.String(length=16), nullable=False),
        sa.Column("reach", sa.String(length=8), nullable=False),
        sa.Column("text_version", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name="fk_subscription_contact_id_contact"),
        sa.PrimaryKeyConstraint("contact_id", name="pk_subscription"),
    )
    for column in ("commune", "province"):
        op.create_index(f"ix_subscription_{column}", "subscription", [column])
    op.create_table(
        "broadcast",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=True),
        sa.Column("edition", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("texts", sa.JSON(), nullable=True),
        sa.Column("audience", sa.JSON(), nullable=True),
        sa.Column("given", sa.JSON(), nullable=True),
        sa.Column("frozen", sa.LargeBinary(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("halfway", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["session_id"], ["awareness_session.id"], name="fk_broadcast_session_id_awareness_session"
        ),
        sa.ForeignKeyConstraint(["author_id"], ["contact.id"], name="fk_broadcast_author_id_contact"),
        sa.PrimaryKeyConstraint("id", name="pk_broadcast"),
        sa.UniqueConstraint("session_id", "kind", "edition", name="uq_broadcast_session_id_kind_edition"),
    )
    op.create_index("ix_broadcast_state", "broadcast", ["state"])
    op.create_table(
        "registration",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(length=12), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("person", sa.LargeBinary(), nullable=False),
        sa.Column("trade", sa.String(length=64), nullable=False),
        sa.Column("commune", sa.String(length=16), nullable=False),
        sa.Column("province", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("consent_version", sa.String(length=16), nullable=False),
        sa.Column("consent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name="fk_registration_contact_id_contact"),
        sa.PrimaryKeyConstraint("id", name="pk_registration"),
        sa.UniqueConstraint("reference", name="uq_registration_reference"),
    )
    for column in ("contact_id", "commune", "province"):
        op.create_index(f"ix_registration_{column}", "registration", [column])
    op.drop_index("ix_delivery_open", table_name="delivery")
    with op.batch_alter_table("delivery") as delivery:
        delivery.alter_column("seq", existing_type=sa.Integer(), nullable=True)
        delivery.alter_column("body", existing_type=sa.LargeBinary(), nullable=True)
        delivery.add_column(sa.Column("broadcast_id", sa.Integer(), nullable=True))
        delivery.add_column(sa.Column("about", sa.String(length=40), nullable=True))
        delivery.add_column(sa.Column("not_after", sa.DateTime(timezone=True), nullable=True))
        delivery.create_foreign_key("fk_delivery_broadcast_id_broadcast", "broadcast", ["broadcast_id"], ["id"])
        delivery.create_unique_constraint("uq_delivery_broadcast_id_contact_id", ["broadcast_id", "contact_id"])
    op.create_index("ix_delivery_broadcast_state", "delivery", ["broadcast_id", "state"])
    for name, where, columns in (
        ("ix_delivery_open", "state IN ('pending', 'sending')", ["contact_id", "channel"]),
        ("ix_delivery_replies_due", "state = 'pending' AND kind = 'reply'", ["channel", "due_at"]),
        ("ix_delivery_others_due", "state = 'pending' AND kind <> 'reply'", ["channel", "due_at"]),
    ):
        op.create_index(
            name, "delivery", columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
        )
    op.add_column("person_request", sa.Column("number", sa.Integer(), nullable=True))
    op.execute(
        "UPDATE person_request SET number = (SELECT count(*) FROM person_request p "
        "WHERE p.created_at < person_request.created_at "
        "OR (p.created_at = person_request.created_at AND p.id <= person_request.id))"
    )
    op.create_index("ix_person_request_number", "person_request", ["number"], unique=True)
