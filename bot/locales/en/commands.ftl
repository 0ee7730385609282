# Answers to commands that anybody may give.

commands-start =
    <b>Hello! Send me a photo and I'll tell you what I see in it.</b>

    Images sent as files, stickers and addresses of images work too. /help shows the rest.
