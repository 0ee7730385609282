"""The names of the built-in models, and of the model that is used if no other model is chosen."""

# The best model that comes with the program. Its weights come in a package; the model is built at first use.
DEFAULT_MODEL = "efficientnet_lite0"
# The model that comes with the program ready for use, so that it is always available.
STARTER = "starter"
# The published model that `auto` stands for if it is installed.
PREFERRED_MODEL = "inception_v3"
# The name that stands for the best of `PREFERRED_MODEL` and `DEFAULT_MODEL`; no model has this name itself.
AUTO = "auto"
