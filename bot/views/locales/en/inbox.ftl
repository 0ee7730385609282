# Apologies for messages that were not answered in time.

inbox-too-old = Sorry, I was away and missed what you sent me. Please send it again if you still want an answer.
inbox-retired = Sorry, I tried several times and couldn't answer this. Please don't send it again; my operator knows about it.

# To the bot's admins; $id is the update's id, as in the log.
inbox-retired-for-admins = I gave up on update { $id }: I was restarted { $count } times while working on it. See the log for details.
