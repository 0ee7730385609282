"""Conversion of trained networks to the files that a bundle serves."""
