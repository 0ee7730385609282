# Lo que se guarda y cómo se borra.

# $days es durante cuánto tiempo.
privacy-kept =
    <b>No guardo imágenes ni nombres, y lo que escribes solo hasta que está respondido.</b> Una foto está en la memoria de este equipo mientras la miro, y después en ninguna parte.

    Lo que sí guardo, como números que ha dado Telegram:
    • de cada respuesta, durante { $days ->
        [one] { $days } día
        [many] { $days } de días
       *[other] { $days } días
    }: qué mensaje preguntó, de quién era, el ID de la foto en Telegram y sus etiquetas. Los botones bajo la respuesta lo necesitan;
    • de cada foto que he mirado, durante el mismo tiempo: su ID en Telegram y sus etiquetas, no de quién era ni dónde estaba. Así la misma foto se responde al momento;
    • lo que se ajustó en este chat con /top o /settings, hasta que se borre, y si puedo escribir aquí;
    • los ID de los mensajes, durante un día, para no responder a ninguno dos veces;
    • las personas y los chats que ignoro.

    /deletemydata borra lo que sé de ti, o de un grupo que administras. Cuando me quitan de un grupo, olvido al momento todo menos su ID.

privacy-delete-private = ¿Olvido tus ajustes y todas las respuestas que te di, aquí y en grupos? Los mensajes mismos se quedan: puedes borrarlos tú.
privacy-delete-group = ¿Olvido todas las respuestas que te di, aquí y en otros sitios? Los administradores también pueden hacer que olvide todo sobre este grupo, incluidos sus ajustes.
privacy-delete-hidden = ¿Olvido todo sobre este grupo, incluidos sus ajustes? Solo pueden decirlo sus administradores.
privacy-delete-me = Olvídame
privacy-delete-chat = Olvida este grupo
privacy-keep = Conservarlo

privacy-deleted-me = Hecho: te he olvidado. Los ID de tus últimos mensajes desaparecen en un día.
privacy-deleted-chat = Hecho: he olvidado este grupo. Los ID de sus últimos mensajes desaparecen en un día.
privacy-kept-all = Todo sigue como estaba.

# Sin formato, 200 caracteres como máximo.
privacy-admins-only = Solo pueden decirlo los administradores de este grupo.
privacy-not-yours = Esto lo pidió otra persona. Envía tú /deletemydata.
