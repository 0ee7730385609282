# What is kept, and how it is deleted.

# $days is for how long.
privacy-kept =
    <b>I keep no images and no names, and what you write only until it is answered.</b> A photo is in this computer's memory while I look at it, and nowhere afterwards.

    What I do keep, as numbers that Telegram gave:
    • of each answer, for { $days ->
        [one] { $days } day
       *[other] { $days } days
    }: which message asked, whose it was, Telegram's id of the photo, and its labels. The buttons under the answer need that;
    • of each photo that I looked at, for as long: Telegram's id of it and its labels, not whose it was or where. The same photo is then answered at once;
    • what was set in this chat with /top or /settings, until it is deleted, and whether I can write here;
    • ids of messages, for a day, so that I answer none twice;
    • people and chats that are banned.

    /deletemydata deletes what I know about you, or about a group of which you are an admin. When I am removed from a group, I forget all but its id at once.

privacy-delete-private = Shall I forget your settings and all answers that I gave you, here and in groups? The messages themselves stay: you can delete them yourself.
privacy-delete-group = Shall I forget all answers that I gave you, here and elsewhere? Admins can also have me forget everything about this group, its settings included.
privacy-delete-hidden = Shall I forget everything about this group, its settings included? Only its admins can say so.
privacy-delete-me = Forget me
privacy-delete-chat = Forget this group
privacy-keep = Keep it

privacy-deleted-me = Done: I have forgotten you. The ids of your last messages go within a day.
privacy-deleted-chat = Done: I have forgotten this group. The ids of its last messages go within a day.
privacy-kept-all = All is as it was.

# Without markup, at most 200 characters.
privacy-admins-only = Only admins of this group can say so.
privacy-not-yours = Somebody else asked for this. Send /deletemydata yourself.
