# Lo que se dice a los administradores del bot en marcha, y de quiénes son.

admin-only = Solo pueden hacerlo quienes me administran. (Si eres una de esas personas, añade tu ID { $id } a LABELBOT_ADMINS.)
admin-written-as-group = No puedo saber quién eres mientras escribes como el grupo. Escribe con tu propio nombre.

# /stats

admin-stats-uptime-days = <b>En marcha desde hace { $days } d { $hours } h</b>
admin-stats-uptime-hours = <b>En marcha desde hace { $hours } h { $minutes } min</b>
admin-stats-uptime-minutes = <b>En marcha desde hace { $minutes } min</b>
admin-stats-photos = Fotos respondidas: { $count }, de ellas { $seen_before } al instante porque ya las conocía
admin-stats-latency = Tiempo para una foto nueva: normalmente { NUMBER($p50, maximumFractionDigits: 0) } ms, 19 de 20 en { NUMBER($p95, maximumFractionDigits: 0) } ms
admin-stats-now = Fotos en el último minuto: { $count } · en curso: { $pending } · mensajes en espera: { $waiting }
admin-stats-given-up = Mensajes descartados porque Telegram no los aceptó a tiempo: { $count }
admin-stats-memory = memoria en uso: { NUMBER($mb, maximumFractionDigits: 0) } MB
# Lo contado en un año, también antes del último inicio.
admin-stats-year-title = <b>El último año</b>
admin-stats-year = Fotos respondidas: { $photos }, de ellas { $seen_before } ya conocidas · mensajes que no pude responder: { $failures }
admin-stats-left-out = Actualizaciones de Telegram que no pude leer: { $count }
admin-stats-unknown-fate = Mensajes quizá enviados dos veces: { $count }
admin-stats-models = <b>Modelos desde el inicio</b>
admin-stats-model = <b>{ $name }</b>: { $figures }
admin-stats-model-photos = fotos respondidas: { $count } (ya conocidas: { $seen_before })
admin-stats-model-latency = normalmente { NUMBER($p50, maximumFractionDigits: 0) } ms, 19 de 20 en { NUMBER($p95, maximumFractionDigits: 0) } ms
admin-stats-not-alike = <i>Cada modelo vio otras fotos, así que sus tiempos no se pueden comparar.</i>

# Lo que dice la gente: $figure es admin-live-figure o admin-live-too-few.
admin-live-title = <b>Lo que dice la gente de mis respuestas</b>
admin-live-none = Nadie me ha dicho todavía si una respuesta era correcta.
admin-live-sure = <b>{ $name }</b>, cuando está seguro: { $figure }
admin-live-unsure = <b>{ $name }</b>, su mejor idea cuando no está seguro: { $figure }
admin-live-taught = <b>{ $name }</b>, lo que le enseñaron: { $figure }
admin-live-figure = { NUMBER($share, style: "percent", maximumFractionDigits: 0) } de aciertos (de { NUMBER($low, style: "percent", maximumFractionDigits: 0) } a { NUMBER($high, style: "percent", maximumFractionDigits: 0) } con un 95 % de confianza) · fotos: { $photos }
admin-live-too-few = muy pocas fotos para decirlo: { $photos } de { $needed }
admin-live-disputed = Fotos que no cuentan porque las opiniones difieren: { $count }
admin-live-confusion = A menudo corregido, { $name }: { $said } → { $label } · fotos: { $photos }
admin-live-note = <i>Contado con las fotos que alguien juzgó con un botón o con 👍 y 👎 (días: { $days }). Quienes lo hacen no son una muestra al azar: no compares estos porcentajes con los de /models.</i>

# /workers: $ready de $count procesos están listos.

admin-workers-ready =
    { $count ->
        [one] { $ready } de { $count } proceso listo
       *[other] { $ready } de { $count } procesos listos
    }
admin-workers-hint = <code>/workers { $most }</code> lo cambia hasta que me reinicien.
admin-workers-set =
    { $count ->
        [one] De acuerdo: { $count } proceso, hasta que me reinicien.
       *[other] De acuerdo: { $count } procesos, hasta que me reinicien.
    }
admin-workers-refused = Dame un número de 1 a { $most }: más de dos por núcleo solo ocupan memoria.
admin-cluster = Clúster de Ray en { $address }, Ray { $ray }, Python { $python }
admin-cluster-node = { $name } · núcleos: { $cores } · procesos: { $workers }
admin-cluster-fault = { $name } no puede reconocer fotos: { $reason }
admin-cluster-unchecked = { $name } acaba de unirse.
admin-cluster-more = Más máquinas: { $count }
admin-cluster-refused = Dame un número de 1 a { $most }, los núcleos del clúster.

# /ban, /unban

admin-ban-usage = ¿A quién? Usa <code>/ban ID</code> (de una persona o de un chat), o responde a un mensaje con <code>/ban</code>.
admin-unban-usage = ¿A quién? Usa <code>/unban ID</code>. /ban muestra la lista.
admin-banned-list = Ignoro a:
admin-banned-nobody = No ignoro a nadie
admin-banned-more = y { $count } más
admin-ban-an-admin = No se puede ignorar a los administradores.
admin-banned = A partir de ahora ignoraré a { $id }. /unban { $id } lo deshace.
admin-unbanned = Ya no ignoro a { $id }.
admin-was-not-banned = No estaba ignorando a { $id }.
