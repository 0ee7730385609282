"""Builders for tests, shared by several modules."""
