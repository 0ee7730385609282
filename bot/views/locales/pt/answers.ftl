# O que se diz de uma imagem, e do que não é uma.

answers-still = É animado, então olhei um único quadro.
answers-frames = É animado. Em { $agreeing } de { $total } quadros vejo:
answers-frames-unsure = É animado, então olhei { $total } quadros.
answers-preview = O arquivo inteiro é grande demais para mim, então olhei a prévia dele.
answers-unsure = Sem certeza. O mais provável:
answers-unfamiliar = Não se parece com nada que eu tenha aprendido. O mais parecido:

answers-taught = <b>{ $name }: { NUMBER($score, style: "percent", maximumFractionDigits: 0) }</b> · aprendido aqui
answers-headline = <b>{ $name }: { $score }</b>
answers-label = { $name } { $bar } { $score }
answers-score = { NUMBER($score, style: "percent", maximumFractionDigits: 0) }
answers-score-below = &lt;{ NUMBER($score, style: "percent", maximumFractionDigits: 0) }

# A última linha: que modelo respondeu, e em quantos milissegundos.
answers-footer = <i>{ $model } · { NUMBER($ms, maximumFractionDigits: 0) } ms</i>
answers-footer-seen-before = <i>{ $model } · já vista antes</i>
answers-model-gone = <i>Aqui deveria responder { $model }, mas ele não está mais instalado.</i>

answers-not-an-image-file = Esse arquivo não é uma imagem que eu consiga olhar. Envie uma foto, ou uma imagem como arquivo.
answers-no-still = Não encontrei nenhum quadro para olhar. Envie uma foto, por favor.
answers-paid-media = Isso precisa ser comprado antes, e o Telegram não me mostra. Envie uma foto, por favor.
answers-story = O Telegram não mostra stories aos bots. Envie uma foto, por favor.
answers-file-unavailable = Não consegui obter esse arquivo do Telegram. Pode enviar de novo?
answers-never-said = Tudo o que suponho está na lista do que nunca digo aqui.
