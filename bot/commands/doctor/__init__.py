"""`labelbot doctor`: checks whether this machine can run the bot, and gives advice.

Each check is a generator of findings. A check imports its modules only when it runs, so that a broken package does not
stop the other checks.
"""
