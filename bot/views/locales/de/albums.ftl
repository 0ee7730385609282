# Eine Antwort für alle Fotos eines Albums: eine Zeile je Foto.

# $labels ist eine Liste dessen, was albums-label sagt, so viel davon, wie passt.
albums-photo = <b>{ $number }.</b> { $labels }
albums-photo-unsure = <b>{ $number }.</b> Nicht sicher: { $labels }
albums-photo-unfamiliar = <b>{ $number }.</b> Nichts, was ich gelernt habe; am ehesten: { $labels }
albums-photo-failed = <b>{ $number }.</b> <i>{ $reason }</i>
albums-label = { $name } { $score }
albums-taught = <b>{ $name }</b> { $score } (hier gelernt)
albums-footer = <i>{ $model }</i>
