"""`labelbot doctor`: whether this machine can run the bot, and where not, what to do.

Each check is a generator of findings that imports what it looks at when it runs: where a package is broken, the checks
that do without it go on.
"""
