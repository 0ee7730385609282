# What is said to those who may not use the bot; $id is theirs, or their group's.

# Shown above a button press, too: no markup, 200 characters.
access-not-allowed = Я открыт не для всех. Если хотите мной пользоваться, сообщите тем, кто мной управляет, ваш ID: { $id }

# To a group or channel that somebody else than an admin of the bot added it to.
access-not-added = Спасибо за приглашение! Но добавлять меня в группы и каналы могут только те, кто мной управляет, поэтому я ухожу.

# To an admin of the bot who added it to a group.
access-group-not-allowed = Я открыт не для всех. Чтобы я отвечал здесь, ID этой группы, <code>{ $id }</code>, должен быть в LABELBOT_ALLOWED.
