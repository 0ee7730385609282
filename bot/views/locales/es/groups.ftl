# Lo que dice el bot en los grupos.

groups-welcome =
    ¡Hola! Responde a una foto con /label, o mencióname debajo de ella, y diré lo que veo.
    También puedo mirar todas las fotos: los administradores de este grupo lo eligen con /settings.
groups-welcome-privacy-mode =
    ¡Hola! Responde a una foto con /label, o mencióname debajo de ella, y diré lo que veo.
    También puedo mirar todas las fotos: los administradores lo eligen con /settings y me hacen administrador, porque ahora Telegram me oculta las fotos.

# Una de las etiquetas que se escriben bajo la foto de un canal.
groups-caption-label = { $name } { NUMBER($score, style: "percent", maximumFractionDigits: 0) }
