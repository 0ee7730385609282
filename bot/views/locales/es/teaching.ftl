# /teach y la conversación que le sigue. $name es el nombre de lo que aprendo.

# La pregunta por el consentimiento y, debajo, las condiciones.
teaching-consent = <b>¿Puedo guardar lo que aprenda de las fotos con las que me enseñes aquí?</b>
teaching-consent-for-photo = <b>¿Puedo aprender { $name } con esta foto tuya?</b> Alguien de aquí quiere enseñármelo con ella. No guardo nada si no estás de acuerdo.
teaching-terms =
    <b>Qué guardo:</b> de cada foto, números que la describen, su identificador en Telegram, el tuyo y el nombre. La foto misma, no.
    <b>Para qué:</b> para reconocer lo mismo en otras fotos de este chat, y en ningún otro sitio. Quien me administra puede crear con ello un modelo mejor para este chat.
    <b>Cuánto tiempo:</b> hasta que lo retires, se olvide el nombre aquí o me quiten de este chat.
    <b>Quién lo ve:</b> todo el mundo en este chat ve los nombres, y las fotos mientras Telegram las tenga: /classes
    <b>Retirarlo:</b> cuando quieras. /privacy muestra tus fotos una por una, /deletemydata lo borra todo.
teaching-agree = Aceptar
teaching-refuse = No
teaching-nothing-kept = Vale, no he guardado nada.

# Preguntas hasta tener un nombre y fotos.
teaching-ask-name = ¿Cómo lo llamo? Envíame el nombre.
teaching-ask-name-in-group = ¿Cómo lo llamo? Responde a este mensaje con el nombre.
teaching-ask-photos = Ahora envíame fotos de <b>{ $name }</b>, mejor desde varios lados. Luego toca «Listo».
teaching-ask-photos-in-group = Ahora responde a este mensaje con fotos de <b>{ $name }</b>, mejor desde varios lados. Luego toca «Listo».
teaching-got =
    { $count ->
        [one] Tengo { $count } foto de <b>{ $name }</b>. Envíame más o toca «Listo».
       *[other] Tengo { $count } fotos de <b>{ $name }</b>. Envíame más o toca «Listo».
    }
teaching-got-in-group =
    { $count ->
        [one] Tengo { $count } foto de <b>{ $name }</b>. Responde a este mensaje con más o toca «Listo».
       *[other] Tengo { $count } fotos de <b>{ $name }</b>. Responde a este mensaje con más o toca «Listo».
    }
teaching-done = Listo
teaching-cancel = Cancelar
teaching-learning =
    { $count ->
        [one] Estoy aprendiendo <b>{ $name }</b> con { $count } foto ...
       *[other] Estoy aprendiendo <b>{ $name }</b> con { $count } fotos ...
    }
teaching-asked-sender =
    { $count ->
        [one] He preguntado a quien envió esa foto si puedo aprender de ella.
       *[other] He preguntado a quien envió esas { $count } fotos si puedo aprender de ellas.
    }

# Lo que he aprendido. $count es el número de fotos y $added el de las nuevas.
teaching-known =
    { $count ->
        [one] Ahora conozco aquí <b>{ $name }</b> ({ $count } foto).
       *[other] Ahora conozco aquí <b>{ $name }</b> ({ $count } fotos).
    }
teaching-known-better =
    { $count ->
        [one] Ahora conozco mejor <b>{ $name }</b> ({ $count } foto, { $added } de ellas nuevas).
       *[other] Ahora conozco mejor <b>{ $name }</b> ({ $count } fotos, { $added } de ellas nuevas).
    }
teaching-known-before =
    { $count ->
        [one] Conozco <b>{ $name }</b> igual que antes ({ $count } foto).
       *[other] Conozco <b>{ $name }</b> igual que antes ({ $count } fotos).
    }
