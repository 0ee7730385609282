# Said once to those who ask too much. The two texts are shown above a button press, too: no markup, 200 characters.

limits-person = That's more than I can look at in one go. I'll leave some of it unanswered; in a minute or two I can keep up again.
limits-group = So much is asked here that I can't answer all of it. I'll leave some unanswered; in a minute or two I can keep up again.
