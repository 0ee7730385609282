# What is said to an image, and to what is none.

answers-still = It moves, so I looked at one still.
answers-preview = That file is too large for me in full, so I looked at its preview.
answers-unsure = Not sure. Best guesses:
answers-score = { NUMBER($score, style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1) }

# The last line: which model answered, within how many milliseconds; none where it remembered its labels.
answers-footer = <i>{ $model } · { NUMBER($ms, maximumFractionDigits: 0) } ms</i>
answers-footer-seen-before = <i>{ $model } · seen before</i>
answers-model-gone = <i>{ $model } should answer here, but it is gone.</i>

answers-not-an-image-file = That file isn't an image that I can look at. Send me a photo, or an image as a file.
answers-no-still = There is no still of this that I could look at. Send me a photo of it.
answers-file-unavailable = Telegram didn't hand me that file. Could you send it again?