teaching-held-out = Dejando fuera cada una por turno, reconozco { $recognised } de { $total }.
teaching-held-out-nearest = Dejando fuera cada una por turno, reconozco { $recognised } de { $total }; lo más parecido: { $nearest }.
teaching-one-photo = Una foto es un buen comienzo. Con dos más, desde otros lados, lo reconoceré mejor y podré decirte cómo de bien.
teaching-one-photo-nearest = Una foto es un buen comienzo; lo más parecido es { $nearest }. Con dos más, desde otros lados, lo reconoceré mejor y podré decirte cómo de bien.
teaching-nearest = Lo más parecido: { $nearest }.
teaching-weak = Todavía no basta. Ayudarán más fotos, desde otros lados y con otra luz.
teaching-two-ways = He probado dos maneras de distinguir todo lo aprendido aquí: el promedio de las fotos acierta en el { NUMBER($mean, style: "percent", maximumFractionDigits: 0) } de las fotos apartadas; un clasificador entrenado, en el { NUMBER($head, style: "percent", maximumFractionDigits: 0) }. Uso la mejor.
teaching-one-of-album = Esa foto es parte de un álbum, y de él solo me ha llegado esta. Responde también a las demás con /teach para que aprenda de todas.
teaching-left-out =
    { $count ->
        [one] He dejado fuera { $count } foto. { $reason }
       *[other] He dejado fuera { $count } fotos. { $reason }
    }
teaching-had-already =
    { $count ->
        [one] Ya tenía { $count } de las fotos.
       *[other] Ya tenía { $count } de las fotos.
    }
teaching-undo = Deshacer
teaching-undone = Vale, he olvidado lo que aprendí con eso.

# Preguntas sobre fotos sueltas; $number es el número de la foto.
teaching-near-copy =
    { $single ->
        [yes] Es casi igual que una foto que ya tengo, así que me enseña poco.
       *[no] La foto { $number } es casi igual que una que ya tengo, así que me enseña poco.
    }
teaching-near-copy-remove =
    { $single ->
        [yes] Dejarla fuera
       *[no] Dejar fuera la foto { $number }
    }
teaching-two-names =
    { $single ->
        [yes] También es <b>{ $other }</b>, según aprendí antes. ¿Cuál es?
       *[no] La foto { $number } es también <b>{ $other }</b>, según aprendí antes. ¿Cuál es?
    }
teaching-looks-like =
    { $single ->
        [yes] Me parece más bien <b>{ $other }</b>. ¿Cuál es?
       *[no] La foto { $number } me parece más bien <b>{ $other }</b>. ¿Cuál es?
    }
teaching-it-is =
    { $single ->
        [yes] Es { $name }
       *[no] { $number }: { $name }
    }
teaching-both =
    { $single ->
        [yes] Ambos
       *[no] { $number }: ambos
    }
teaching-choice-removed = Vale, la he dejado fuera.
teaching-choice-made = Vale, es { $name }.
teaching-choice-both = Vale, guardo ambos.

# Motivos por los que no puedo aprender de una foto.
teaching-no-photo = No hay ninguna foto en el mensaje al que respondiste. Responde a una foto con <code>/teach Rex</code>, o envía <code>/teach</code> solo y te pediré fotos.
teaching-elsewhere = Esa foto está en otro chat o tema, y lo que aprendo se queda en el chat donde me lo dieron. Envía la foto aquí, por favor.
teaching-answer-forgotten = Ya no sé de qué foto se trataba. Responde a la foto misma, por favor.
teaching-from-web = Esa imagen vino de un enlace. Envíala aquí como foto, por favor.
teaching-answer-of-others = Responde a la foto misma, por favor, para que pueda preguntar a quien la envió.
teaching-by-channel = Eso lo publicó un canal, así que no hay nadie a quien preguntar. No puedo aprender de ello.
teaching-by-anonymous-admin = Eso lo envió un administrador anónimo, así que no puedo preguntarle. No puedo aprender de ello.
teaching-by-bot = Eso lo envió un bot, y solo las personas pueden dar su acuerdo. No puedo aprender de ello.
teaching-by-former-member = Quien envió eso ya no está aquí, así que no puedo preguntarle. No puedo aprender de ello.
teaching-as-group = Escribes en nombre de un grupo o un canal, así que no sé quién eres ni si estás de acuerdo. Escribe en tu nombre para enseñarme.
teaching-in-channel = En un canal no publica nadie en particular, así que nadie podría dar su acuerdo para que aprenda de una foto. Enséñame en un grupo o en un chat privado.

