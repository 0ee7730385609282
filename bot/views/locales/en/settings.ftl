# The screens of /settings, for private chats, groups and channels. Texts of buttons are without markup and
# short, as a phone shows about twenty characters of a button that shares its row.

# The name of this language, in itself.
settings-language-name = English

settings-title = <b>Settings for { $title }</b>
settings-title-private = <b>Settings for this chat</b>
settings-line = { $name }: <b>{ $value }</b>
settings-name-and-value = { $name }: { $value }
settings-photos-hidden = ⚠️ Telegram hides photos from me here, so I can't look at every one. Make me an admin of this group, or ask my operator to turn off my privacy mode.
settings-back = ‹ Back
settings-close = Close

# Answers in a group.
settings-mode = Photos
settings-mode-about =
    Which photos do I look at?

    When asked: photos that someone replies to with /label or my name, and photos sent with my name or in reply to me.
settings-mode-off = None
settings-mode-ask = When asked
settings-mode-auto = Every photo

settings-answer-by = When nobody asked
settings-answer-by-about =
    How do I respond to photos nobody asked about?

    A reaction 👀 means that I know what the photo shows: reply to it with /label to see the answer.
settings-answer-by-reply = A reply
settings-answer-by-react = A reaction 👀

settings-threshold = Stay quiet below
settings-threshold-about = If nobody asked, I only speak up when I'm at least this sure.
settings-threshold-none = The model's default
settings-threshold-score = { NUMBER($score, style: "percent", maximumFractionDigits: 0) }

settings-quiet = Quiet hours
settings-quiet-about = During quiet hours I only answer when asked.
# For example: Next: Mon 22:00 to Tue 07:00.
settings-quiet-next = Next: { $start } to { $end }.
settings-quiet-now = It's quiet now, until { $end }.
settings-quiet-none = None
settings-quiet-end = No quiet hours
# For example: 22:00 to 07:00, Berlin
settings-quiet-hours = { $start } to { $end }, { $zone }
settings-quiet-from = From
settings-quiet-from-about = When do the quiet hours start?
settings-quiet-from-none = not set
settings-quiet-to = To
settings-quiet-to-about = When do the quiet hours end?
settings-quiet-to-none = not set
settings-time-zone = Time zone
settings-time-zone-about = What time is it where you are?
settings-time-zone-places = It's { $time } in these places now. Which one has your time all year?

settings-top-k = Labels
settings-top-k-about = How many labels do I show?

settings-model = Model
settings-model-about = Which model looks at this chat's photos?
settings-model-none = Same as elsewhere
settings-model-trying = I'm trying it ...
settings-model-refused = ⚠️ That model doesn't work, so nothing has changed.
settings-model-gone = That model is no longer installed.

settings-language = Language
settings-language-about = Which language do I speak here?
# In a private chat: the language of the person's app. In a group: English.
settings-language-automatic = Automatic
settings-language-english = English (default)

# Names that are never said in a chat.
settings-never-say = Never say
settings-never-say-about = I leave these out of my answers. The name of a kind, such as “dog”, stands for all of that kind.
settings-never-say-hint = To add a name, reply to this message with it.
settings-never-say-none = Nothing
settings-never-say-add = Add
settings-never-say-added = OK, I'll never say: <b>{ $names }</b>
settings-never-say-unknown = I don't know the name <b>{ $name }</b>.
settings-never-say-similar = I don't know the name <b>{ $name }</b>. Did you mean { $names }?
settings-never-say-full = The list is full: it has room for { $count } names. Tap one to remove it first.

# Buttons below answers.
settings-corrections = Ask if I'm right
settings-corrections-about =
    Below which answers do I ask whether I was right?

    Anyone here can tell me. Unless it's “Never”, 👍 and 👎 on an answer count too, if Telegram shows them to me: in groups, I have to be an admin for that.
settings-corrections-always = Always
settings-corrections-unsure = When I'm not sure
settings-corrections-never = Never

settings-teachers = Who may teach me
settings-teachers-about =
    Who may teach me new names with /teach, and change them?

    I say a name to everyone here whenever I recognise it, so at first only admins may teach me.
settings-teachers-admins = Admins
settings-teachers-everyone = Everyone

settings-channel-posts = Channel posts
settings-channel-posts-about =
    What do I do with photos posted in a channel?

    In a channel's discussion group I can comment on them. In a channel where I may edit posts I can write the labels under them.
settings-channel-posts-none = Nothing
settings-channel-posts-comment = A comment
settings-channel-posts-caption = Labels under them

settings-chats = Groups and channels
settings-chats-about = Whose settings would you like to see?
settings-chats-none = You aren't an admin of any group or channel that I'm in. Add me to one, then look here again.
settings-chats-more = I'm in more groups than I can ask about at once. If yours is missing, look further.
settings-chats-none-here = You aren't an admin of any of the groups and channels that I've looked at so far.
settings-chats-further = Look further ›

# Alerts of buttons, and short replies; at most 200 characters, without markup.
settings-saved = Saved.
settings-admins-only = Only admins of this group can change how I work here.
settings-not-yours = Only admins can change these settings.
settings-old-button = This button is from an earlier version of me. Send /settings for new ones.
settings-group-moved = This group has become a supergroup. Here are its settings.
settings-group-moved-there = This group has become a supergroup, so this button no longer works. Send /settings there for new ones.
settings-photos-hidden-alert = Telegram hides photos from me here. Make me an admin of this group, or ask my operator to turn off my privacy mode.
settings-never-say-how = Reply to this message with the name that I should never say.
settings-never-say-how-in-private = Send me the name that I should never say.
