# Whether an answer is right: what people say about it.

# Buttons: without markup, and short.
corrections-right = Right
corrections-wrong = Wrong
corrections-which = Which of these is it?
corrections-album = Right or wrong?
corrections-something-else = Something else
corrections-take-back = Take it back
corrections-back = Back
# A button that people have pressed; $what is one of the texts above, or a name.
corrections-pressed = ✓ { $what }
corrections-pressed-by = ✓ { $what } · { $count }

# A line below an answer, while its buttons are questions.
corrections-which-photo = Which photo do you mean?
corrections-is-photo-right = Photo { $number }: was I right?
corrections-said-right = You've already said that I was right. Would you like to take it back?
corrections-what-is-it = What is it?
corrections-what-is-photo = Photo { $number }: what is it?
corrections-type = Reply to this message with its name.
corrections-type-in-private = Send me its name.
corrections-type-again = Please reply with a name of at most { $most } characters, on a single line.

# A line below an answer: what people say it is.
corrections-corrected = Corrected: <b>{ $name }</b>
corrections-corrected-photo = Photo { $number } corrected: <b>{ $name }</b>
corrections-unknown-name = I've noted that I was wrong, but I don't know what <b>{ $name }</b> is. To teach me, reply to the photo with <code>/teach { $name }</code>

# To the person who pressed a button: without markup, at most 200 characters.
corrections-noted-right = Thank you! I've noted that I was right.
corrections-noted-wrong = Thank you! I've noted that I was wrong. What is it?
corrections-noted-name = Thank you! I've noted: { $name }
corrections-taken-back = OK, I've forgotten what you said about this.
corrections-nothing-said = You haven't said anything about this.
corrections-type-now = I've noted that I was wrong. Now reply to my answer with its name.
corrections-type-now-in-private = I've noted that I was wrong. Now send me its name.
corrections-closed = I'm no longer asking about this photo.
