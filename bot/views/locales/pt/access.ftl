# What is said to those who may not use the bot; $id is theirs, or their group's.

# Shown above a button press, too: no markup, 200 characters.
access-not-allowed = Não estou aberto a todos. Se quiser me usar, diga seu ID a quem me administra: { $id }

# To a group or channel that somebody else than an admin of the bot added it to.
access-not-added = Obrigado pelo convite! Mas só quem me administra pode me adicionar a um grupo ou canal, por isso vou sair.

# To an admin of the bot who added it to a group.
access-group-not-allowed = Não estou aberto a todos. Para que eu responda aqui, adicione o ID deste grupo, <code>{ $id }</code>, a LABELBOT_ALLOWED.
