"""Builders that tests of several modules share."""
