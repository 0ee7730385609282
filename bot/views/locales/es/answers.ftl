# Lo que se dice de una imagen, y de lo que no lo es.

answers-still = Está animado, así que he mirado un solo fotograma.
answers-frames = Está animado. En { $agreeing } de { $total } fotogramas veo:
answers-frames-unsure = Está animado, así que he mirado { $total } fotogramas.
answers-preview = El archivo entero es demasiado grande para mí, así que he mirado su vista previa.
answers-unsure = No lo tengo claro. Lo más probable:
answers-unfamiliar = No se parece a nada de lo que he aprendido. Lo más parecido:

answers-taught = <b>{ $name }: { NUMBER($score, style: "percent", maximumFractionDigits: 0) }</b> · aprendido aquí
answers-headline = <b>{ $name }: { $score }</b>
answers-label = { $name } { $bar } { $score }
answers-score = { NUMBER($score, style: "percent", maximumFractionDigits: 0) }
answers-score-below = &lt;{ NUMBER($score, style: "percent", maximumFractionDigits: 0) }

# La última línea: qué modelo ha respondido y en cuántos milisegundos.
answers-footer = <i>{ $model } · { NUMBER($ms, maximumFractionDigits: 0) } ms</i>
answers-footer-seen-before = <i>{ $model } · ya vista antes</i>
answers-model-gone = <i>Aquí debería responder { $model }, pero ya no está instalado.</i>

answers-not-an-image-file = Ese archivo no es una imagen que pueda mirar. Envíame una foto, o una imagen como archivo.
answers-no-still = No he encontrado ningún fotograma que mirar. Envíame una foto, por favor.
answers-paid-media = Eso hay que comprarlo antes, y Telegram no me lo muestra. Envíame una foto, por favor.
answers-story = Telegram no muestra las historias a los bots. Envíame una foto, por favor.
answers-file-unavailable = No he podido obtener ese archivo de Telegram. ¿Puedes enviarlo otra vez?
answers-never-said = Todo lo que supongo está en la lista de lo que aquí no digo nunca.
