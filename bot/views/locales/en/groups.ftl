# Messages to groups.

groups-welcome =
    Hello! Reply to a photo with /label or my name, and I'll tell you what I see in it.
    I can also look at every photo: this group's admins can turn that on with /settings.
groups-welcome-privacy-mode =
    Hello! Reply to a photo with /label or my name, and I'll tell you what I see in it.
    I can also look at every photo. For that, an admin has to make me an admin too (until then, Telegram hides photos from me) and turn it on with /settings.

# A label in the caption of a channel's photo.
groups-caption-label = { $name } { NUMBER($score, style: "percent", maximumFractionDigits: 0) }
