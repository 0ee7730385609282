"""The names of the built-in models."""

# The model that is used if no other model is chosen. Its weights come in a package; the model is built at first use.
DEFAULT_MODEL = "efficientnet_lite0"
# The model that comes with the program ready for use, so that it is always available.
STARTER = "starter"
