# Como os administradores escolhem e instalam os modelos.

models-count =
    { $count ->
        [one] <b>{ $count } modelo</b>
       *[other] <b>{ $count } modelos</b>
    }
models-more = e mais { $count }: <code>labelbot models list</code>

# Uma linha da lista traz o nome e dados como estes.
models-fact-broken = danificado
models-fact-labels =
    { $count ->
        [one] { $count } etiqueta
       *[other] { $count } etiquetas
    }
models-fact-size = { NUMBER($mb, minimumFractionDigits: 1, maximumFractionDigits: 1) } MB
# Share of right labels; $images is the name of a data set.
models-fact-accuracy = { NUMBER($share, style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1) } de acertos com { $images }
models-fact-accuracy-own = { NUMBER($share, style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1) } de acertos com as próprias fotos reservadas
models-fact-accuracy-unknown = { NUMBER($share, style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1) } de acertos, com fotos desconhecidas
models-fact-everywhere = em uso em todo lugar
models-fact-chats =
    { $count ->
        [one] escolhido em { $count } chat
       *[other] escolhido em { $count } chats
    }
models-not-alike = <i>Porcentagens medidas com fotos diferentes não podem ser comparadas: algumas fotos são mais difíceis.</i>
models-use-button = Usar { $name }

# Trocar. $place é "here", só neste chat, ou "everywhere".

models-use-usage = Qual? <code>/use NOME</code>, ou <code>/use NOME here</code> só para este chat. /models mostra a lista.
models-rollback-usage = Use <code>/rollback</code>, ou <code>/rollback here</code> só para este chat.
models-trying = Estou testando { $name } ...
models-as-before =
    { $place ->
        [here] Aqui continuo usando <b>{ $name }</b>.
       *[everywhere] Continuo usando <b>{ $name }</b> em todo lugar.
    }
models-switched =
    { $place ->
        [here] Agora uso <b>{ $name }</b> aqui.
       *[everywhere] Agora uso <b>{ $name }</b> em todo lugar.
    }
models-way-back =
    { $place ->
        [here] /rollback here volta para { $name }.
       *[everywhere] /rollback volta para { $name }.
    }
models-seen = Na foto de exemplo ele vê { $label } ({ NUMBER($score, style: "percent", maximumFractionDigits: 0) }).
models-works = <b>{ $name }</b> funciona.
models-broken = <b>{ $name }</b> não funciona: { $reason }
models-removed = { $name } foi removido.
models-remove-usage = Qual? <code>/remove NOME</code>. /models mostra a lista.
models-not-done = Nada mudou: { $reason }

# Por que uma troca, uma remoção ou um download foi recusado.

models-refused-chosen-already = Nada mudou: { $name } já estava escolhido.
models-refused-nothing-before = Não há para onde voltar.
models-refused-in-use = Nada mudou: { $name } está em uso. Escolha antes outro modelo.
models-refused-installed-already = Nada mudou: { $name } já está instalado. /models mostra a lista.
models-refused-pull-under-way = Nada mudou: já estou baixando { $name }, e baixo um modelo de cada vez.
models-refused-pull-stopped = O download de { $name } foi interrompido. O próximo continua de onde parou.
models-refused-of-a-chat = { $name } foi feito com o que outro chat me ensinou, e isso fica nesse chat.

# /pull. $subject é o nome de um arquivo ou de uma rede.

models-all-installed = Todos os modelos publicados que conheço estão instalados.
models-pull-usage = Instale um modelo publicado com <code>/pull NOME</code>, ou de outro lugar com <code>/pull NOME ENDEREÇO</code>:
models-pull-starting = <b>{ $name }</b>: começando ...
models-pull-downloading = <b>{ $name }</b>: baixando { $subject } ...
models-pull-unpacking = <b>{ $name }</b>: descompactando { $subject } ...
models-pull-compiling = <b>{ $name }</b>: compilando { $subject } ...
models-pull-bytes = { NUMBER($done, minimumFractionDigits: 1, maximumFractionDigits: 1) } de { NUMBER($total, minimumFractionDigits: 1, maximumFractionDigits: 1) } MB
models-pull-stop-button = Parar
models-pulled = <b>{ $name }</b> está instalado.
models-pull-stopping = Estou parando o download.
models-no-pull = Nenhum modelo está sendo baixado.

# Botões de mensagens antigas.

models-button-without-model = Esse modelo não está mais instalado.
