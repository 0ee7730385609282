# Os menus de comandos que os aplicativos do Telegram mostram: até 256 caracteres, sem formatação.

menu-help = O que sei fazer
menu-top = Escolher quantas etiquetas mostro: /top 3
menu-model = Que modelo uso aqui
menu-label = Em resposta a uma foto: digo o que há nela
menu-teach = Ensinar-me suas próprias coisas: /teach NAME
menu-classes = Ver o que aprendi aqui
menu-settings = Mudar como funciono aqui
menu-privacy = O que guardo e o que não guardo
menu-deletemydata = Apagar tudo o que sei sobre você

# Só para administradores.
menu-models = Ver e trocar modelos
menu-use = Usar um modelo em todo lugar, ou aqui: /use NOME here
menu-pull = Instalar um modelo publicado: /pull NOME
menu-rollback = Voltar ao modelo anterior
menu-remove = Remover um modelo: /remove NOME
menu-reload = Verificar de novo os modelos instalados
menu-stats = Estatísticas
menu-workers = Escolher quantos processos trabalham: /workers 2
menu-ban = Ignorar alguém: /ban ID, ou como resposta
menu-unban = Deixar de ignorar alguém: /unban ID

menu-description =
    Envie uma foto e eu digo o que há nela e o quanto tenho certeza.

    Em um grupo, responda a uma foto com /label.
menu-short-description = Envie uma foto e eu digo o que há nela.
