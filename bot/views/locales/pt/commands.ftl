# Respostas aos comandos que qualquer pessoa pode dar, e às mensagens que não são comandos.

commands-start =
    <b>Olá! Envie uma foto e eu digo o que vejo nela.</b>

    { $knows }

    Imagens enviadas como arquivos, figurinhas e endereços de imagens também funcionam. /help mostra o resto.

commands-help =
    <b>Envie uma foto</b>, uma imagem como arquivo, uma figurinha ou o endereço de uma imagem. De um GIF ou de um vídeo olho um quadro.

    { $knows }

    /top 3: mostrar três etiquetas (de 1 a 10)
    /model: que modelo responde aqui
    /label: em resposta a uma foto, olhar para ela
    /settings: como me comporto aqui, e nos grupos e canais que você administra
    /privacy: o que guardo e o que não guardo
    /deletemydata: fazer com que eu esqueça o que sei de você

    Em um grupo respondo a <code>/label</code> ou ao meu nome em resposta a uma foto, e às fotos enviadas com meu nome ou em resposta a mim. Seus administradores podem fazer com que eu olhe todas as fotos.

commands-knows-everyday = Conheço mil coisas: animais, comida, veículos, coisas do dia a dia.
commands-knows-own = Aqui responde o modelo <b>{ $model }</b>. /model diz quanto ele conhece.

commands-label-needs-a-photo = Responda a uma foto com /label e eu digo o que vejo nela.
commands-send-a-photo = Envie uma foto e eu digo o que vejo nela. /help mostra o que mais posso olhar.
commands-unknown = Não conheço esse comando. /help mostra os que conheço.
commands-borrowed = Esse comando foi encaminhado ou escrito por outro bot, por isso não o sigo. Digite-o você, por favor.

# $count é o número de etiquetas, de $min a $max.
commands-top =
    { $count ->
        [one] Mostro a melhor etiqueta. Mude isso com um número de { $min } a { $max }: <code>/top 3</code>
       *[other] Mostro as { $count } melhores etiquetas. Mude isso com um número de { $min } a { $max }: <code>/top 3</code>
    }
commands-top-set =
    { $count ->
        [one] De agora em diante mostro aqui a melhor etiqueta.
       *[other] De agora em diante mostro aqui as { $count } melhores etiquetas.
    }
commands-top-refused = Dê um número de { $min } a { $max }, por exemplo assim: <code>/top 3</code>

# $labels é quantas etiquetas o modelo $name conhece; $width e $height são os pixels que ele olha.
commands-model =
    { $labels ->
        [one] Aqui responde <b>{ $name }</b>. Ele conhece { $labels } etiqueta e olha as imagens em { $width } x { $height } pixels.
       *[other] Aqui responde <b>{ $name }</b>. Ele conhece { $labels } etiquetas e olha as imagens em { $width } x { $height } pixels.
    }

    <i>versão { $version } · licença { $licence }</i>
