# Lo que se guarda y cómo se borra.

# $days es durante cuánto tiempo.
privacy-kept =
    <b>No guardo tus imágenes ni tu nombre, y guardo tu mensaje solo hasta que lo he respondido.</b> Una foto está en la memoria de este equipo mientras la miro, y después en ninguna parte.

    Lo que sí guardo, como números de Telegram:
    • de cada respuesta, durante { $days ->
        [one] { $days } día
        [many] { $days } de días
       *[other] { $days } días
    }: qué mensaje preguntó, quién lo escribió, el ID de la foto en Telegram y sus etiquetas. Los botones bajo la respuesta lo necesitan;
    • lo que me dicen de una respuesta, durante el mismo tiempo: si era correcta, la etiqueta correcta si se eligió una, quién lo dijo y quién había preguntado. Quien me administra solo ve cuántas veces acerté y qué etiquetas se confundieron a menudo;
    • de cada foto que he mirado, durante el mismo tiempo: su ID en Telegram y sus etiquetas, pero no de quién era ni dónde estaba. Si llega la misma foto otra vez, puedo responder al momento;
    • lo que aprendí con /teach, hasta que se retire: de cada foto, números que la describen, su número en Telegram, quién la dio y el nombre; y quién dio su acuerdo;
    • los ajustes de este chat (/top y /settings), hasta que se borren, y si puedo escribir aquí;
    • los ID de los mensajes, durante un día, para responder a cada uno solo una vez;
    • las personas y los chats que ignoro.

    /deletemydata borra lo que sé de ti, o de un grupo que administras. Cuando me quitan de un grupo, borro al momento todo lo que sé de él menos su ID. Una copia de mi base de datos anterior a una actualización puede conservar lo borrado tanto tiempo como guardo las respuestas.

privacy-delete-private = ¿Borrar tus ajustes, todas las respuestas que te di y todo lo que aprendí de tus fotos, aquí y en grupos? Los mensajes mismos se quedan: puedes borrarlos tú.
privacy-delete-group = ¿Borrar todas las respuestas que te di y todo lo que aprendí de tus fotos, aquí y en otros sitios? Los administradores también pueden borrar todo lo que sé de este grupo, incluidos sus ajustes.
privacy-delete-hidden = ¿Borrar todo lo que sé de este grupo, incluidos sus ajustes? Solo pueden hacerlo los administradores.
privacy-delete-me = Borrar mis datos
privacy-delete-chat = Borrar datos del grupo
privacy-keep = Conservarlo todo

privacy-deleted-me = Hecho: tus datos están borrados. Los ID de tus últimos mensajes desaparecen en un día.
privacy-deleted-chat = Hecho: los datos de este grupo están borrados. Los ID de sus últimos mensajes desaparecen en un día.
privacy-kept-all = De acuerdo, no se ha borrado nada.

# Sin formato, 200 caracteres como máximo.
privacy-admins-only = Solo pueden hacerlo los administradores.
privacy-not-yours = Esto lo pidió otra persona. Envía tú /deletemydata.

# Fotos que alguien dio con /teach.
privacy-given = <b>Lo que aprendí de ti:</b>
privacy-given-line =
    { $count ->
        [one] • <b>{ $name }</b> en { $chat }: { $count } foto
       *[other] • <b>{ $name }</b> en { $chat }: { $count } fotos
    }
privacy-given-open = { $name } · { $chat }
privacy-given-all = ✕ Todo · { $chat }
privacy-given-all-question = ¿Retirar todo lo que diste aquí: { $chat }? Borro lo que aprendí de ello allí y te preguntaré otra vez antes de aprender de tus fotos.
privacy-given-all-yes = Retirarlo todo
privacy-given-all-no = Conservarlo
privacy-given-all-done = Vale, he borrado todo lo que diste allí.
privacy-given-none = No tengo fotos que hayas dado.
privacy-given-here = este chat
privacy-given-elsewhere = otro chat
privacy-given-in-group = Aquí me diste fotos para aprender. Para verlas y retirarlas, envíame /privacy en un chat privado.
