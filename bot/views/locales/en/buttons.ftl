# The buttons under an answer, and what whoever presses them is told.

buttons-more = More
buttons-less = Less
buttons-other-model = Another model
buttons-back = Back

# Without markup, at most 200 characters.
buttons-looking = I'm looking with { $model } ...
buttons-forgotten = I no longer know what this was about. Send me the photo again.
buttons-not-yours = Only whoever asked, and admins of this group, can use these buttons.
buttons-model-gone = That model isn't installed any more.
buttons-old = That button is too old for me to know what it does. Please ask me again.

# Below the labels that stay when another model could not be had.
buttons-not-looked = <i>{ $model }: { $reason }</i>
