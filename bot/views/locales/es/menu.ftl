# Los menús de comandos que muestran las aplicaciones de Telegram: hasta 256 caracteres, sin formato.

menu-help = Lo que sé hacer
menu-top = Elegir cuántas etiquetas muestro: /top 3
menu-model = Qué modelo uso aquí
menu-label = En respuesta a una foto: digo qué hay en ella
menu-teach = Enseñarme tus propias cosas: /teach NAME
menu-classes = Ver lo que aprendí aquí
menu-settings = Cambiar cómo funciono aquí
menu-privacy = Lo que guardo y lo que no
menu-deletemydata = Borrar todo lo que sé de ti

# Solo para administradores.
menu-models = Ver y cambiar modelos
menu-use = Usar un modelo en todas partes, o aquí: /use NOMBRE here
menu-pull = Instalar un modelo publicado: /pull NOMBRE
menu-rollback = Volver al modelo anterior
menu-remove = Eliminar un modelo: /remove NOMBRE
menu-reload = Volver a comprobar los modelos instalados
menu-stats = Estadísticas
menu-workers = Elegir cuántos procesos trabajan: /workers 2
menu-ban = Ignorar a alguien: /ban ID, o como respuesta
menu-unban = Dejar de ignorar a alguien: /unban ID

menu-description =
    Envíame una foto y te diré qué hay en ella y lo seguro que estoy.

    En un grupo, responde a una foto con /label.
menu-short-description = Envíame una foto y te diré qué hay en ella.
