"""SQL that makes the audit append-only; set-up runs it after the tables are made, again and again harmlessly."""

from __future__ import annotations

from typing import Final

INSTALL_SQL: Final = [
    # the writer cannot choose cluster and transaction: they decide the order of sealing
    """
    CREATE OR REPLACE FUNCTION core_audit_stamp() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        NEW.tx := pg_current_xact_id()::text::bigint;
        NEW.cluster := (SELECT system_identifier FROM pg_control_system());
        RETURN NEW;
    END $$
    """,
    """
    CREATE OR REPLACE FUNCTION core_audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '审计只能追加，不能修改或删除' USING ERRCODE = 'insufficient_privilege';
    END $$
    """,
    "CREATE OR REPLACE TRIGGER core_audit_stamp BEFORE INSERT ON core_audit_line"
    " FOR EACH ROW EXECUTE FUNCTION core_audit_stamp()",
    *(
        f"CREATE OR REPLACE TRIGGER core_audit_refuse_{when.lower()} BEFORE {when} ON {table}"
        f" FOR EACH {'STATEMENT' if when == 'TRUNCATE' else 'ROW'} EXECUTE FUNCTION core_audit_refuse()"
        for table in ("core_audit_line", "core_audit_block")
        for when in ("UPDATE", "DELETE", "TRUNCATE")
    ),
]
