# O que o bot diz em grupos.

groups-welcome =
    Olá! Responda a uma foto com /label ou com meu nome, e eu digo o que vejo nela.
    Também posso olhar todas as fotos: os administradores deste grupo ativam isso com /settings.
groups-welcome-privacy-mode =
    Olá! Responda a uma foto com /label ou com meu nome, e eu digo o que vejo nela.
    Também posso olhar todas as fotos. Para isso, um administrador precisa me tornar administrador também (até lá o Telegram esconde as fotos de mim) e ativar a opção com /settings.

# Uma das etiquetas escritas sob a foto de um canal.
groups-caption-label = { $name } { NUMBER($score, style: "percent", maximumFractionDigits: 0) }
groups-caption-taught = { $name } { NUMBER($score, style: "percent", maximumFractionDigits: 0) } (aprendido aqui)

groups-off = Neste grupo eu não olho fotos. Os administradores podem mudar isso com /settings.
groups-needs-a-photo = Para isso preciso de uma foto: coloque @{ $bot } na legenda ou responda à foto com /label.
groups-help = Eu digo o que há nas fotos. Responda a uma foto com /label ou coloque @{ $bot } na legenda. Com /teach vocês me ensinam suas próprias coisas. Para o resto, fale comigo em particular.
