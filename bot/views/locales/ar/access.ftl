# What is said to those who may not use the bot; $id is theirs, or their group's.

# Shown above a button press, too: no markup, 200 characters.
access-not-allowed = لست متاحًا للجميع. لاستخدامي يُرجى إبلاغ من يشغّلونني بهذا المعرّف: { $id }

# To a group or channel that somebody else than an admin of the bot added it to.
access-not-added = شكرًا على الدعوة! لكن من يشغّلونني وحدهم يستطيعون إضافتي إلى مجموعة أو قناة، لذلك سأغادر.

# To an admin of the bot who added it to a group.
access-group-not-allowed = لست متاحًا للجميع. كي أجيب هنا، يُضاف معرّف هذه المجموعة، <code>{ $id }</code>، إلى LABELBOT_ALLOWED.
