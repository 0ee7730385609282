# Si una respuesta es correcta: lo que dice la gente.

# Botones: sin formato y cortos.
corrections-right = Correcto
corrections-wrong = Incorrecto
corrections-which = ¿Cuál de estos es?
corrections-album = ¿Correcto o no?
corrections-something-else = Otra cosa
corrections-take-back = Retirar
corrections-back = Atrás
# Un botón que ya se ha pulsado; $what es uno de los textos de arriba o un nombre.
corrections-pressed = ✓ { $what }
corrections-pressed-by = ✓ { $what } · { $count }

# Una línea bajo la respuesta mientras sus botones preguntan.
corrections-which-photo = ¿A qué foto te refieres?
corrections-is-photo-right = Foto { $number }: ¿acerté?
corrections-said-right = Ya has dicho que acerté. ¿Quieres retirarlo?
corrections-what-is-it = ¿Qué es?
corrections-what-is-photo = Foto { $number }: ¿qué es?
corrections-type = Responde a este mensaje con su nombre.
corrections-type-in-private = Envíame su nombre.
corrections-type-again = Responde con un nombre de { $most } caracteres como máximo, en una sola línea.

# Una línea bajo la respuesta: lo que la gente dice que es.
corrections-corrected = Corregido: <b>{ $name }</b>
corrections-corrected-photo = Foto { $number }, corregida: <b>{ $name }</b>
corrections-unknown-name = He anotado que me equivoqué, pero no sé qué es <b>{ $name }</b>. Para enseñármelo, responde a la foto con <code>/teach { $name }</code>

# Para quien pulsó un botón: sin formato, 200 caracteres como máximo.
corrections-noted-right = ¡Gracias! He anotado que acerté.
corrections-noted-wrong = ¡Gracias! He anotado que me equivoqué. ¿Qué es?
corrections-noted-name = ¡Gracias! Anotado: { $name }
corrections-taken-back = De acuerdo, he olvidado lo que dijiste sobre esto.
corrections-nothing-said = No has dicho nada sobre esto.
corrections-type-now = He anotado que me equivoqué. Ahora responde a mi mensaje con su nombre.
corrections-type-now-in-private = He anotado que me equivoqué. Ahora envíame su nombre.
corrections-closed = Ya no pregunto por esta foto.
