# Why there are no labels.

failures-not-an-image = I couldn't read that as an image. JPEG, PNG, WebP, GIF, HEIC, AVIF, BMP and TIFF all work.
failures-empty-file = That file is empty. Could you send it again?
failures-truncated-image = That image is damaged, or a part of it is missing. Could you send it again?
failures-too-many-pixels = That image has more pixels than I can look at. A smaller copy of it will work.
failures-too-many-bytes = That file is too large for me: I can fetch up to 20 MB. A smaller copy of it will work.
failures-image = I couldn't look at that image. Could you try another one?
failures-unexpected-image = I stumbled over that image, and have made a note of it. Could you try another copy of it?
failures-address-refused = I only look at public addresses that start with http:// or https://.
failures-download = I couldn't fetch an image from that address. Could you send me the photo itself?
failures-overloaded = So many photos are waiting that I can't take another one. Please try again in a minute.
failures-deadline-exceeded = That one took me too long, so I gave up. Please try again, or send a smaller copy.
failures-worker-crashed = Something broke while I looked at that image. Could you try another copy of it?
failures-out-of-memory = I don't have enough memory to look at that image. A smaller copy of it will work.
failures-pool-closed = I'm about to restart, so I couldn't look at that. Please send it again in a minute.
failures-not-in-catalog = I know no published model of that name.
failures-wrong-file = What came from there is not the file that was published. The people who run me can fix that.
failures-model-not-found = The model that should answer here is not installed. The people who run me can fix that.
failures-model-not-built = The model that should answer here is still being made ready. Please try again in a moment.
failures-missing-extra = The model that should answer here needs something that is not installed. The people who run me can fix that.
failures-model = The model that should answer here does not work. The people who run me can fix that.
failures-any = I couldn't look at that. Please try again.

# $reference is what the log has for this mistake.
failures-unexpected = Sorry, something went wrong on my side. Please try again. (Reference: { $reference })
