# Lo que dice el bot en los grupos.

groups-welcome =
    ¡Hola! Responde a una foto con /label o con mi nombre, y te diré lo que veo en ella.
    También puedo mirar todas las fotos: los administradores de este grupo lo activan con /settings.
groups-welcome-privacy-mode =
    ¡Hola! Responde a una foto con /label o con mi nombre, y te diré lo que veo en ella.
    También puedo mirar todas las fotos. Para eso, un administrador tiene que hacerme administrador a mí también (hasta entonces Telegram me oculta las fotos) y activarlo con /settings.

# Una de las etiquetas que se escriben bajo la foto de un canal.
groups-caption-label = { $name } { NUMBER($score, style: "percent", maximumFractionDigits: 0) }
groups-caption-taught = { $name } { NUMBER($score, style: "percent", maximumFractionDigits: 0) } (aprendido aquí)

groups-off = En este grupo no miro fotos. Sus administradores pueden cambiarlo con /settings.
groups-needs-a-photo = Para eso necesito una foto: pon @{ $bot } en su descripción o respóndele con /label.
groups-help = Digo qué hay en las fotos. Responde a una foto con /label o pon @{ $bot } en su descripción. Con /teach aprendo las cosas de este grupo. Para lo demás, escríbeme en privado.
