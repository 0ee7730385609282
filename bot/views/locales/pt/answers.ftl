# O que se diz de uma imagem, e do que não é uma.

answers-still = Isso se mexe, então olhei um quadro.
answers-preview = O arquivo inteiro é grande demais para mim, então olhei a prévia dele.
answers-unsure = Sem certeza. O mais provável:
answers-score = { NUMBER($score, style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1) }

# A última linha: que modelo respondeu, e em quantos milissegundos.
answers-footer = <i>{ $model } · { NUMBER($ms, maximumFractionDigits: 0) } ms</i>
answers-footer-seen-before = <i>{ $model } · já vista antes</i>
answers-model-gone = <i>Aqui deveria responder { $model }, mas ele não está mais disponível.</i>

answers-not-an-image-file = Esse arquivo não é uma imagem que eu consiga olhar. Envie uma foto, ou uma imagem como arquivo.
answers-no-still = Disso não há nenhum quadro que eu possa olhar. Envie uma foto.
answers-file-unavailable = O Telegram não me entregou esse arquivo. Pode enviar de novo?
