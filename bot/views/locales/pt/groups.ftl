# O que o bot diz em grupos.

groups-welcome =
    Olá! Responda a uma foto com /label, ou mencione-me embaixo dela, e eu digo o que vejo.
    Também posso olhar todas as fotos: os administradores deste grupo escolhem isso com /settings.
groups-welcome-privacy-mode =
    Olá! Responda a uma foto com /label, ou mencione-me embaixo dela, e eu digo o que vejo.
    Também posso olhar todas as fotos: os administradores escolhem isso com /settings e me tornam administrador, pois agora o Telegram esconde as fotos de mim.

# Uma das etiquetas escritas sob a foto de um canal.
groups-caption-label = { $name } { NUMBER($score, style: "percent", maximumFractionDigits: 0) }
