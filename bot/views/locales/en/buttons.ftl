# The buttons below an answer, and their alerts.

buttons-more = More
buttons-less = Less
buttons-other-model = Another model
buttons-back = Back

# Without markup, at most 200 characters.
buttons-looking = I'm looking again with { $model } ...
buttons-forgotten = I no longer remember this answer. Please send me the photo again.
buttons-not-yours = Only the person who asked and this group's admins can use these buttons.
buttons-model-gone = That model is no longer installed.
buttons-old = This button is too old and no longer works. Please ask me again.

# Below the old labels if another model failed.
buttons-not-looked = <i>{ $model }: { $reason }</i>
