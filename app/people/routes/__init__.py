"""Pages of people: signing in, one's own page, and administration."""

from app.people.routes import me, people, sign_in
from app.people.routes.blueprint import blueprint

__all__ = ["blueprint", "me", "people", "sign_in"]
