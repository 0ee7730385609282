# Lo que se dice a los administradores del bot en marcha, y de quiénes son.

admin-only = Solo pueden hacerlo quienes me administran. (Si eres una de esas personas, añade tu ID { $id } a LABELBOT_ADMINS.)
admin-written-as-group = No puedo saber quién eres mientras escribes como el grupo. Escribe con tu propio nombre.

# /stats

admin-stats-uptime-days = <b>En marcha desde hace { $days } d { $hours } h</b>
admin-stats-uptime-hours = <b>En marcha desde hace { $hours } h { $minutes } min</b>
admin-stats-uptime-minutes = <b>En marcha desde hace { $minutes } min</b>
admin-stats-photos =
    { $count ->
        [one] { $count } foto
        [many] { $count } de fotos
       *[other] { $count } fotos
    }
admin-stats-seen-before =
    { $count ->
        [one] { $count } ya vista antes
       *[other] { $count } ya vistas antes
    }
admin-stats-latency = la mitad en { NUMBER($p50, maximumFractionDigits: 0) } ms, 95 de 100 en { NUMBER($p95, maximumFractionDigits: 0) } ms
admin-stats-last-minute = { $count } en el último minuto
# Lo que se contó en un año, también antes del último inicio; failures son mensajes que recibieron una disculpa.
admin-stats-year =
    Último año: { $photos ->
        [one] { $photos } foto
        [many] { $photos } de fotos
       *[other] { $photos } fotos
    } · { $seen_before ->
        [one] { $seen_before } ya vista antes
       *[other] { $seen_before } ya vistas antes
    } · { $failures } sin responder
admin-stats-model = <b>{ $name }</b>: { $figures }
admin-stats-pending =
    { $count ->
        [one] { $count } foto en curso
       *[other] { $count } fotos en curso
    }
admin-stats-messages = Mensajes en espera: { $waiting } · descartados: { $given_up }
admin-stats-memory = { NUMBER($mb, maximumFractionDigits: 0) } MB en total
# Actualizaciones de Telegram que el bot no pudo leer, en un año; el registro nombra su tipo.
admin-stats-left-out = Actualizaciones ilegibles: { $count }
admin-stats-unknown-fate = Mensajes quizá enviados dos veces: { $count }

# /workers: $ready de $count procesos están listos.

admin-workers-ready =
    { $count ->
        [one] { $ready } de { $count } proceso listo
       *[other] { $ready } de { $count } procesos listos
    }
admin-workers-hint = <code>/workers 4</code> lo cambia hasta que me reinicien.
admin-workers-set =
    { $count ->
        [one] De acuerdo: { $count } proceso, hasta que me reinicien.
       *[other] De acuerdo: { $count } procesos, hasta que me reinicien.
    }
admin-workers-refused = Dame un número de 1 a { $most }: más de dos por núcleo solo ocupan memoria.

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
