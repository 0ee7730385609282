# A quien abrió el enlace que nombra al primer administrador, y en qué queda eso.

# $id es el suyo.
claim-done = Ahora me administras tú. /help muestra lo que puedes hacer, y te escribiré aquí si algo va mal. Para eso guardo tu ID, { $id }. /deletemydata pone fin a ello.
claim-already = Ya me administras. /help muestra lo que puedes hacer.
claim-refused = Lo siento, este enlace no funciona. /help muestra lo que puedo hacer por ti.

# Se añade a lo que /privacy y /deletemydata dicen a quien administra así.
claim-kept = Me administras gracias a un enlace, y para eso guardo tu ID. /deletemydata pone fin a ello.
claim-ends = Si te olvido, también dejas de administrarme.
