# Cómo los administradores eligen e instalan los modelos.

models-count =
    { $count ->
        [one] <b>{ $count } modelo</b>
       *[other] <b>{ $count } modelos</b>
    }
models-more = y { $count } más: <code>labelbot models list</code>

# Una línea de la lista da el nombre y datos como estos.
models-fact-broken = dañado
models-fact-labels =
    { $count ->
        [one] { $count } etiqueta
       *[other] { $count } etiquetas
    }
models-fact-size = { NUMBER($mb, minimumFractionDigits: 1, maximumFractionDigits: 1) } MB
# Share of right labels; $images is the name of a data set.
models-fact-accuracy = { NUMBER($share, style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1) } de aciertos con { $images }
models-fact-accuracy-own = { NUMBER($share, style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1) } de aciertos con sus propias fotos reservadas
models-fact-accuracy-unknown = { NUMBER($share, style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1) } de aciertos, con fotos desconocidas
models-fact-everywhere = en uso en todas partes
models-fact-chats =
    { $count ->
        [one] elegido en { $count } chat
       *[other] elegido en { $count } chats
    }
models-not-alike = <i>Los porcentajes medidos con fotos distintas no se pueden comparar: hay fotos más difíciles que otras.</i>
models-use-button = Usar { $name }

# Cambiar. $place es "here", solo en este chat, o "everywhere".

models-use-usage = ¿Cuál? <code>/use NOMBRE</code>, o <code>/use NOMBRE here</code> solo para este chat. /models muestra la lista.
models-rollback-usage = Usa <code>/rollback</code>, o <code>/rollback here</code> solo para este chat.
models-trying = Estoy probando { $name } ...
models-as-before =
    { $place ->
        [here] Aquí sigo usando <b>{ $name }</b>.
       *[everywhere] Sigo usando <b>{ $name }</b> en todas partes.
    }
models-switched =
    { $place ->
        [here] Ahora uso <b>{ $name }</b> aquí.
       *[everywhere] Ahora uso <b>{ $name }</b> en todas partes.
    }
models-way-back =
    { $place ->
        [here] /rollback here vuelve a { $name }.
       *[everywhere] /rollback vuelve a { $name }.
    }
models-seen = En la foto de ejemplo ve { $label } ({ NUMBER($score, style: "percent", maximumFractionDigits: 0) }).
models-works = <b>{ $name }</b> funciona.
models-broken = <b>{ $name }</b> no funciona: { $reason }
models-removed = { $name } se ha eliminado.
models-remove-usage = ¿Cuál? <code>/remove NOMBRE</code>. /models muestra la lista.
models-not-done = No ha cambiado nada: { $reason }

# Por qué no se cambió, eliminó o descargó.

models-refused-chosen-already = No ha cambiado nada: { $name } ya estaba elegido.
models-refused-nothing-before = No hay adónde volver.
models-refused-in-use = No ha cambiado nada: { $name } está en uso. Elige antes otro modelo.
models-refused-installed-already = No ha cambiado nada: { $name } ya está instalado. /models muestra la lista.
models-refused-pull-under-way = No ha cambiado nada: ya estoy descargando { $name }, y descargo los modelos de uno en uno.
models-refused-pull-stopped = La descarga de { $name } se ha detenido. La próxima seguirá desde ahí.
models-refused-of-a-chat = { $name } se hizo con lo que me enseñó otro chat, y eso se queda en ese chat.

# /pull. $subject es el nombre de un archivo o de una red.

models-all-installed = Todos los modelos publicados que conozco están instalados.
models-pull-usage = Instala un modelo publicado con <code>/pull NOMBRE</code>, o desde otro sitio con <code>/pull NOMBRE DIRECCIÓN</code>:
models-pull-starting = <b>{ $name }</b>: empezando ...
models-pull-downloading = <b>{ $name }</b>: descargando { $subject } ...
models-pull-unpacking = <b>{ $name }</b>: descomprimiendo { $subject } ...
models-pull-compiling = <b>{ $name }</b>: compilando { $subject } ...
models-pull-bytes = { NUMBER($done, minimumFractionDigits: 1, maximumFractionDigits: 1) } de { NUMBER($total, minimumFractionDigits: 1, maximumFractionDigits: 1) } MB
models-pull-stop-button = Detener
models-pulled = <b>{ $name }</b> está instalado.
models-pull-stopping = Estoy deteniendo la descarga.
models-no-pull = No se está descargando ningún modelo.

# Botones de mensajes antiguos.

models-button-without-model = Ese modelo ya no está instalado.
