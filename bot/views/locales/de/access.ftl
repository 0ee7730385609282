# What is said to those who may not use the bot; $id is theirs, or their group's.

# Shown above a button press, too: no markup, 200 characters.
access-not-allowed = Ich bin nicht für alle da. Wenn du mich benutzen möchtest, nenn den Leuten, die mich betreiben, deine ID: { $id }

# To a group or channel that somebody else than an admin of the bot added it to.
access-not-added = Danke für die Einladung! Aber nur die Leute, die mich betreiben, können mich zu einer Gruppe oder einem Kanal hinzufügen, deshalb gehe ich wieder.

# To an admin of the bot who added it to a group.
access-group-not-allowed = Ich bin nicht für alle da. Damit ich hier antworte, muss die ID dieser Gruppe, <code>{ $id }</code>, in LABELBOT_ALLOWED stehen.
