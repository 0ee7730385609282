# Answers to images and other files.

answers-still = It's animated, so I looked at one frame.
answers-frames = It's animated. In { $agreeing } of { $total } frames I see:
answers-frames-unsure = It's animated, so I looked at { $total } frames.
answers-preview = That file is too large for me, so I looked at its preview.
answers-unsure = Not sure. Best guesses:
answers-unfamiliar = This looks like nothing I have learned. Closest guesses:

# The first line, with the name of a class or a kind of things.
answers-taught = <b>{ $name }: { NUMBER($score, style: "percent", maximumFractionDigits: 0) }</b> · taught here
answers-headline = <b>{ $name }: { $score }</b>
answers-label = { $name } { $bar } { $score }
answers-score = { NUMBER($score, style: "percent", maximumFractionDigits: 0) }
answers-score-below = &lt;{ NUMBER($score, style: "percent", maximumFractionDigits: 0) }

# The last line: the model, and its time in milliseconds if the labels are not cached.
answers-footer = <i>{ $model } · { NUMBER($ms, maximumFractionDigits: 0) } ms</i>
answers-footer-seen-before = <i>{ $model } · seen before</i>
answers-model-gone = <i>{ $model } should answer here, but it is no longer installed.</i>

answers-not-an-image-file = That file isn't an image that I can look at. Send me a photo, or an image as a file.
answers-no-still = I couldn't find a frame of this to look at. Please send me a photo of it.
answers-paid-media = That has to be bought first, and Telegram doesn't show it to me. Please send me a photo.
answers-story = Telegram doesn't show stories to bots. Please send me a photo of it.
answers-file-unavailable = I couldn't get that file from Telegram. Could you send it again?
answers-never-said = My guesses are all on the list of what I never say here.
