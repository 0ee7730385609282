"""Conversion of trained networks to the files of a bundle."""
