"""The names of the models that come with the program."""

# Answers where nobody chose another model. Its weights come as a package; it is built when it is first used.
DEFAULT_MODEL = "efficientnet_lite0"
# Comes whole, and so is there whatever else is not.
STARTER = "starter"
