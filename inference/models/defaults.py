"""The names of the built-in models."""

# The model in use unless another is chosen. Its weights come in a package; the model is built at first use.
DEFAULT_MODEL = "efficientnet_lite0"
# The model that comes complete, so that it is always available.
STARTER = "starter"
