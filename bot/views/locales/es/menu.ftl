# Los menús de comandos que muestran las aplicaciones de Telegram: hasta 256 caracteres, sin formato.

menu-help = Lo que sé hacer
menu-top = Cuántas etiquetas mostrar: /top 3
menu-model = Qué modelo responde aquí
menu-label = En respuesta a una foto: decir qué hay en ella
menu-settings = Cómo me comporto aquí
menu-privacy = Lo que guardo y lo que no
menu-deletemydata = Hacer que olvide lo que sé de ti

# Solo para administradores.
menu-models = Qué modelos hay; cambiar
menu-use = Cambiar en todas partes, o aquí: /use NOMBRE here
menu-pull = Instalar un modelo publicado: /pull NOMBRE
menu-rollback = Volver al modelo anterior
menu-remove = Eliminar un modelo: /remove NOMBRE
menu-reload = Volver a mirar los modelos instalados
menu-stats = Lo que he hecho, a qué velocidad y con qué
menu-workers = Cuántos procesos miran fotos: /workers 4
menu-ban = Ignorar a alguien: /ban ID, o como respuesta
menu-unban = Dejar de ignorar: /unban ID
