# What is said to those who may not use the bot; $id is theirs, or their group's.

# Shown above a button press, too: no markup, 200 characters.
access-not-allowed = Я відкритий не для всіх. Якщо хочете мною користуватися, повідомте тим, хто мною керує, ваш ID: { $id }

# To a group or channel that somebody else than an admin of the bot added it to.
access-not-added = Дякую за запрошення! Але додавати мене до груп і каналів можуть лише ті, хто мною керує, тому я йду.

# To an admin of the bot who added it to a group.
access-group-not-allowed = Я відкритий не для всіх. Щоб я відповідав тут, ID цієї групи, <code>{ $id }</code>, має бути в LABELBOT_ALLOWED.
