"""Much in one statement: the rows of many tables beside one, and back to objects that no session holds.

A page that shows a dozen tables asks once: one round trip, one plan, and everything on it is of the same moment.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import JSON, ScalarSelect, Select, func, inspect, select
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute
from sqlalchemy.orm.attributes import instance_dict, instance_state, manager_of_class, set_committed_value

M = TypeVar("M", bound=DeclarativeBase)

READ: Mapping[type, Callable[[str], Any]] = {
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
    UUID: UUID,
}
"""How JSON's text of a value is read, where that is not the value itself."""


def columns_of(model: type[DeclarativeBase], *, but: Collection[str] = ()) -> list[InstrumentedAttribute[Any]]:
    """All that a table holds of one thing, but for what is named."""
    return [getattr(model, one.key) for one in inspect(model).column_attrs if one.key not in but]


def rows_of(wanted: Select[Any]) -> ScalarSelect[Any]:
    """The rows of a query as one JSON value, in its order, to be selected beside others; NULL when there are none."""
    each = wanted.subquery()
    return select(func.json_agg(func.row_to_json(each.table_valued()), type_=JSON)).scalar_subquery()


def revived(model: type[M], row: Mapping[str, Any], **related: object) -> M:
    """The object of a row, as `rows_of` gave it or as values, with its relations: detached, and only to be read.

    What was not selected raises DetachedInstanceError when it is looked at.
    """
    reads, lacking = _shape(model, tuple(row))
    one: M = manager_of_class(model).new_instance()
    state, values = instance_state(one), instance_dict(one)
    values.update(row)
    for name, read in reads:
        value = values[name]
        if type(value) is str:
            values[name] = read(value)
    state.key = (model, (id(one),), None)  # as if it had been in a session and left it
    state.expired_attributes.update(lacking)
    for name, value in related.items():
        set_committed_value(one, name, value)
    return one


def first_revived(model: type[M], rows: Sequence[Mapping[str, Any]] | None, **related: object) -> M | None:
    """The object of the first row of `rows_of`, None when there is none."""
    return revived(model, rows[0], **related) if rows else None


def all_revived(model: type[M], rows: Iterable[Mapping[str, Any]] | None) -> list[M]:
    """Each row of `rows_of` as its object."""
    return [revived(model, row) for row in rows or ()]


@cache
def _shape(
    model: type[DeclarativeBase], given: tuple[str, ...]
) -> tuple[list[tuple[str, Callable[[str], Any]]], frozenset[str]]:
    """How those of the given columns are read that JSON has no words for, and which of the table's are not given."""
    columns = inspect(model).columns
    kinds = [(column.key, column.type.python_type) for column in columns if column.key in given]
    reads = [(name, READ[kind]) for name, kind in kinds if kind in READ]
    return reads, frozenset(column.key for column in columns) - set(given)
