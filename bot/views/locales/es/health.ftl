# Lo que se dice a los administradores en sus chats privados cuando algo falla en el bot en marcha, y cuando ha pasado.
# $lasted_min es cuánto duró.

health-database-file = Mi archivo de base de datos, <code>{ $file }</code>, fue borrado o reemplazado mientras estoy en marcha. Lo que guarde a partir de ahora se perderá cuando me detenga. Detenme, pon en su sitio el archivo o una copia de seguridad e iníciame de nuevo.
health-database-file-over = Mi archivo de base de datos vuelve a estar en su sitio.
health-clock = El reloj de este equipo está mal: va { $minutes } min { $direction ->
        [ahead] adelantado
       *[behind] atrasado
    }. Me guío por el reloj de Telegram, así que los mensajes se responden igualmente. Ponlo en hora: las horas de mi registro están mal y las conexiones seguras pueden fallar.
health-clock-over = El reloj de este equipo vuelve a estar en hora.
health-disk = El disco con mis datos está casi lleno: quedan libres { $free_mb } MB, un { $percent } %. Cuando se llene no podré guardar nada. Libera espacio, por favor.
health-disk-over = El disco con mis datos vuelve a tener espacio.
health-polling = Llevo { $minutes } min sin poder recoger mensajes de Telegram. Telegram los guarda durante un día. El registro dice más.
health-polling-over = Ya puedo recoger mensajes de Telegram otra vez, tras { $lasted_min } min sin poder.
health-webhook = Telegram no puede entregarme mensajes: { $reason }. Los guarda durante un día y sigue intentándolo. Revisa la dirección de LABELBOT_WEBHOOK_URL, su certificado y el proxy que hay delante.
health-webhook-over = Telegram vuelve a entregarme mensajes, tras { $lasted_min } min sin poder.
health-webhook-replaced = Otro programa se ha llevado mis mensajes: quitó o cambió mi webhook. Lo he vuelto a poner. Si no conoces ese programa, pide a @BotFather que revoque mi token.
health-webhook-replaced-over = Mis mensajes vuelven a llegarme; otro programa se los llevó durante { $lasted_min } min.
health-workers = Mis procesos de trabajo se caen una y otra vez: { $count } veces en los últimos { $minutes } min. Las fotos se responden tarde o no se responden. Casi siempre falta memoria; el registro dice más.
health-workers-over = Mis procesos de trabajo ya no se caen.
health-cluster = He perdido la conexión con el clúster: { $reason }. Las fotos nuevas esperan y sigo intentando conectarme.
health-cluster-over = Vuelvo a estar conectado al clúster, tras { $lasted_min } min sin conexión.
# $models son nombres de modelos, y $instead también.
health-model = Falta o está dañado: <b>{ $models }</b>. Hasta que se arregle, responde en su lugar <b>{ $instead }</b>. /models muestra qué modelos hay.
health-model-over = Los modelos que deben responder vuelven a estar todos.
# $reason es una frase en inglés.
health-backup = La última copia de seguridad falló. { $reason }
health-backup-over = Ya se ha hecho otra vez una copia de seguridad.
