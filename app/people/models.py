"""Tables of people, roles, sessions and API tokens."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.database import Base
from app.core.permissions import Role

_ROLES = ", ".join(f"'{role}'" for role in Role)


class Person(Base):
    """A person, or a program with role integration. No password: token only."""

    __tablename__ = "person"
    __table_args__ = (
        CheckConstraint("name ~ '^[a-z0-9][a-z0-9._-]{0,63}$'", name="name"),
        CheckConstraint("language IN ('en', 'de')", name="language"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    full_name: Mapped[str]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    password_hash: Mapped[str | None]
    active: Mapped[bool] = mapped_column(default=True)
    language: Mapped[str | None]  # of the pages; None: as the browser asks

    grants: Mapped[list[RoleGrant]] = relationship(cascade="all, delete-orphan")


class RoleGrant(Base):
    """One role at one site, or at all sites (site_id NULL)."""

    __tablename__ = "role_grant"
    __table_args__ = (
        CheckConstraint(f"role IN ({_ROLES})", name="role"),
        CheckConstraint("role <> 'admin' OR site_id IS NULL", name="admin_everywhere"),
        Index("uq_role_grant_person_id_role_site_id", "person_id", "role", text("coalesce(site_id, 0)"), unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    role: Mapped[str]
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"))

    @property
    def words(self) -> str:
        """The role as people say it."""
        return Role(self.role).words


class WebSession(Base):
    """A signed-in browser; the cookie holds the secret, the table only its SHA-256."""

    __tablename__ = "web_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    secret_hash: Mapped[str] = mapped_column(unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]

    person: Mapped[Person] = relationship(lazy="joined")


class ApiToken(Base):
    """A bearer token: shown once, kept as SHA-256; `scopes` NULL means all that its person may."""

    __tablename__ = "api_token"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    name: Mapped[str]
    secret_hash: Mapped[str] = mapped_column(unique=True)
    scopes: Mapped[list[Any] | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship(lazy="joined")


class SignInAttempt(Base):
    """A failed sign-in, counted against name and address for the rate limit."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (Index("ix_sign_in_attempt_subject_at", "subject", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str]
    at: Mapped[datetime]
