# /classes: what a chat has taught. $name is the name of what was taught. Texts of buttons are short, without markup.

classes-title = <b>What I was taught here</b>
classes-none = I haven't been taught anything here yet. Reply to a photo with <code>/teach Rex</code>, and I'll recognise Rex from then on.
classes-line = <b>{ $name }</b>: { $facts }
classes-photos =
    { $count ->
        [one] { $count } photo
       *[other] { $count } photos
    }
classes-recognised = { $recognised } of { $total } recognised
classes-seen-never = not seen yet
classes-seen-today = last seen today
classes-seen =
    { $days ->
        [one] last seen { $days } day ago
       *[other] last seen { $days } days ago
    }
# After a change of the model, photos are read again.
classes-waiting =
    { $count ->
        [one] I'm still reading { $count } photo again, as another model answers here now.
       *[other] I'm still reading { $count } photos again, as another model answers here now.
    }
classes-lost =
    { $count ->
        [one] Telegram no longer has { $count } photo, so the model that answers here now can't learn from it.
       *[other] Telegram no longer has { $count } photos, so the model that answers here now can't learn from them.
    }

classes-back = ‹ Back
classes-previous = ‹
classes-next = ›
classes-show = Photos
classes-rename = Rename
classes-merge = Merge
classes-forget = Forget

classes-shown =
    { $total ->
        [one] Photo { $first } of { $total } of <b>{ $name }</b>. Tap it to remove it.
       *[other] Photos { $first } to { $last } of { $total } of <b>{ $name }</b>. Tap a number to remove that photo.
    }
classes-not-shown =
    { $count ->
        [one] { $count } of them can't be shown: it came as a file, a sticker or a video, or Telegram no longer has it.
       *[other] { $count } of them can't be shown: they came as files, stickers or videos, or Telegram no longer has them.
    }
classes-removed = OK, I've removed it.
classes-rename-how = Reply to this message with the new name for <b>{ $name }</b>.
classes-rename-how-in-private = Send me the new name for <b>{ $name }</b>.
classes-renamed = OK, <b>{ $before }</b> is <b>{ $name }</b> from now on.
classes-merge-which = What is <b>{ $name }</b> the same as? Its photos become photos of the one that you choose.
classes-merged = OK, the photos of <b>{ $before }</b> are photos of <b>{ $name }</b> now.
classes-forget-question =
    { $count ->
        [one] Forget <b>{ $name }</b>? I'll delete what I learned from { $count } photo, and no longer recognise it.
       *[other] Forget <b>{ $name }</b>? I'll delete what I learned from { $count } photos, and no longer recognise it.
    }
classes-forget-yes = Forget it
classes-forget-no = Keep it
classes-forgotten = OK, I've forgotten <b>{ $name }</b>.
classes-kept = OK, I still know <b>{ $name }</b>.
classes-unknown = I wasn't taught <b>{ $name }</b> here. What I was taught: /classes
classes-forget-usage = Tell me what to forget, like this: <code>/forget Rex</code>. What I was taught here: /classes
# Alert without markup, at most 200 characters.
classes-remove-not-yours = Only the person who gave this photo and those who may teach me here can remove it.
