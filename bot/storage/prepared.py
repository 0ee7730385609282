"""Statements of an SQLite database, ready for its driver: SQLAlchemy takes ten times as long to run one as SQLite."""

from __future__ import annotations

import sqlite3
from collections import namedtuple
from collections.abc import Callable, Mapping
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
        # The rows of the result, and what converts each of their values.
        columns = statement.exported_columns
        self._row: Any = namedtuple("_row", [str(column.name) for column in columns])
        self._converts = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]

    def run(self, driver: sqlite3.Connection, row: Mapping[str, Any]) -> list[Any]:
        """Run the statement; return the rows of its result, whose values have the names of their columns.

        Raises:
            sqlite3.Error: the database failed, or cannot store a value.
            OverflowError, TypeError, ValueError: a value cannot be converted.
        """
        values = [
            row.get(name, default) if convert is None else convert(row.get(name, default))
            for name, default, convert in self._parameters
        ]
        found = driver.execute(self._sql, values).fetchall()
        return [
            self._row._make(
                value if convert is None else convert(value)
                for value, convert in zip(each, self._converts, strict=True)
            )
            for each in found
        ]
