# What is said to those who may not use the bot; $id is theirs, or their group's.

# Shown above a button press, too: no markup, 200 characters.
access-not-allowed = I'm not open to everybody. If you'd like to use me, please tell the people who run me your id: { $id }

# To a group or channel that somebody else than an admin of the bot added it to.
access-not-added = Thank you for inviting me! But only the people who run me can add me to a group or channel, so I'm leaving again.

# To an admin of the bot who added it to a group.
access-group-not-allowed = I'm not open to everybody. Before I answer here, this group's id, <code>{ $id }</code>, has to be in LABELBOT_ALLOWED.
