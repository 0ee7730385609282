# Reasons for missing labels.

failures-not-an-image = I couldn't read that as an image. JPEG, PNG, WebP, GIF, HEIC, AVIF, BMP and TIFF all work.
failures-empty-file = That file is empty. Could you send it again?
failures-camera-raw = That is a camera's raw file, and there's no preview in it that I can read. Please send it as a JPEG.
failures-truncated-image = That image is damaged, or a part of it is missing. Could you send it again?
failures-too-many-pixels = That image is too big for me. Please send a smaller copy.
failures-too-many-bytes = That file is too large for me: I can fetch up to 20 MB. Please send a smaller copy.
failures-image = I couldn't look at that image. Could you try another one?
failures-unexpected-image = Something about that image tripped me up, and I've logged it. Could you try another copy of it?
failures-address-refused = I can't open that link: it isn't on the public web.
failures-download = I couldn't download an image from that link. Could you send me the photo itself?
failures-overloaded = So many photos are waiting that I can't take another one. Please try again in a minute.
failures-deadline-exceeded = That one took me too long, so I gave up. Please try again, or send a smaller copy.
failures-worker-crashed = Something broke while I was looking at that image. Could you try another copy of it?
failures-out-of-memory = I don't have enough memory for that image. Please send a smaller copy.
failures-pool-closed = I'm about to restart, so I couldn't look at that. Please send it again in a minute.
failures-not-in-catalog = I don't know a published model with that name.
failures-wrong-file = The file I downloaded isn't the one that was published. My operator can fix that.
failures-model-not-found = The model that should answer here isn't installed. My operator can fix that.
failures-model-not-built = The model that should answer here is still being prepared. Please try again in a moment.
failures-missing-extra = The model that should answer here needs software that isn't installed. My operator can fix that.
failures-cluster = The machines that look at photos can't be reached right now. Please try again in a few minutes.
failures-model = The model that should answer here doesn't work. My operator can fix that.
failures-any = I couldn't look at that. Please try again.

# The log has the error under the same $reference.
failures-unexpected = Sorry, something went wrong on my side. Please try again. (Reference: { $reference })
