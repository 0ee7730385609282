# What is said to those who may not use the bot; $id is theirs, or their group's.

# Shown above a button press, too: no markup, 200 characters.
access-not-allowed = No estoy abierto a todo el mundo. Si quieres usarme, di tu ID a quienes me administran: { $id }

# To a group or channel that somebody else than an admin of the bot added it to.
access-not-added = ¡Gracias por invitarme! Pero solo quienes me administran pueden añadirme a un grupo o canal, así que me voy.

# To an admin of the bot who added it to a group.
access-group-not-allowed = No estoy abierto a todo el mundo. Para que responda aquí, añade el ID de este grupo, <code>{ $id }</code>, a LABELBOT_ALLOWED.
