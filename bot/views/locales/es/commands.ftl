# Respuestas a los comandos que cualquiera puede dar, y a los mensajes que no lo son.

commands-start =
    <b>¡Hola! Envíame una foto y te diré lo que veo en ella.</b>

    { $knows }

    También valen imágenes enviadas como archivos, stickers y direcciones de imágenes. /help muestra lo demás.

commands-help =
    <b>Envíame una foto</b>, una imagen como archivo, un sticker o la dirección de una imagen. De un GIF o un vídeo miro un fotograma.

    { $knows }

    /top 3: mostrar tres etiquetas (de 1 a 10)
    /model: qué modelo responde aquí
    /label: en respuesta a una foto, mirarla
    /settings: cómo me comporto aquí, y en los grupos y canales que administras
    /privacy: lo que guardo y lo que no
    /deletemydata: hacer que olvide lo que sé de ti

    En un grupo respondo a <code>/label</code> o a mi nombre en respuesta a una foto, y a las fotos que se envían con mi nombre o en respuesta a mí. Sus administradores pueden hacer que mire todas las fotos.

commands-knows-everyday = Conozco mil cosas: animales, comida, vehículos, cosas de la vida diaria.
commands-knows-own = Aquí responde el modelo <b>{ $model }</b>. /model dice cuánto conoce.

commands-label-needs-a-photo = Responde a una foto con /label y te diré lo que veo en ella.
commands-send-a-photo = Envíame una foto y te diré lo que veo en ella. /help muestra qué más puedo mirar.
commands-unknown = No conozco ese comando. /help muestra los que conozco.
commands-borrowed = Ese comando fue reenviado o lo escribió otro bot, así que no le hago caso. Escríbelo tú, por favor.

# $count es el número de etiquetas, de $min a $max.
commands-top =
    { $count ->
        [one] Muestro la mejor etiqueta. Cámbialo con un número de { $min } a { $max }: <code>/top 3</code>
       *[other] Muestro las { $count } mejores etiquetas. Cámbialo con un número de { $min } a { $max }: <code>/top 3</code>
    }
commands-top-set =
    { $count ->
        [one] Desde ahora muestro aquí la mejor etiqueta.
       *[other] Desde ahora muestro aquí las { $count } mejores etiquetas.
    }
commands-top-refused = Dame un número de { $min } a { $max }, por ejemplo así: <code>/top 3</code>

# $labels es cuántas etiquetas conoce el modelo $name; $width y $height son los píxeles que mira.
commands-model =
    { $labels ->
        [one] Aquí responde <b>{ $name }</b>. Conoce { $labels } etiqueta y mira las imágenes en { $width } x { $height } píxeles.
       *[other] Aquí responde <b>{ $name }</b>. Conoce { $labels } etiquetas y mira las imágenes en { $width } x { $height } píxeles.
    }

    <i>versión { $version } · licencia { $licence }</i>
