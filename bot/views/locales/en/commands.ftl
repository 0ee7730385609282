# Answers to commands that anybody may give, and to messages that are none.

# $knows is one of the texts commands-knows-*: what the model that answers knows.
commands-start =
    <b>Hello! Send me a photo and I'll tell you what I see in it.</b>

    { $knows }

    Images sent as files, stickers and addresses of images work too. /help shows the rest.

commands-help =
    <b>Send me a photo</b>, an image as a file, a sticker, or the address of an image. Of a GIF or a video I look at one still.

    { $knows }

    /top 3: show three labels (1 to 10)
    /model: which model answers here
    /label: in reply to a photo, look at it
    /settings: how I behave here, and in groups and channels that you are an admin of
    /privacy: what I keep, and what I don't
    /deletemydata: have me forget what I know about you

    In a group I answer <code>/label</code> or my name in reply to a photo, and photos that are sent with my name or in reply to me. Its admins can have me look at every photo.

commands-knows-everyday = I know a thousand things: animals, food, vehicles, things of everyday life.
commands-knows-own = The model <b>{ $model }</b> answers here. /model says how much it knows.

commands-label-needs-a-photo = Reply to a photo with /label, and I'll tell you what I see in it.
commands-send-a-photo = Send me a photo, and I'll tell you what I see in it. /help shows what else I can look at.
commands-unknown = I don't know that command. /help shows those I do.
commands-borrowed = That command was forwarded, or another bot wrote it, so I leave it alone. Please type it yourself.

# $count is the number of labels, from $min to $max.
commands-top =
    { $count ->
        [one] I show the best label. Change it with a number from { $min } to { $max }: <code>/top 3</code>
       *[other] I show the { $count } best labels. Change it with a number from { $min } to { $max }: <code>/top 3</code>
    }
commands-top-set =
    { $count ->
        [one] From now on I show the best label here.
       *[other] From now on I show the { $count } best labels here.
    }
commands-top-refused = Please give me a number from { $min } to { $max }, like this: <code>/top 3</code>

# $labels is how many different labels the model $name knows; $width and $height are the pixels that it looks at.
commands-model =
    { $labels ->
        [one] <b>{ $name }</b> answers here. It knows { $labels } label and looks at images in { $width } x { $height } pixels.
       *[other] <b>{ $name }</b> answers here. It knows { $labels } labels and looks at images in { $width } x { $height } pixels.
    }

    <i>version { $version } · licence { $licence }</i>
