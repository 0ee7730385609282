# For people and groups without permission to use the bot; $id is their id.

# Also an alert of a button: no markup, at most 200 characters.
access-not-allowed = I'm not open to everyone. If you'd like to use me, please send my operator your id: { $id }

# To a group or channel if the person who added the bot is not its admin.
access-not-added = Thank you for inviting me! But only my operator can add me to groups and channels, so I'm leaving again.

# To a group without permission.
access-group-not-allowed = I'm not open to everyone. To let me answer here, add this group's id, <code>{ $id }</code>, to LABELBOT_ALLOWED.
