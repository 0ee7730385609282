# Respostas aos comandos que qualquer pessoa pode dar, e às mensagens que não são comandos.

commands-start =
    <b>Olá! Envie uma foto e eu digo o que vejo nela.</b>

    { $knows }

    Você também pode enviar uma imagem como arquivo, uma figurinha ou um link para uma imagem. O resto está em /help.

commands-help =
    <b>Envie uma foto</b>, uma imagem como arquivo, uma figurinha ou um link para uma imagem. De GIFs e vídeos olho um único quadro.

    { $knows }

    /top 3: mostrar três etiquetas (de 1 a 10)
    /model: que modelo uso aqui
    /label: responda com isto a uma foto e eu olho para ela
    /teach Rex: responda com isso a uma foto e a partir daí reconheço o Rex
    /classes: ver e mudar o que aprendi aqui
    /settings: mudar como funciono aqui, ou nos grupos e canais que você administra
    /privacy: o que guardo e o que não guardo
    /deletemydata: apagar tudo o que sei sobre você

    Em um grupo, responda a uma foto com <code>/label</code> ou com meu nome, ou ponha meu nome na legenda de uma foto. Os administradores podem fazer com que eu olhe todas as fotos.

commands-knows-everyday = Conheço mil coisas: animais, comida, veículos, objetos do dia a dia.
commands-knows-own = Aqui uso o modelo <b>{ $model }</b>. /model diz mais sobre ele.

commands-label-needs-a-photo = Responda a uma foto com /label e eu digo o que vejo nela.
commands-send-a-photo = Envie uma foto e eu digo o que vejo nela. Com /teach aprendo suas próprias coisas. /help mostra o resto.
commands-unknown = Não conheço esse comando. Os que conheço estão em /help.
commands-borrowed = Esse comando foi encaminhado ou veio de outro bot, por isso não o executo. Digite-o você, por favor.

# $count é o número de etiquetas, de $min a $max.
commands-top =
    { $count ->
        [one] Mostro a melhor etiqueta. Para mudar isso, use <code>/top 3</code> com qualquer número de { $min } a { $max }.
       *[other] Mostro as { $count } melhores etiquetas. Para mudar isso, use <code>/top 3</code> com qualquer número de { $min } a { $max }.
    }
commands-top-set =
    { $count ->
        [one] Certo, vou mostrar aqui a melhor etiqueta.
       *[other] Certo, vou mostrar aqui as { $count } melhores etiquetas.
    }
commands-top-refused = Dê um número de { $min } a { $max }, por exemplo assim: <code>/top 3</code>

# Quem escolheu o modelo: um administrador deste chat, o do bot para todos os chats, ou ninguém.
commands-model-here = Foi escolhido para este chat.
commands-model-everywhere = Foi escolhido para todos os chats.
commands-model-default = É o meu modelo padrão.

# $labels é o número de etiquetas que o modelo $name conhece.
commands-model =
    { $labels ->
        [one] Aqui uso o modelo <b>{ $name }</b>. Ele conhece { $labels } coisa.
       *[other] Aqui uso o modelo <b>{ $name }</b>. Ele conhece { $labels } coisas.
    }

    <i>versão { $version } · licença { $licence }</i>

commands-words-help = ajuda, me ajuda, ajude me, comandos, o que você faz, o que voce faz, como funciona
commands-words-thanks = obrigado, obrigada, muito obrigado, muito obrigada, valeu, legal, ótimo
commands-you-are-welcome = De nada! Envie outra foto quando quiser.
