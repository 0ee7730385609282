"""Errors of Pydantic, which reads settings and options, in plain words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

# Expected values by Pydantic's error types: https://docs.pydantic.dev/latest/errors/validation_errors/
EXPECTED_BY_TYPE = {
    "bool_parsing": "true or false",
    "finite_number": "a number",
    "float_parsing": "a number",
    "float_type": "a number",
    "greater_than": "more than {gt:g}",
    "greater_than_equal": "at least {ge:g}",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number",
    "int_type": "a whole number",
    "less_than": "less than {lt:g}",
    "less_than_equal": "at most {le:g}",
    "string_too_short": "at least {min_length} character",
}


def expectation(error: ErrorDetails) -> str:
    """Return what was expected, or what a validator says of the value, such as "expected a whole number"."""
    context = error.get("ctx", {})
    if "error" in context:
        return str(context["error"]).rstrip(".")
    expected = EXPECTED_BY_TYPE.get(error["type"], "another value")
    return f"expected {expected.format(**context)}"
