# Messages to groups.

groups-welcome =
    Hello! Reply to a photo with /label or my name, and I'll tell you what I see in it.
    I can also look at every photo: this group's admins can turn that on with /settings.
groups-welcome-privacy-mode =
    Hello! Reply to a photo with /label or my name, and I'll tell you what I see in it.
    I can also look at every photo. For that, an admin has to make me an admin too (until then, Telegram hides photos from me) and turn it on with /settings.

# A label in the caption of a channel's photo.
groups-caption-label = { $name } { NUMBER($score, style: "percent", maximumFractionDigits: 0) }
groups-caption-taught = { $name } { NUMBER($score, style: "percent", maximumFractionDigits: 0) } (taught here)

# Hints: one line, at most once an hour.
groups-off = I don't look at photos in this group. Its admins can change that with /settings.
groups-needs-a-photo = I need a photo for that: put @{ $bot } in its caption, or reply to it with /label.
groups-help = I say what is in photos. Reply to a photo with /label, or put @{ $bot } in its caption. With /teach you teach me your own things. For anything else, message me privately.
