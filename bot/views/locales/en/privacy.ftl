# The data that is stored, and its deletion.

# $days is the number of days that answers and labels are kept.
privacy-kept =
    <b>I don't store your images or your name, and I keep your message only until I've answered it.</b> A photo is in this computer's memory while I look at it, and nowhere afterwards.

    What I do store, as numbers from Telegram:
    • for each answer, for { $days ->
        [one] { $days } day
       *[other] { $days } days
    }: which message asked, who wrote it, Telegram's id of the photo, and its labels. The buttons under the answer need that;
    • what people tell me about an answer, for just as long: right or wrong, the label that is right if one was chosen, who said so, and who had asked. My operator sees only how often I was right, and which labels were mixed up often;
    • for each photo that I looked at, for just as long: Telegram's id of it and its labels, but not whose it was or where. If the same photo comes again, I can answer at once;
    • what I was taught with /teach, until it is taken back: for each photo, numbers that describe it, Telegram's id of it, who gave it, and its name; and who agreed to that;
    • the settings of this chat (/top and /settings), until they are deleted, and whether I can write here;
    • ids of messages, for a day, so that I answer each only once;
    • people and chats that are banned.

    /deletemydata deletes what I know about you, or about a group that you run. When I'm removed from a group, I delete everything about it except its id at once. A copy of my database from before an update may still hold what was deleted, for as long as I keep answers.

privacy-delete-private = Delete your settings, all the answers I gave you and all that I learned from your photos, here and in groups? The messages themselves stay: you can delete them yourself.
privacy-delete-group = Delete all the answers I gave you and all that I learned from your photos, here and elsewhere? Admins can also delete everything I know about this group, including its settings.
privacy-delete-hidden = Delete everything I know about this group, including its settings? Only admins can do this.
privacy-delete-me = Delete my data
privacy-delete-chat = Delete this group's data
privacy-keep = Keep everything

privacy-deleted-me = Done, your data is deleted. The ids of your last messages go within a day.
privacy-deleted-chat = Done, this group's data is deleted. The ids of its last messages go within a day.
privacy-kept-all = OK, nothing was deleted.

# Without markup, at most 200 characters.
privacy-admins-only = Only admins can do this.
privacy-not-yours = Someone else asked for this. Send /deletemydata yourself.

# Photos that a person gave with /teach.
privacy-given = <b>You taught me:</b>
privacy-given-line =
    { $count ->
        [one] • <b>{ $name }</b> in { $chat }: { $count } photo
       *[other] • <b>{ $name }</b> in { $chat }: { $count } photos
    }
privacy-given-open = { $name } · { $chat }
privacy-given-all = ✕ All · { $chat }
privacy-given-all-question = Take back all that you gave in { $chat }? I delete what I learned from it there, and ask you again before I learn from your photos.
privacy-given-all-yes = Take it all back
privacy-given-all-no = Keep it
privacy-given-all-done = OK, I've deleted all that you gave there.
privacy-given-none = I have no photos that you gave.
privacy-given-here = this chat
privacy-given-elsewhere = another chat
privacy-given-in-group = You gave me photos to learn from here. To see them and take them back, send me /privacy in a private chat.