# También avisos de botones, sin formato y de 200 caracteres como máximo.
teaching-admins-only = En este grupo solo los administradores pueden enseñarme. Pueden cambiarlo con /settings.
teaching-not-yours = Solo quien empezó esto puede usar estos botones.
teaching-not-asked = Esta pregunta es para otra persona.
teaching-no-photos-yet = Todavía no me ha llegado ninguna foto.
teaching-undo-not-yours = Solo quien me enseñó esto y los administradores de este grupo pueden deshacerlo.
teaching-too-late-to-undo = De eso hace más de diez minutos. Puedes quitar fotos con /classes.
teaching-request-gone = Lo he olvidado: fue hace más de una hora o ya está hecho. Envía /teach otra vez, por favor.
teaching-class-gone = Ese nombre ya se ha olvidado.
teaching-photo-gone = Esa foto ya se ha quitado.
teaching-not-your-photo = Solo quien dio esta foto puede retirarla.
teaching-name-taken = Aquí ya hay otra cosa con ese nombre.
teaching-nothing-taught = Aquí no me han enseñado lo suficiente para eso.
teaching-other-network = Solo puedo comparar un modelo si se hizo a partir del que responde aquí, con <code>labelbot retrain --taught</code>.
teaching-too-many-classes = No puedo recordar más nombres aquí ({ $limit }). Hazme olvidar uno antes: /classes
teaching-class-full = No puedo recordar más fotos de una misma cosa ({ $limit }).

# Motivos para rechazar un nombre.
teaching-name-empty = Necesito un nombre con letras o algún símbolo, como <code>/teach Rex</code>.
teaching-name-too-long = Ese nombre es demasiado largo: puede tener 64 caracteres como máximo.
teaching-name-several-lines = Un nombre tiene una sola línea. Envíalo otra vez sin saltos de línea, por favor.
teaching-name-command = Un nombre no puede empezar con una barra: parecería un comando.
teaching-name-unreadable = En ese nombre hay caracteres que no se pueden leer. Envíalo otra vez sin ellos, por favor.

# Motivos para dejar fuera una foto.
teaching-photo-no-consent = Quien la envió no ha dado su acuerdo.
teaching-photo-class-full = No puedo recordar más fotos de esto.
teaching-photo-model-cannot-learn = El modelo que responde aquí no puede aprender de fotos. Otro sí puede: mira /settings o pregunta a quien me administra.

# /promote. $right y $right_before cuentan fotos de este chat; los otros números, fotos ajenas.
teaching-promote-usage = Dime qué modelo debe responder aquí, así: <code>/promote NAME</code>. Tiene que estar entrenado con lo que aprendí aquí.
teaching-promote-admins-only = Solo los administradores de este grupo pueden elegir su modelo.
teaching-promoted = <b>{ $model }</b> responde aquí ahora: es mejor que { $before }. Para volver atrás: <code>/rollback here</code>
teaching-not-promoted = <b>{ $before }</b> sigue respondiendo aquí: { $model } no es mejor.
teaching-promotion-right = Fotos de este chat con el nombre correcto: { $model } { $right } de { $total }, { $before } { $right_before } de { $total_before }.
teaching-promotion-mistaken = Fotos ajenas tomadas por algo de aquí: { $model } { $mistaken } de { $total }, { $before } { $mistaken_before } de { $total_before }.
