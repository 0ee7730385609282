"""Statements of an SQLite database, ready for its driver: SQLAlchemy takes ten times as long to run one as SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, TypeAlias

from sqlalchemy import Dialect, Select, UpdateBase

Convert: TypeAlias = Callable[[Any], Any]


class PreparedStatement:
    """A statement, compiled once for the names of its parameters.

    Args:
        statement: SELECT, INSERT, UPDATE or DELETE, without lists as parameters.
        row: parameters of a first run; all further runs have the same names.
        dialect: SQLAlchemy's dialect of the database.
    """

    def __init__(self, statement: Select[Any] | UpdateBase, row: Mapping[str, Any], dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=list(row))
        self._sql = str(compiled)
        # Name of each parameter, its value if the statement has one, and what converts a value for the driver.
        self._parameters: list[tuple[str, Any, Convert | None]] = []
        for name in compiled.positiontup or ():
            bound = compiled.binds[name]
            convert = bound.type.dialect_impl(dialect).bind_processor(dialect)
            self._parameters.append((name, bound.value, convert))
        # Name of each column of the result, and what converts its values.
        self._columns: list[tuple[str, Convert | None]] = [
            (column.name, column.type.dialect_impl(dialect).result_processor(dialect, None))
            for column in statement.exported_columns
        ]

    def run(self, driver: sqlite3.Connection, row: Mapping[str, Any]) -> list[SimpleNamespace]:
        """Run the statement; return the rows of its result, whose values have the names of their columns.

        Raises:
            sqlite3.Error: the database failed, or cannot store a value.
            OverflowError, TypeError, ValueError: a value cannot be converted.
        """
        values = [
            row.get(name, default) if convert is None else convert(row.get(name, default))
            for name, default, convert in self._parameters
        ]
        return [self._row(found) for found in driver.execute(self._sql, values).fetchall()]

    def _row(self, found: Sequence[Any]) -> SimpleNamespace:
        return SimpleNamespace(
            **{
                name: value if convert is None else convert(value)
                for (name, convert), value in zip(self._columns, found, strict=True)
            }
        )
