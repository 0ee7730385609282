# The menus of commands that Telegram's apps show: at most 256 characters each, without markup.

menu-help = What I can do
menu-top = How many labels to show: /top 3
menu-model = Which model answers here
menu-label = Reply to a photo: say what is in it
menu-settings = How I behave here
menu-privacy = What I keep, and what I don't
menu-deletemydata = Have me forget what I know about you

# For admins alone.
menu-models = Which models there are; switch
menu-use = Switch everywhere, or here: /use NAME here
menu-pull = Install a published model: /pull NAME
menu-rollback = Back to the model before
menu-remove = Remove a model: /remove NAME
menu-reload = Look at the installed models again
menu-stats = What I did, how fast, with what
menu-workers = How many processes label: /workers 4
menu-ban = Ignore someone: /ban ID, or as a reply
menu-unban = Ignore no longer: /unban ID
