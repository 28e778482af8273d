"""The first schema: all tables, the queue's own schema, and an event table that refuses change."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from procrastinate.schema import SchemaManager
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


NUMBERS = ("number_wo", "number_esc", "number_ref")
ASSET_WORDS = "lower(chr(10) || tag || chr(10) || coalesce(serial, '') || chr(10) || name)"
APPEND_ONLY = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the record is append-only' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER event_append_only BEFORE UPDATE OR DELETE ON event FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER event_no_truncate BEFORE TRUNCATE ON event EXECUTE FUNCTION refuse_change();
"""
DROP_QUEUE = """
DO $$ DECLARE thing record; BEGIN
  FOR thing IN SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tablename LIKE 'procrastinate%' LOOP
    EXECUTE 'DROP TABLE IF EXISTS ' || quote_ident(thing.tablename) || ' CASCADE'; END LOOP;
  FOR thing IN SELECT p.oid::regprocedure AS signature FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
               WHERE n.nspname = current_schema() AND p.proname LIKE 'procrastinate%' LOOP
    EXECUTE 'DROP FUNCTION IF EXISTS ' || thing.signature || ' CASCADE'; END LOOP;
  FOR thing IN SELECT typname FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
               WHERE n.nspname = current_schema() AND typname LIKE 'procrastinate%' AND typtype IN ('e', 'c') LOOP
    EXECUTE 'DROP TYPE IF EXISTS ' || quote_ident(thing.typname) || ' CASCADE'; END LOOP;
END $$
"""


