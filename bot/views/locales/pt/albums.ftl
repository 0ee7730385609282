# Uma resposta para todas as fotos de um álbum: uma linha por foto.

# $labels é uma lista do que diz albums-label, o quanto couber.
albums-photo = <b>{ $number }.</b> { $labels }
albums-photo-unsure = <b>{ $number }.</b> Sem certeza: { $labels }
albums-photo-unfamiliar = <b>{ $number }.</b> Não se parece com nada que eu tenha aprendido; o mais parecido: { $labels }
albums-photo-failed = <b>{ $number }.</b> <i>{ $reason }</i>
albums-label = { $name } { $score }
albums-taught = <b>{ $name }</b> { $score } (aprendido aqui)
albums-footer = <i>{ $model }</i>
