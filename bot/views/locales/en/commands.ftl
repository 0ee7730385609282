# Answers to commands for everyone, and to other messages.

# $knows is one of the texts commands-knows-*.
commands-start =
    <b>Hello! Send me a photo and I'll tell you what I see in it.</b>

    { $knows }

    You can also send an image as a file, a sticker, or a link to an image. /help has the rest.

commands-help =
    <b>Send me a photo</b>, an image file, a sticker or a link to an image. For GIFs and videos I look at a single frame.

    { $knows }

    /top 3: show three labels (1 to 10)
    /model: see which model I use here
    /label: reply to a photo with this, and I'll look at it
    /teach Rex: reply to a photo with this, and I'll recognise Rex from then on
    /classes: see and change what I was taught here
    /settings: change how I work here, or in groups and channels you run
    /privacy: see what I store, and what I don't
    /deletemydata: delete everything I know about you

    In a group, reply to a photo with <code>/label</code> or my name, or put my name in a photo's caption. Group admins can set me to look at every photo.

commands-knows-everyday = I know a thousand things: animals, food, vehicles, everyday objects.
commands-knows-own = I'm using the model <b>{ $model }</b> here. /model says more about it.

commands-label-needs-a-photo = Reply to a photo with /label, and I'll tell you what I see in it.
commands-send-a-photo = Send me a photo, and I'll tell you what I see in it. With /teach I learn your own things. /help has the rest.
commands-unknown = I don't know that command. See /help for the ones I know.
commands-borrowed = That command was forwarded or came from another bot, so I ignored it. Please type it yourself.

# $count is the number of labels, from $min to $max.
commands-top =
    { $count ->
        [one] I show the top label. To change that, use <code>/top 3</code> with any number from { $min } to { $max }.
       *[other] I show the top { $count } labels. To change that, use <code>/top 3</code> with any number from { $min } to { $max }.
    }
commands-top-set =
    { $count ->
        [one] OK, I'll show the top label here.
       *[other] OK, I'll show the top { $count } labels here.
    }
commands-top-refused = Please give me a number from { $min } to { $max }, like this: <code>/top 3</code>

# Who chose the model: an admin of this chat, the bot's admin for all chats, or nobody.
commands-model-here = It was chosen for this chat.
commands-model-everywhere = It was chosen for all chats.
commands-model-default = It's my default.

# $labels is the number of labels that the model $name knows.
commands-model =
    { $labels ->
        [one] I'm using the model <b>{ $name }</b> here. It knows { $labels } thing.
       *[other] I'm using the model <b>{ $name }</b> here. It knows { $labels } things.
    }

    <i>version { $version } · licence { $licence }</i>

# What people write who mean /help, and who say thanks: lower case, without punctuation.
commands-words-help = help, help me, please help, commands, what can you do, how does this work
commands-words-thanks = thanks, thank you, thx, ty, thank you very much, thanks a lot, many thanks, cool, great, nice
commands-you-are-welcome = You're welcome! Send me another photo whenever you like.
