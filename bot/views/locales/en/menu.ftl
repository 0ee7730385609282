# The command menus in Telegram's apps: at most 256 characters each, without markup.

menu-help = What I can do
menu-top = Set how many labels I show: /top 3
menu-model = See which model I use here
menu-label = Reply to a photo: I'll say what's in it
menu-teach = Teach me your own things: /teach NAME
menu-classes = See what I was taught here
menu-settings = Change how I work here
menu-privacy = See what I store, and what I don't
menu-deletemydata = Delete everything I know about you

# For admins only.
menu-models = List and switch models
menu-use = Use a model everywhere, or here: /use NAME here
menu-pull = Install a published model: /pull NAME
menu-rollback = Go back to the previous model
menu-remove = Remove a model: /remove NAME
menu-reload = Check the installed models again
menu-stats = Statistics
menu-workers = Set the number of worker processes: /workers 2
menu-ban = Ignore someone: /ban ID, or as a reply
menu-unban = Stop ignoring someone: /unban ID

# The texts in the bot's profile: at most 512 and 120 characters, without markup.
menu-description =
    Send me a photo and I'll tell you what is in it, and how sure I am.

    In a group, reply to a photo with /label.
menu-short-description = Send me a photo, and I'll tell you what is in it.
