"""From a trained network to the file that a bundle serves."""
