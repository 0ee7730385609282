# /classes: lo que aprendí en un chat. $name es el nombre. Los textos de los botones son cortos y sin formato.

classes-title = <b>Lo que aprendí aquí</b>
classes-none = Aquí todavía no he aprendido nada. Responde a una foto con <code>/teach Rex</code> y desde entonces reconoceré a Rex.
classes-line = <b>{ $name }</b>: { $facts }
classes-photos =
    { $count ->
        [one] { $count } foto
       *[other] { $count } fotos
    }
classes-recognised = { $recognised } de { $total } reconocidas
classes-seen-never = aún no visto
classes-seen-today = visto hoy
classes-seen =
    { $days ->
        [one] visto hace { $days } día
       *[other] visto hace { $days } días
    }
# Tras un cambio de modelo, las fotos se leen otra vez.
classes-waiting =
    { $count ->
        [one] Estoy leyendo otra vez { $count } foto, porque ahora responde aquí otro modelo.
       *[other] Estoy leyendo otra vez { $count } fotos, porque ahora responde aquí otro modelo.
    }
classes-lost =
    { $count ->
        [one] Telegram ya no tiene { $count } foto, así que el modelo que responde aquí ahora no puede aprender de ella.
       *[other] Telegram ya no tiene { $count } fotos, así que el modelo que responde aquí ahora no puede aprender de ellas.
    }

classes-back = ‹ Volver
classes-previous = ‹
classes-next = ›
classes-show = Fotos
classes-rename = Cambiar nombre
classes-merge = Unir
classes-forget = Olvidar

classes-shown =
    { $total ->
        [one] Foto { $first } de { $total } de <b>{ $name }</b>. Toca su número para quitarla.
       *[other] Fotos { $first } a { $last } de { $total } de <b>{ $name }</b>. Toca un número para quitar esa foto.
    }
classes-not-shown =
    { $count ->
        [one] { $count } de ellas no se puede mostrar: llegó como archivo, sticker o vídeo, o Telegram ya no la tiene.
       *[other] { $count } de ellas no se pueden mostrar: llegaron como archivos, stickers o vídeos, o Telegram ya no las tiene.
    }
classes-removed = Vale, la he quitado.
classes-rename-how = Responde a este mensaje con el nuevo nombre de <b>{ $name }</b>.
classes-rename-how-in-private = Envíame el nuevo nombre de <b>{ $name }</b>.
classes-renamed = Vale, <b>{ $before }</b> se llama <b>{ $name }</b> a partir de ahora.
classes-merge-which = ¿Qué es lo mismo que <b>{ $name }</b>? Sus fotos pasarán al nombre que elijas.
classes-merged = Vale, las fotos de <b>{ $before }</b> son ahora de <b>{ $name }</b>.
classes-forget-question =
    { $count ->
        [one] ¿Olvido <b>{ $name }</b>? Borraré lo que aprendí de { $count } foto y ya no lo reconoceré.
       *[other] ¿Olvido <b>{ $name }</b>? Borraré lo que aprendí de { $count } fotos y ya no lo reconoceré.
    }
classes-forget-yes = Olvidarlo
classes-forget-no = Conservarlo
classes-forgotten = Vale, he olvidado <b>{ $name }</b>.
classes-kept = Vale, sigo conociendo <b>{ $name }</b>.
classes-unknown = Aquí no aprendí <b>{ $name }</b>. Lo que aprendí: /classes
classes-forget-usage = Dime qué debo olvidar, así: <code>/forget Rex</code>. Lo que aprendí aquí: /classes
# Aviso sin formato, de 200 caracteres como máximo.
classes-remove-not-yours = Solo pueden quitarla quien dio esta foto y quienes pueden enseñarme aquí.
