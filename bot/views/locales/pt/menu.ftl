# Os menus de comandos que os aplicativos do Telegram mostram: até 256 caracteres, sem formatação.

menu-help = O que sei fazer
menu-top = Quantas etiquetas mostrar: /top 3
menu-model = Que modelo responde aqui
menu-label = Em resposta a uma foto: dizer o que há nela
menu-settings = Como me comporto aqui
menu-privacy = O que guardo e o que não guardo
menu-deletemydata = Fazer com que eu esqueça o que sei de você

# Só para administradores.
menu-models = Que modelos existem; trocar
menu-use = Trocar em todo lugar, ou aqui: /use NOME here
menu-pull = Instalar um modelo publicado: /pull NOME
menu-rollback = Voltar ao modelo anterior
menu-remove = Remover um modelo: /remove NOME
menu-reload = Olhar de novo os modelos instalados
menu-stats = O que fiz, com que rapidez e com o quê
menu-workers = Quantos processos olham fotos: /workers 4
menu-ban = Ignorar alguém: /ban ID, ou como resposta
menu-unban = Deixar de ignorar: /unban ID
