# Los botones bajo una respuesta, y lo que se dice a quien los pulsa.

buttons-more = Más
buttons-less = Menos
buttons-other-model = Otro modelo
buttons-back = Volver

# Sin formato, 200 caracteres como máximo.
buttons-looking = Vuelvo a mirar con { $model } ...
buttons-forgotten = Ya no recuerdo esta respuesta. Envíame la foto otra vez, por favor.
buttons-not-yours = Estos botones son solo para quien preguntó y para los administradores de este grupo.
buttons-model-gone = Ese modelo ya no está instalado.
buttons-old = Este botón es demasiado antiguo y ya no funciona. Pregúntame otra vez.

# Bajo las etiquetas que se quedan cuando no se pudo usar otro modelo.
buttons-not-looked = <i>{ $model }: { $reason }</i>
