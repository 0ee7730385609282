# What the bot says in groups.

groups-welcome =
    Hello! Reply to a photo with /label, or mention me under it, and I'll say what I see in it.
    I can also look at every photo: the admins of this group choose that with /settings.
groups-welcome-privacy-mode =
    Hello! Reply to a photo with /label, or mention me under it, and I'll say what I see in it.
    I can also look at every photo: admins choose that with /settings, and make me an admin, as Telegram hides photos from me now.

# One label of those that are written under a channel's photo.
groups-caption-label = { $name } { NUMBER($score, style: "percent", maximumFractionDigits: 0) }
