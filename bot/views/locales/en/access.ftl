# What is said to those who may not use the bot; $id is theirs, or their group's.

# Shown above a button press, too: no markup, 200 characters.
access-not-allowed = I'm not open to everyone. If you'd like to use me, please send my operator your id: { $id }

# To a group or channel that somebody else than an admin of the bot added it to.
access-not-added = Thank you for inviting me! But only my operator can add me to groups and channels, so I'm leaving again.

# To an admin of the bot who added it to a group.
access-group-not-allowed = I'm not open to everyone. To let me answer here, add this group's id, <code>{ $id }</code>, to LABELBOT_ALLOWED.
