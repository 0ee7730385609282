# Las pantallas de /settings: lo que pueden ajustar los grupos, los canales y los chats privados. Los textos de los
# botones van sin formato y son cortos: un teléfono muestra unos veinte caracteres de un botón que comparte su fila.

# El nombre de este idioma, en él mismo.
settings-language-name = Español

settings-title = <b>Ajustes de { $title }</b>
settings-title-private = <b>Ajustes de este chat</b>
settings-line = { $name }: <b>{ $value }</b>
settings-name-and-value = { $name }: { $value }
settings-photos-hidden = ⚠️ Telegram me oculta fotos aquí, así que no puedo mirarlas todas. Hazme administrador de este grupo, o pide a quienes me administran que desactiven mi modo de privacidad.
settings-back = ‹ Volver
settings-close = Cerrar

# Cómo se responde a las fotos en un grupo.
settings-mode = Fotos
settings-mode-about =
    ¿Qué fotos miro?

    Si preguntan: las fotos a las que alguien responde con /label o con mi nombre, y las que se envían con mi nombre o en respuesta a mí.
settings-mode-off = Ninguna
settings-mode-ask = Si preguntan
settings-mode-auto = Todas

settings-answer-by = Si nadie pregunta
settings-answer-by-about =
    ¿Cómo respondo a las fotos por las que nadie ha preguntado?

    Una reacción 👀 significa que sé lo que muestra la foto: responde con /label para ver el resultado.
settings-answer-by-reply = Una respuesta
settings-answer-by-react = Una reacción 👀

settings-threshold = Callar por debajo de
settings-threshold-about = Si nadie pregunta, solo hablo cuando estoy al menos así de seguro.
settings-threshold-none = Lo que indica el modelo
settings-threshold-score = { NUMBER($score, style: "percent", maximumFractionDigits: 0) }

settings-quiet = Horas de silencio
settings-quiet-about = En las horas de silencio solo respondo si me preguntan.
# Por ejemplo: Próximas: de lun 22:00 a mar 07:00
settings-quiet-next = Próximas: de { $start } a { $end }
settings-quiet-now = Ahora son horas de silencio, hasta { $end }.
settings-quiet-none = Ninguna
settings-quiet-end = Sin horas de silencio
# Por ejemplo: de 22:00 a 07:00, UTC+02:00
settings-quiet-hours = de { $start } a { $end }, { $zone }
settings-quiet-from = Desde
settings-quiet-from-about = ¿Cuándo empiezan las horas de silencio?
settings-quiet-from-none = sin fijar
settings-quiet-to = Hasta
settings-quiet-to-about = ¿Cuándo terminan las horas de silencio?
settings-quiet-to-none = sin fijar
settings-time-zone = Zona horaria
settings-time-zone-about = ¿Qué hora es ahí?
settings-time-zone-places = En estos lugares son ahora las { $time }. ¿Cuál tiene tu hora todo el año?

settings-top-k = Etiquetas
settings-top-k-about = ¿Cuántas etiquetas muestro?

settings-model = Modelo
settings-model-about = ¿Qué modelo mira las fotos de este chat?
settings-model-none = El mismo que en otros
settings-model-trying = Lo estoy probando ...
settings-model-refused = ⚠️ Ese modelo no funciona, así que no ha cambiado nada.
settings-model-gone = Ese modelo ya no está instalado.

settings-language = Idioma
settings-language-about = ¿Qué idioma hablo aquí?
# En un chat privado: el de la aplicación de la persona. En un grupo: inglés.
settings-language-automatic = Automático
settings-language-english = De fábrica: inglés

# Nombres que nunca se dicen en un chat.
settings-never-say = No decir nunca
settings-never-say-about = Esto lo dejo fuera de mis respuestas. El nombre de un tipo, como «perro», vale para todo lo de ese tipo.
settings-never-say-hint = Para añadir un nombre, responde a este mensaje con él.
settings-never-say-none = Nada
settings-never-say-add = Añadir
settings-never-say-added = De acuerdo, no diré nunca: <b>{ $names }</b>
settings-never-say-unknown = No conozco el nombre <b>{ $name }</b>.
settings-never-say-similar = No conozco el nombre <b>{ $name }</b>. ¿Querías decir { $names }?
settings-never-say-full = La lista está llena: caben { $count } nombres. Toca primero uno para quitarlo.

# Botones bajo las respuestas.
settings-corrections = Preguntar si acierto
settings-corrections-about =
    ¿Bajo qué respuestas pregunto si acerté?

    Cualquiera aquí puede decírmelo. Salvo con «Nunca», también cuentan 👍 y 👎 en una respuesta, si Telegram me los muestra: en los grupos tengo que ser administrador.
settings-corrections-always = Siempre
settings-corrections-unsure = Cuando dudo
settings-corrections-never = Nunca

settings-teachers = Quién puede enseñarme
settings-teachers-about =
    ¿Quién puede enseñarme nombres nuevos con /teach, y cambiarlos?

    Digo un nombre delante de todo el grupo cada vez que lo reconozco, así que al principio solo pueden enseñarme los administradores.
settings-teachers-admins = Administradores
settings-teachers-everyone = Todo el mundo

settings-channel-posts = Publicaciones
settings-channel-posts-about =
    ¿Qué hago con las fotos publicadas en un canal?

    En el grupo de discusión de un canal puedo comentarlas. En un canal donde puedo editar publicaciones puedo escribir las etiquetas debajo.
settings-channel-posts-none = Nada
settings-channel-posts-comment = Un comentario
settings-channel-posts-caption = Etiquetas debajo

settings-chats = Grupos y canales
settings-chats-about = ¿De qué grupo o canal quieres ver los ajustes?
settings-chats-none = No administras ningún grupo ni canal en el que yo esté. Añádeme a uno y vuelve a mirar aquí.
settings-chats-more = Estoy en más grupos de los que puedo consultar a la vez. Si falta el tuyo, sigue buscando.
settings-chats-none-here = No administras ninguno de los grupos y canales que he consultado hasta ahora.
settings-chats-further = Seguir buscando ›

# Se muestra un momento a quien ha pulsado un botón o preguntado; 200 caracteres como máximo, sin formato.
settings-saved = Guardado.
settings-admins-only = Solo los administradores de este grupo pueden cambiar cómo funciono aquí.
settings-not-yours = Solo los administradores pueden cambiar estos ajustes.
settings-old-button = Este botón es de una versión anterior de mí. Envía /settings para tener otros nuevos.
settings-group-moved = Este grupo se ha convertido en supergrupo. Aquí están sus ajustes.
settings-group-moved-there = Este grupo se ha convertido en supergrupo y este botón ya no funciona. Envía /settings allí para tener otros nuevos.
settings-photos-hidden-alert = Telegram me oculta fotos aquí. Hazme administrador de este grupo, o pide a quienes me administran que desactiven mi modo de privacidad.
settings-never-say-how = Responde a este mensaje con el nombre que no debo decir nunca.
settings-never-say-how-in-private = Envíame el nombre que no debo decir nunca.
