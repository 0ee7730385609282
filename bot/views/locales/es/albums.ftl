# Una respuesta para todas las fotos de un álbum: una línea por foto.

# $labels es una lista de lo que dice albums-label, cuanto quepa.
albums-photo = <b>{ $number }.</b> { $labels }
albums-photo-unsure = <b>{ $number }.</b> No lo tengo claro: { $labels }
albums-photo-unfamiliar = <b>{ $number }.</b> No se parece a nada que haya aprendido; lo más parecido: { $labels }
albums-photo-failed = <b>{ $number }.</b> <i>{ $reason }</i>
albums-label = { $name } { $score }
albums-taught = <b>{ $name }</b> { $score } (aprendido aquí)
albums-footer = <i>{ $model }</i>
