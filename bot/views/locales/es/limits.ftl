# Se dice una vez a quien pide demasiado. Los dos textos aparecen también sobre un botón: sin formato, 200 caracteres.

limits-person = Eso es más de lo que puedo atender a la vez, así que me saltaré una parte. Inténtalo de nuevo en uno o dos minutos.
limits-group = Aquí hay demasiado movimiento para responder a todo, así que me saltaré una parte. Inténtalo de nuevo en uno o dos minutos.
