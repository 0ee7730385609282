# Respuestas a los comandos que cualquiera puede dar, y a los mensajes que no lo son.

commands-start =
    <b>¡Hola! Envíame una foto y te diré lo que veo en ella.</b>

    { $knows }

    También puedes enviarme una imagen como archivo, un sticker o un enlace a una imagen. El resto está en /help.

commands-help =
    <b>Envíame una foto</b>, una imagen como archivo, un sticker o un enlace a una imagen. De los GIF y los vídeos miro un solo fotograma.

    { $knows }

    /top 3: mostrar tres etiquetas (de 1 a 10)
    /model: qué modelo uso aquí
    /label: responde con esto a una foto y la miraré
    /teach Rex: responde con esto a una foto y desde entonces reconoceré a Rex
    /classes: ver y cambiar lo que aprendí aquí
    /settings: cambiar cómo funciono aquí, o en los grupos y canales que administras
    /privacy: lo que guardo y lo que no
    /deletemydata: borrar todo lo que sé de ti

    En un grupo, responde a una foto con <code>/label</code> o con mi nombre, o pon mi nombre en el pie de una foto. Los administradores pueden hacer que mire todas las fotos.

commands-knows-everyday = Conozco mil cosas: animales, comida, vehículos, objetos cotidianos.
commands-knows-own = Aquí uso el modelo <b>{ $model }</b>. /model dice más sobre él.

commands-label-needs-a-photo = Responde a una foto con /label y te diré lo que veo en ella.
commands-send-a-photo = Envíame una foto y te diré lo que veo en ella. Con /teach aprendo tus propias cosas. /help muestra lo demás.
commands-unknown = No conozco ese comando. Los que conozco están en /help.
commands-borrowed = Ese comando fue reenviado o viene de otro bot, así que no lo ejecuto. Escríbelo tú, por favor.

# $count es el número de etiquetas, de $min a $max.
commands-top =
    { $count ->
        [one] Muestro la mejor etiqueta. Para cambiarlo, usa <code>/top 3</code> con cualquier número de { $min } a { $max }.
       *[other] Muestro las { $count } mejores etiquetas. Para cambiarlo, usa <code>/top 3</code> con cualquier número de { $min } a { $max }.
    }
commands-top-set =
    { $count ->
        [one] De acuerdo, aquí mostraré la mejor etiqueta.
       *[other] De acuerdo, aquí mostraré las { $count } mejores etiquetas.
    }
commands-top-refused = Dame un número de { $min } a { $max }, por ejemplo así: <code>/top 3</code>

# Quién eligió el modelo: un administrador de este chat, el del bot para todos los chats, o nadie.
commands-model-here = Se eligió para este chat.
commands-model-everywhere = Se eligió para todos los chats.
commands-model-default = Es mi modelo predeterminado.

# $labels es el número de etiquetas que conoce el modelo $name.
commands-model =
    { $labels ->
        [one] Aquí uso el modelo <b>{ $name }</b>. Conoce { $labels } cosa.
       *[other] Aquí uso el modelo <b>{ $name }</b>. Conoce { $labels } cosas.
    }

    <i>versión { $version } · licencia { $licence }</i>

commands-words-help = ayuda, ayúdame, ayudame, comandos, qué puedes hacer, que puedes hacer, cómo funciona, como funciona
commands-words-thanks = gracias, muchas gracias, mil gracias, genial, estupendo
commands-you-are-welcome = ¡De nada! Envíame otra foto cuando quieras.
