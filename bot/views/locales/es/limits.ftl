# Se dice una vez a quien pide demasiado. Los dos textos aparecen también sobre un botón: sin formato, 200 caracteres.

limits-person = Eso es más de lo que puedo mirar de una vez. Dejaré una parte sin responder; en uno o dos minutos vuelvo a dar abasto.
limits-group = Aquí se pide tanto que no puedo responder a todo. Dejaré una parte sin responder; en uno o dos minutos vuelvo a dar abasto.