def script(sql: str) -> None:
    """Run several statements as they stand, without parameter or colon handling."""
    op.get_bind().connection.cursor().execute(sql)


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    for name in NUMBERS:
        op.execute(f"CREATE SEQUENCE {name}")
    op.create_table(
        "event",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("device_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("device_id", sa.Text(), nullable=True),
        sa.Column("device_seq", sa.BigInteger(), nullable=True),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=True),
        sa.Column("to_state", sa.Text(), nullable=True),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("previous_hash", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
        sa.UniqueConstraint("stream", "seq", name=op.f("uq_event_stream_seq")),
    )
    op.create_index("uq_event_stream_device", "event", ["stream", "device_id", "device_seq"], unique=True)
    op.create_index("ix_event_match_at", "event", ["at"], postgresql_where=sa.text("verb = 'match'"))
    op.create_table(
        "idempotency",
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_hash", sa.Text(), nullable=False),
        sa.Column("status", sa.BigInteger(), nullable=False),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "key", name=op.f("pk_idempotency")),
    )
    op.create_index(op.f("ix_idempotency_at"), "idempotency", ["at"], unique=False)
    op.create_table(
        "number_year",
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("year", sa.BigInteger(), nullable=False),
        sa.Column("before", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("prefix", "year", name=op.f("pk_number_year")),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("full_name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.CheckConstraint("language IN ('en', 'de')", name=op.f("ck_person_language")),
        sa.CheckConstraint("name ~ '^[a-z0-9][a-z0-9._-]{0,63}$'", name=op.f("ck_person_name")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("name", name=op.f("uq_person_name")),
    )
    op.create_table(
        "sign_in_attempt",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_attempt")),
    )
    op.create_index("ix_sign_in_attempt_subject_at", "sign_in_attempt", ["subject", "at"], unique=False)
    op.create_table(
        "site",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("hours", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("subdivision", sa.Text(), nullable=True),
        sa.Column("public_key", sa.Text(), nullable=True),
        sa.Column("worker_seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("code ~ '^[A-Z0-9-]{2,16}$'", name=op.f("ck_site_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site")),
        sa.UniqueConstraint("code", name=op.f("uq_site_code")),
    )
    op.create_table(
        "ticket",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_response_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handled_by", sa.Text(), nullable=True),
        sa.CheckConstraint("channel IN ('ticket', 'chat', 'email')", name=op.f("ck_ticket_channel")),
        sa.CheckConstraint("language IN ('en', 'de')", name=op.f("ck_ticket_language")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket")),
        sa.UniqueConstraint("system", "external_id", name=op.f("uq_ticket_system_external_id")),
    )
    op.create_index(
        "ix_ticket_unanswered",
        "ticket",
        ["opened_at"],
        unique=False,
        postgresql_where=sa.text("first_response_at IS NULL"),
    )
    op.create_index(
        "ix_ticket_waiting",
        "ticket",
        ["waiting_since"],
        unique=False,
        postgresql_where=sa.text("waiting_since IS NOT NULL"),
    )
    op.create_table(
        "ticket_entry",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('opened', 'customer', 'staff', 'note', 'status')", name=op.f("ck_ticket_entry_kind")
        ),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_entry_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_entry")),
        sa.UniqueConstraint("ticket_id", "external_id", name=op.f("uq_ticket_entry_ticket_id_external_id")),
    )
    op.create_table(
        "feed",
        sa.Column("integration", sa.Text(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reconciled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("owed", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.Column("fault_since", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("integration", name=op.f("pk_feed")),
    )
    op.create_table(
        "hook_attempt",
        sa.Column("integration", sa.Text(), nullable=False),
        sa.Column("hook", sa.Text(), nullable=False),
        sa.Column("stamp", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("integration", "hook", "stamp", name=op.f("pk_hook_attempt")),
    )
    op.create_index(op.f("ix_hook_attempt_at"), "hook_attempt", ["at"], unique=False)
    op.create_table(
        "hook_count",
        sa.Column("integration", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("taken", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("integration", "day", name=op.f("pk_hook_count")),
    )
    op.create_index("ix_ticket_external_id", "ticket", ["external_id"], unique=False)
    op.create_table(
        "alert",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('pending', 'sent', 'dead')", name=op.f("ck_alert_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
        sa.UniqueConstraint("key", "target", name=op.f("uq_alert_key_target")),
    )
    op.create_index("ix_alert_due", "alert", ["next_at"], unique=False, postgresql_where=sa.text("state = 'pending'"))
    op.create_table(
        "sign_of_life",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_sign_of_life")),
    )
    op.create_table(
        "absence",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_absence_order")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_absence_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absence")),
    )
    op.create_index("ix_absence_person_id_ends_at", "absence", ["person_id", "ends_at"], unique=False)
    op.create_table(
        "api_token",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("scopes", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_api_token_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_api_token_secret_hash")),
    )
    op.create_table(
        "appointment",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("technician_id", sa.BigInteger(), nullable=False),
        sa.Column("machine_id", sa.BigInteger(), nullable=False),
        sa.Column("order_number", sa.Text(), nullable=False),
        sa.Column("during", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("starts_local", sa.Text(), nullable=False),
        sa.Column("ends_local", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("machine_id"), "="),
            (sa.column("during"), "&&"),
            where=sa.text("active"),
            using="gist",
            name="ex_appointment_machine",
        ),
        postgresql.ExcludeConstraint(
            (sa.column("technician_id"), "="),
            (sa.column("during"), "&&"),
            where=sa.text("active"),
            using="gist",
            name="ex_appointment_technician",
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_appointment_site_id")),
        sa.ForeignKeyConstraint(["technician_id"], ["person.id"], name=op.f("fk_appointment_technician_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointment")),
    )
    op.create_index("ix_appointment_order_number", "appointment", ["order_number"], unique=False)
    op.create_index(
        "ix_appointment_site_during", "appointment", ["site_id", "during"], unique=False, postgresql_using="gist"
    )
    op.create_table(
        "closed_day",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("confirmed_by", sa.Text(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_closed_day_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closed_day")),
        sa.UniqueConstraint("site_id", "day", name=op.f("uq_closed_day_site_id_day")),
    )
    op.create_table(
        "message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("public_text", sa.Text(), nullable=True),
        sa.Column("internal_text", sa.Text(), nullable=True),
        sa.Column("automatic", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("receipt", sa.Text(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('pending', 'sent', 'dead')", name=op.f("ck_message_state")),
        sa.CheckConstraint("status IN ('open', 'resolved')", name=op.f("ck_message_status")),
        sa.CheckConstraint("public_text IS NOT NULL OR internal_text IS NOT NULL", name=op.f("ck_message_text")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_message_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("key", name=op.f("uq_message_key")),
        sa.UniqueConstraint("ticket_id", "seq", name=op.f("uq_message_ticket_id_seq")),
    )
    op.create_index(
        "ix_message_due", "message", ["next_at"], unique=False, postgresql_where=sa.text("state = 'pending'")
    )
    op.create_index(
        "ix_message_dead", "message", ["created_at"], unique=False, postgresql_where=sa.text("state = 'dead'")
    )
    op.create_index("ix_message_subject", "message", ["subject"], unique=False)
    op.create_table(
        "rack",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("room", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("units BETWEEN 1 AND 60", name=op.f("ck_rack_units")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_rack_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rack")),
        sa.UniqueConstraint("site_id", "name", name=op.f("uq_rack_site_id_name")),
    )
    op.create_table(
        "role_grant",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("role <> 'admin' OR site_id IS NULL", name=op.f("ck_role_grant_admin_everywhere")),
        sa.CheckConstraint(
            "role IN ('technician', 'l1_engineer', 'sysadmin', 'manager', 'admin', 'integration')",
            name=op.f("ck_role_grant_role"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_role_grant_person_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_role_grant_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grant")),
    )
    op.create_index(
        "uq_role_grant_person_id_role_site_id",
        "role_grant",
        ["person_id", "role", sa.literal_column("coalesce(site_id, 0)")],
        unique=True,
    )
    op.create_table(
        "roster",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("hours", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_roster_person_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_roster_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster")),
    )
    op.create_index(op.f("ix_roster_site_id"), "roster", ["site_id"], unique=False)
    op.create_table(
        "web_session",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_web_session_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_web_session")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_web_session_secret_hash")),
    )
    op.create_table(
        "removed_part",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("order_number", sa.Text(), nullable=False),
        sa.Column("asset_tag", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("bay", sa.Text(), nullable=True),
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("removed_by", sa.Text(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("waits_for_order", sa.Boolean(), nullable=False),
        sa.Column("bag", sa.Text(), nullable=True),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("method", sa.Text(), nullable=True),
        sa.Column("unreadable_by", sa.Text(), nullable=True),
        sa.Column("certificate", sa.Text(), nullable=True),
        sa.Column("rma", sa.Text(), nullable=True),
        sa.Column("return_by", sa.Date(), nullable=True),
        sa.Column("tracking", sa.Text(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('drive', 'psu', 'memory', 'fan', 'nic', 'cable', 'other')", name=op.f("ck_removed_part_kind")
        ),
        sa.CheckConstraint(
            "state IN ('removed', 'bagged', 'in_cage', 'wiped', 'destroyed', 'certified', 'returning', 'returned')",
            name=op.f("ck_removed_part_state"),
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_removed_part_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_removed_part")),
    )
    op.create_index(
        "ix_removed_part_open",
        "removed_part",
        ["id"],
        unique=False,
        postgresql_where=sa.text("state NOT IN ('certified', 'returned')"),
    )
    op.create_index("ix_removed_part_site_id_id", "removed_part", ["site_id", "id"], unique=False)
    op.create_index("uq_removed_part_order_number_serial", "removed_part", ["order_number", "serial"], unique=True)
    op.create_table(
        "spare",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("part_number", sa.Text(), nullable=False),
        sa.Column("serial", sa.Text(), nullable=True),
        sa.Column("location", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("expected_on", sa.Date(), nullable=True),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("order_number", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("(state = 'expected') = (arrived_at IS NULL)", name=op.f("ck_spare_arrived")),
        sa.CheckConstraint("(state = 'reserved') <= (order_number IS NOT NULL)", name=op.f("ck_spare_reserved")),
        sa.CheckConstraint(
            "kind IN ('drive', 'psu', 'memory', 'fan', 'nic', 'cable', 'other')", name=op.f("ck_spare_kind")
        ),
        sa.CheckConstraint(
            "state IN ('expected', 'in_stock', 'reserved', 'installed', 'dead')", name=op.f("ck_spare_state")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_spare_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spare")),
    )
    op.create_index("ix_spare_order_number", "spare", ["order_number"], unique=False)
    op.create_index("ix_spare_site_id_part_number", "spare", ["site_id", "part_number"], unique=False)
    op.create_index("uq_spare_site_id_serial", "spare", ["site_id", "serial"], unique=True)
    op.create_table(
        "asset",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("serial", sa.Text(), nullable=True),
        sa.Column("model", sa.Text(), nullable=True),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("rack_id", sa.BigInteger(), nullable=True),
        sa.Column("u", sa.BigInteger(), nullable=True),
        sa.Column("height", sa.BigInteger(), nullable=False),
        sa.Column("face", sa.Text(), nullable=False),
        sa.Column("customer", sa.Text(), nullable=True),
        sa.Column("words", sa.Text(), sa.Computed(ASSET_WORDS, persisted=True), nullable=False),
        sa.CheckConstraint("face IN ('front', 'rear')", name=op.f("ck_asset_face")),
        sa.CheckConstraint("role IN ('server', 'pdu', 'ups', 'ats', 'switch')", name=op.f("ck_asset_role")),
        sa.CheckConstraint("u BETWEEN 1 AND 60", name=op.f("ck_asset_u")),
        sa.ForeignKeyConstraint(["rack_id"], ["rack.id"], name=op.f("fk_asset_rack_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_asset_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asset")),
        sa.UniqueConstraint("tag", name=op.f("uq_asset_tag")),
    )
    op.create_index("ix_asset_rack_id", "asset", ["rack_id"], unique=False)
    op.create_index("ix_asset_serial", "asset", ["serial"], unique=False)
    op.create_index(
        "ix_asset_words", "asset", ["words"], unique=False, postgresql_using="gin",
        postgresql_ops={"words": "gin_trgm_ops"},
    )  # fmt: skip
    op.create_index("ix_asset_site_id_tag", "asset", ["site_id", "tag"], unique=False)
    op.create_table(
        "device_action",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("arguments", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("advice", sa.Text(), nullable=True),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'done', 'failed', 'unknown')", name=op.f("ck_device_action_state")
        ),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=op.f("fk_device_action_asset_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device_action")),
    )
    op.create_index(op.f("ix_device_action_asset_id"), "device_action", ["asset_id"], unique=False)
    op.create_index(
        "ix_device_action_open",
        "device_action",
        ["requested_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('queued', 'running')"),
    )
    op.create_table(
        "diagnostics",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deadline_s", sa.BigInteger(), nullable=False),
        sa.Column("parts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("worst", sa.Text(), nullable=True),
        sa.Column("frozen", sa.Boolean(), nullable=False),
        sa.Column("follow_up", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.CheckConstraint("(state = 'done') = (document IS NOT NULL)", name=op.f("ck_diagnostics_document")),
        sa.CheckConstraint("state IN ('queued', 'running', 'done')", name=op.f("ck_diagnostics_state")),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=op.f("fk_diagnostics_asset_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_diagnostics")),
    )
    op.create_index("ix_diagnostics_asset_id_requested_at", "diagnostics", ["asset_id", "requested_at"], unique=False)
    op.create_index(
        "ix_diagnostics_open",
        "diagnostics",
        ["requested_at"],
        unique=False,
        postgresql_where=sa.text("state <> 'done'"),
    )
    op.create_table(
        "site_sweep",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("late_told", sa.Boolean(), nullable=False),
        sa.Column("assets", sa.BigInteger(), nullable=False),
        sa.Column("answered", sa.BigInteger(), nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_site_sweep_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_sweep")),
    )
    op.create_index("ix_site_sweep_site_id_started_at", "site_sweep", ["site_id", "started_at"], unique=False)
    op.create_index(
        "uq_site_sweep_under_way",
        "site_sweep",
        ["site_id"],
        unique=True,
        postgresql_where=sa.text("finished_at IS NULL"),
    )
    op.create_table(
        "asset_sweep",
        sa.Column("asset_id", sa.BigInteger(), nullable=False),
        sa.Column("swept_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("whole_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("worst", sa.Text(), nullable=False),
        sa.Column("is_silent", sa.Boolean(), nullable=False),
        sa.Column("statement", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=op.f("fk_asset_sweep_asset_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("asset_id", name=op.f("pk_asset_sweep")),
    )
    op.create_table(
        "sweep_change",
        sa.Column("asset_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_whole", sa.Boolean(), nullable=False),
        sa.Column("worst", sa.Text(), nullable=False),
        sa.Column("change", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=op.f("fk_sweep_change_asset_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("asset_id", "at", name=op.f("pk_sweep_change")),
        postgresql_partition_by="RANGE (at)",
    )
    op.execute("CREATE SCHEMA sweep")  # its months; what belongs to none waits in `other`
    op.execute("CREATE TABLE sweep.other PARTITION OF sweep_change DEFAULT")
    op.create_table(
        "device_event",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("asset_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("oid", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("others", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("engine_id", sa.Text(), nullable=True),
        sa.Column("boots", sa.BigInteger(), nullable=True),
        sa.Column("engine_time", sa.BigInteger(), nullable=True),
        sa.Column("owed", sa.Boolean(), nullable=False),
        sa.Column("diagnostics_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("state IN ('ok', 'warning', 'critical', 'unknown')", name=op.f("ck_device_event_state")),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=op.f("fk_device_event_asset_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["diagnostics_id"],
            ["diagnostics.id"],
            name=op.f("fk_device_event_diagnostics_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device_event")),
    )
    op.create_index("ix_device_event_asset_id_id", "device_event", ["asset_id", "id"], unique=False)
    op.create_index(
        "ix_device_event_diagnostics_id",
        "device_event",
        ["diagnostics_id"],
        unique=False,
        postgresql_where=sa.text("diagnostics_id IS NOT NULL"),
    )
    op.create_index(
        "ix_device_event_owed", "device_event", ["asset_id"], unique=False, postgresql_where=sa.text("owed")
    )
    op.create_table(
        "trap_drop",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=True),
        sa.Column("asset_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=op.f("fk_trap_drop_asset_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_trap_drop_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trap_drop")),
        sa.UniqueConstraint(
            "site_id",
            "asset_id",
            "reason",
            name=op.f("uq_trap_drop_site_id_asset_id_reason"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_table(
        "endpoint",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("asset_id", sa.BigInteger(), nullable=False),
        sa.Column("protocol", sa.Text(), nullable=False),
        sa.Column("settings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("protocol IN ('ipmi', 'redfish', 'snmp', 'ssh')", name=op.f("ck_endpoint_protocol")),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=op.f("fk_endpoint_asset_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_endpoint")),
        sa.UniqueConstraint("asset_id", "protocol", name=op.f("uq_endpoint_asset_id_protocol")),
    )
    op.create_table(
        "network_cable",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("asset_id", sa.BigInteger(), nullable=False),
        sa.Column("port", sa.Text(), nullable=False),
        sa.Column("mac", sa.Text(), nullable=True),
        sa.Column("switch_id", sa.BigInteger(), nullable=False),
        sa.Column("switch_port", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=op.f("fk_network_cable_asset_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["switch_id"], ["asset.id"], name=op.f("fk_network_cable_switch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_network_cable")),
        sa.UniqueConstraint("asset_id", "port", name=op.f("uq_network_cable_asset_id_port")),
        sa.UniqueConstraint("switch_id", "switch_port", name=op.f("uq_network_cable_switch_id_switch_port")),
    )
    op.create_table(
        "power_cord",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("asset_id", sa.BigInteger(), nullable=False),
        sa.Column("psu", sa.Text(), nullable=False),
        sa.Column("pdu_id", sa.BigInteger(), nullable=False),
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=op.f("fk_power_cord_asset_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["pdu_id"], ["asset.id"], name=op.f("fk_power_cord_pdu_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_power_cord")),
        sa.UniqueConstraint("asset_id", "psu", name=op.f("uq_power_cord_asset_id_psu")),
        sa.UniqueConstraint("pdu_id", "outlet", name=op.f("uq_power_cord_pdu_id_outlet")),
    )
    op.create_table(
        "escalation",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("asset_id", sa.BigInteger(), nullable=True),
        sa.Column("job_kind", sa.Text(), nullable=True),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("tried", sa.Text(), nullable=False),
        sa.Column("answers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("diagnostics_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=op.f("fk_escalation_asset_id")),
        sa.ForeignKeyConstraint(["diagnostics_id"], ["diagnostics.id"], name=op.f("fk_escalation_diagnostics_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_escalation_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalation")),
        sa.UniqueConstraint("number", name=op.f("uq_escalation_number")),
    )
    op.create_index(op.f("ix_escalation_ticket_id"), "escalation", ["ticket_id"], unique=False)
    op.create_table(
        "work_order",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("escalation_id", sa.BigInteger(), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("asset_id", sa.BigInteger(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("job_kind", sa.Text(), nullable=False),
        sa.Column("procedure_version", sa.BigInteger(), nullable=False),
        sa.Column("verify_minutes", sa.BigInteger(), nullable=False),
        sa.Column("back_out_minutes", sa.BigInteger(), nullable=False),
        sa.Column("minutes", sa.BigInteger(), nullable=False),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("answers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("target", sa.Text(), nullable=True),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("appointment_id", sa.BigInteger(), nullable=True),
        sa.Column("promise_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("promise_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("promise_finish", sa.DateTime(timezone=True), nullable=True),
        sa.Column("promise_explanation", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("approval_needed", sa.Boolean(), nullable=False),
        sa.Column("consent_needed", sa.Boolean(), nullable=False),
        sa.Column("consent_url", sa.Text(), nullable=True),
        sa.Column("part_serial", sa.Text(), nullable=True),
        sa.Column("part_location", sa.Text(), nullable=True),
        sa.Column("part_needed", sa.Boolean(), nullable=False),
        sa.Column("open_question", sa.Text(), nullable=True),
        sa.Column("waiting_what", sa.Text(), nullable=True),
        sa.Column("waiting_who", sa.Text(), nullable=True),
        sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("waiting_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("holder_id", sa.BigInteger(), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("permit", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("matched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("match", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("discrepancy", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("code_secret", sa.Text(), nullable=True),
        sa.Column("codes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sighting", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("power_left", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("stop", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("removed_serial", sa.Text(), nullable=True),
        sa.Column("installed_serial", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("safe_state", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirm_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("flags", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("conflicts_open", sa.BigInteger(), nullable=False),
        sa.Column("before_id", sa.Uuid(), nullable=True),
        sa.Column("after_id", sa.Uuid(), nullable=True),
        sa.Column("before_document", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("after_document", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("comparison", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.CheckConstraint("priority IN ('normal', 'high', 'urgent')", name=op.f("ck_work_order_priority")),
        sa.CheckConstraint(
            "state IN ('needs_info', 'awaiting_approval', 'awaiting_consent', 'awaiting_part', 'booked', 'released', 'claimed', 'matched', 'working', 'handed_over', 'verifying', 'awaiting_confirmation', 'closed', 'cancelled')",
            name=op.f("ck_work_order_state"),
        ),
        sa.CheckConstraint("(waiting_what IS NULL) = (waiting_since IS NULL)", name=op.f("ck_work_order_waiting")),
        sa.CheckConstraint("conflicts_open >= 0", name=op.f("ck_work_order_conflicts_open")),
        sa.ForeignKeyConstraint(["after_id"], ["diagnostics.id"], name=op.f("fk_work_order_after_id")),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"], name=op.f("fk_work_order_appointment_id")),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=op.f("fk_work_order_asset_id")),
        sa.ForeignKeyConstraint(["before_id"], ["diagnostics.id"], name=op.f("fk_work_order_before_id")),
        sa.ForeignKeyConstraint(["escalation_id"], ["escalation.id"], name=op.f("fk_work_order_escalation_id")),
        sa.ForeignKeyConstraint(["holder_id"], ["person.id"], name=op.f("fk_work_order_holder_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["work_order.id"], name=op.f("fk_work_order_parent_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_work_order_site_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_work_order_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_order")),
        sa.UniqueConstraint("number", name=op.f("uq_work_order_number")),
    )
    op.create_index("ix_work_order_asset_id", "work_order", ["asset_id"], unique=False)
    op.create_index(
        "ix_work_order_flagged",
        "work_order",
        ["id"],
        unique=False,
        postgresql_where=sa.text("flags <> '[]'::jsonb AND state NOT IN ('closed', 'cancelled')"),
    )
    op.create_index(
        "ix_work_order_unexplained",
        "work_order",
        ["finished_at"],
        unique=False,
        postgresql_where=sa.text("outcome = 'no_fault_found'"),
    )
    op.create_index("ix_work_order_holder_id", "work_order", ["holder_id"], unique=False)
    op.create_index(
        "ix_work_order_open_coming",
        "work_order",
        ["promise_from", "id"],
        unique=False,
        postgresql_where=sa.text("state NOT IN ('closed', 'cancelled')"),
    )
    op.create_index(
        "ix_work_order_open_since",
        "work_order",
        [sa.text("coalesce(waiting_since, finished_at, created_at)"), "id"],
        unique=False,
        postgresql_where=sa.text("state NOT IN ('closed', 'cancelled')"),
    )
    op.create_index(
        "ix_work_order_open_promise",
        "work_order",
        ["promise_to"],
        unique=False,
        postgresql_where=sa.text("state NOT IN ('closed', 'cancelled')"),
    )
    op.create_index("ix_work_order_state_id", "work_order", ["state", "id"], unique=False)
    op.create_index("ix_work_order_ticket_id", "work_order", ["ticket_id"], unique=False)
    op.create_index("ix_work_order_site_id_id", "work_order", ["site_id", "id"], unique=False)
    op.create_index("ix_work_order_site_id_state", "work_order", ["site_id", "state"], unique=False)
    op.create_index("ix_work_order_site_id_created_at", "work_order", ["site_id", "created_at"], unique=False)
    op.create_index(
        "uq_work_order_open_job",
        "work_order",
        ["ticket_id", "asset_id", "job_kind"],
        unique=True,
        postgresql_where=sa.text("state NOT IN ('closed', 'cancelled')"),
    )
    op.create_table(
        "photo",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("step_key", sa.Text(), nullable=True),
        sa.Column("taken_by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("image", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["work_order.id"], name=op.f("fk_photo_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photo")),
    )
    op.create_index(op.f("ix_photo_order_id"), "photo", ["order_id"], unique=False)
    op.create_table(
        "referral",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("escalation_id", sa.BigInteger(), nullable=True),
        sa.Column("order_id", sa.BigInteger(), nullable=True),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("from_rack", sa.Boolean(), nullable=False),
        sa.Column("step_key", sa.Text(), nullable=True),
        sa.Column("diagnostics_id", sa.Uuid(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("next_steps", sa.Text(), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("team_opens_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("promise_to", sa.DateTime(timezone=True), nullable=False),
        sa.Column("promise_explanation", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("taken_by", sa.Text(), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('open', 'taken', 'answered')", name=op.f("ck_referral_state")),
        sa.CheckConstraint(
            "team IN ('system_administrators', 'billing', 'management', 'data_center')", name=op.f("ck_referral_team")
        ),
        sa.ForeignKeyConstraint(["diagnostics_id"], ["diagnostics.id"], name=op.f("fk_referral_diagnostics_id")),
        sa.ForeignKeyConstraint(["escalation_id"], ["escalation.id"], name=op.f("fk_referral_escalation_id")),
        sa.ForeignKeyConstraint(["order_id"], ["work_order.id"], name=op.f("fk_referral_order_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_referral_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referral")),
        sa.UniqueConstraint("number", name=op.f("uq_referral_number")),
    )
    op.create_index(
        "ix_referral_open",
        "referral",
        ["team", "created_at"],
        unique=False,
        postgresql_where=sa.text("state <> 'answered'"),
    )
    op.create_index("ix_referral_order_id", "referral", ["order_id"], unique=False)
    op.create_index("ix_referral_created_at", "referral", ["created_at"], unique=False)
    op.create_table(
        "promise_told",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("begin_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["order_id"], ["work_order.id"], name=op.f("fk_promise_told_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promise_told")),
    )
    op.create_index("ix_promise_told_order_id_at", "promise_told", ["order_id", "at"], unique=False)
    op.create_table(
        "order_ticket",
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["work_order.id"], name=op.f("fk_order_ticket_order_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_order_ticket_ticket_id")),
        sa.PrimaryKeyConstraint("order_id", "ticket_id", name=op.f("pk_order_ticket")),
    )
    op.create_index(op.f("ix_order_ticket_ticket_id"), "order_ticket", ["ticket_id"], unique=False)
    op.create_table(
        "shutdown",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("asset_id", sa.BigInteger(), nullable=False),
        sa.Column("action_id", sa.Uuid(), nullable=False),
        sa.Column("course", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("said", sa.Text(), nullable=True),
        sa.Column("problem", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.CheckConstraint(
            "course IN ('asked', 'sent', 'unknown', 'off', 'failed', 'still_on', 'loaded', 'unseen', 'back')",
            name=op.f("ck_shutdown_course"),
        ),
        sa.ForeignKeyConstraint(["action_id"], ["device_action.id"], name=op.f("fk_shutdown_action_id")),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=op.f("fk_shutdown_asset_id")),
        sa.ForeignKeyConstraint(["order_id"], ["work_order.id"], name=op.f("fk_shutdown_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shutdown")),
    )
    op.create_index("ix_shutdown_order_id_asked_at", "shutdown", ["order_id", "asked_at"], unique=False)
    op.create_index(
        "uq_shutdown_under_way",
        "shutdown",
        ["asset_id"],
        unique=True,
        postgresql_where=sa.text("course IN ('asked', 'sent', 'unknown')"),
    )
    op.create_table(
        "procedure",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("job_kind", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("steps", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("verify_minutes", sa.BigInteger(), nullable=False),
        sa.Column("back_out_minutes", sa.BigInteger(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("published_by", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("verify_minutes >= 0 AND back_out_minutes >= 0", name=op.f("ck_procedure_minutes")),
        sa.CheckConstraint("version > 1", name=op.f("ck_procedure_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_procedure")),
        sa.UniqueConstraint("job_kind", "version", name=op.f("uq_procedure_job_kind_version")),
    )
    op.create_table(
        "message_wording",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("public", sa.Text(), nullable=True),
        sa.Column("internal", sa.Text(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("edited_by", sa.Text(), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(public IS NULL) = (internal IS NULL)", name=op.f("ck_message_wording_texts")),
        sa.CheckConstraint("language IN ('en', 'de')", name=op.f("ck_message_wording_language")),
        sa.CheckConstraint("version > 1", name=op.f("ck_message_wording_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_wording")),
        sa.UniqueConstraint("name", "language", "version", name=op.f("uq_message_wording_name_language_version")),
    )
    op.create_table(
        "step",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("hint", sa.Text(), nullable=True),
        sa.Column("expect", sa.Text(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("back_out", sa.Text(), nullable=True),
        sa.Column("within_s", sa.BigInteger(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("destructive", sa.Boolean(), nullable=False),
        sa.Column("must_be_off", sa.Boolean(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.Text(), nullable=True),
        sa.Column("given", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.ForeignKeyConstraint(["order_id"], ["work_order.id"], name=op.f("fk_step_order_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_step")),
        sa.UniqueConstraint("order_id", "key", name=op.f("uq_step_order_id_key")),
        sa.UniqueConstraint("order_id", "position", name=op.f("uq_step_order_id_position")),
    )
    op.create_table(
        "step_conflict",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("step_key", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("first", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("second", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("choice", sa.Text(), nullable=True),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("choice IN ('first', 'second', 'both')", name=op.f("ck_step_conflict_choice")),
        sa.CheckConstraint("(choice IS NULL) = (decided_at IS NULL)", name=op.f("ck_step_conflict_decided")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["work_order.id"], name=op.f("fk_step_conflict_order_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_step_conflict")),
    )
    op.create_index("ix_step_conflict_order_id", "step_conflict", ["order_id"])
    op.create_table(
        "ring",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("referral_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("rung_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_ring_person_id")),
        sa.ForeignKeyConstraint(["referral_id"], ["referral.id"], name=op.f("fk_ring_referral_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ring")),
    )
    op.create_index("ix_ring_referral_id_id", "ring", ["referral_id", "id"])
    op.create_index("ix_ring_person_id_rung_at", "ring", ["person_id", "rung_at"])
    script(APPEND_ONLY)
    script(SchemaManager.get_schema())


def downgrade() -> None:
    script(DROP_QUEUE)
    for name in ("person_id_rung_at", "referral_id_id"):
        op.drop_index(f"ix_ring_{name}", table_name="ring")
    op.drop_table("ring")
    op.drop_index("ix_step_conflict_order_id", table_name="step_conflict")
    op.drop_table("step_conflict")
    op.drop_table("step")
    op.drop_table("message_wording")
    op.drop_table("procedure")
    op.drop_index("ix_promise_told_order_id_at", table_name="promise_told")
    op.drop_table("promise_told")
    op.drop_index(
        "uq_shutdown_under_way",
        table_name="shutdown",
        postgresql_where=sa.text("course IN ('asked', 'sent', 'unknown')"),
    )
    op.drop_index("ix_shutdown_order_id_asked_at", table_name="shutdown")
    op.drop_table("shutdown")
    op.drop_index(op.f("ix_order_ticket_ticket_id"), table_name="order_ticket")
    op.drop_table("order_ticket")
    op.drop_index("ix_referral_created_at", table_name="referral")
    op.drop_index("ix_referral_order_id", table_name="referral")
    op.drop_index("ix_referral_open", table_name="referral", postgresql_where=sa.text("state <> 'answered'"))
    op.drop_table("referral")
    op.drop_index(op.f("ix_photo_order_id"), table_name="photo")
    op.drop_table("photo")
    op.drop_index(
        "uq_work_order_open_job",
        table_name="work_order",
        postgresql_where=sa.text("state NOT IN ('closed', 'cancelled')"),
    )
    op.drop_index("ix_work_order_site_id_created_at", table_name="work_order")
    op.drop_index("ix_work_order_site_id_state", table_name="work_order")
    op.drop_index("ix_work_order_site_id_id", table_name="work_order")
    op.drop_index("ix_work_order_ticket_id", table_name="work_order")
    op.drop_index("ix_work_order_state_id", table_name="work_order")
    op.drop_index(
        "ix_work_order_open_promise",
        table_name="work_order",
        postgresql_where=sa.text("state NOT IN ('closed', 'cancelled')"),
    )
    for name in ("open_since", "open_coming", "holder_id", "flagged"):
        op.drop_index(f"ix_work_order_{name}", table_name="work_order")
    op.drop_index("ix_work_order_asset_id", table_name="work_order")
    op.drop_table("work_order")
    op.drop_index(op.f("ix_escalation_ticket_id"), table_name="escalation")
    op.drop_table("escalation")
    op.drop_table("power_cord")
    op.drop_table("network_cable")
    op.drop_table("endpoint")
    op.drop_table("trap_drop")
    op.drop_index("ix_device_event_owed", table_name="device_event", postgresql_where=sa.text("owed"))
    op.drop_index(
        "ix_device_event_diagnostics_id",
        table_name="device_event",
        postgresql_where=sa.text("diagnostics_id IS NOT NULL"),
    )
    op.drop_index("ix_device_event_asset_id_id", table_name="device_event")
    op.drop_table("device_event")
    op.drop_table("sweep_change")
    op.execute("DROP SCHEMA sweep CASCADE")
    op.drop_table("asset_sweep")
    op.drop_index("uq_site_sweep_under_way", table_name="site_sweep", postgresql_where=sa.text("finished_at IS NULL"))
    op.drop_index("ix_site_sweep_site_id_started_at", table_name="site_sweep")
    op.drop_table("site_sweep")
    op.drop_index("ix_diagnostics_open", table_name="diagnostics", postgresql_where=sa.text("state <> 'done'"))
    op.drop_index("ix_diagnostics_asset_id_requested_at", table_name="diagnostics")
    op.drop_table("diagnostics")
    op.drop_index(
        "ix_device_action_open",
        table_name="device_action",
        postgresql_where=sa.text("state IN ('queued', 'running')"),
    )
    op.drop_index(op.f("ix_device_action_asset_id"), table_name="device_action")
    op.drop_table("device_action")
    op.drop_index("ix_asset_site_id_tag", table_name="asset")
    op.drop_index("ix_asset_words", table_name="asset", postgresql_using="gin")
    op.drop_index("ix_asset_serial", table_name="asset")
    op.drop_index("ix_asset_rack_id", table_name="asset")
    op.drop_table("asset")
    op.drop_index("uq_spare_site_id_serial", table_name="spare")
    op.drop_index("ix_spare_site_id_part_number", table_name="spare")
    op.drop_index("ix_spare_order_number", table_name="spare")
    op.drop_table("spare")
    op.drop_index("uq_removed_part_order_number_serial", table_name="removed_part")
    op.drop_index("ix_removed_part_site_id_id", table_name="removed_part")
    op.drop_index(
        "ix_removed_part_open",
        table_name="removed_part",
        postgresql_where=sa.text("state NOT IN ('certified', 'returned')"),
    )
    op.drop_table("removed_part")
    op.drop_table("web_session")
    op.drop_index(op.f("ix_roster_site_id"), table_name="roster")
    op.drop_table("roster")
    op.drop_index("uq_role_grant_person_id_role_site_id", table_name="role_grant")
    op.drop_table("role_grant")
    op.drop_table("rack")
    op.drop_index("ix_message_subject", table_name="message")
    op.drop_index("ix_message_dead", table_name="message", postgresql_where=sa.text("state = 'dead'"))
    op.drop_index("ix_message_due", table_name="message", postgresql_where=sa.text("state = 'pending'"))
    op.drop_table("message")
    op.drop_table("closed_day")
    op.drop_index("ix_appointment_site_during", table_name="appointment", postgresql_using="gist")
    op.drop_index("ix_appointment_order_number", table_name="appointment")
    op.drop_table("appointment")
    op.drop_table("api_token")
    op.drop_index("ix_absence_person_id_ends_at", table_name="absence")
    op.drop_table("absence")
    op.drop_table("sign_of_life")
    op.drop_index("ix_alert_due", table_name="alert", postgresql_where=sa.text("state = 'pending'"))
    op.drop_table("alert")
    op.drop_index("ix_ticket_unanswered", table_name="ticket", postgresql_where=sa.text("first_response_at IS NULL"))
    op.drop_table("hook_count")
    op.drop_index(op.f("ix_hook_attempt_at"), table_name="hook_attempt")
    op.drop_table("hook_attempt")
    op.drop_table("feed")
    op.drop_table("ticket_entry")
    op.drop_index("ix_ticket_waiting", table_name="ticket", postgresql_where=sa.text("waiting_since IS NOT NULL"))
    op.drop_index("ix_ticket_external_id", table_name="ticket")
    op.drop_table("ticket")
    op.drop_table("site")
    op.drop_index("ix_sign_in_attempt_subject_at", table_name="sign_in_attempt")
    op.drop_table("sign_in_attempt")
    op.drop_table("person")
    op.drop_table("number_year")
    op.drop_index(op.f("ix_idempotency_at"), table_name="idempotency")
    op.drop_table("idempotency")
    op.drop_index("ix_event_match_at", table_name="event")
    op.drop_index("uq_event_stream_device", table_name="event")
    op.drop_table("event")
    op.execute("DROP FUNCTION refuse_change()")
    for name in NUMBERS:
        op.execute(f"DROP SEQUENCE {name}")
    op.execute("DROP EXTENSION pg_trgm")
    op.execute("DROP EXTENSION btree_gist")
