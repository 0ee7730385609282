"""Writers of LiteRT files for networks of known architectures, without TensorFlow."""
