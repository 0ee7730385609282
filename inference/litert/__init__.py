"""Writes networks of known architectures as LiteRT files, without TensorFlow."""
