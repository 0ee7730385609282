# /teach e a conversa que vem depois. $name é o nome do que eu aprendo.

# A pergunta pelo consentimento e, abaixo, as condições.
teaching-consent = <b>Posso guardar o que eu aprender com as fotos com que você me ensina aqui?</b>
teaching-consent-for-photo = <b>Posso aprender { $name } com esta foto sua?</b> Alguém aqui quer me ensinar com ela. Não guardo nada se você não concordar.
teaching-terms =
    <b>O que guardo:</b> de cada foto, números que a descrevem, o identificador dela no Telegram, o seu e o nome. A foto em si, não.
    <b>Para quê:</b> para reconhecer a mesma coisa em outras fotos deste chat, e em nenhum outro lugar. Quem me opera pode criar com isso um modelo melhor para este chat.
    <b>Por quanto tempo:</b> até você retirar, o nome ser esquecido aqui ou me removerem deste chat.
    <b>Quem vê:</b> todos neste chat veem os nomes, e as fotos enquanto o Telegram as tiver: /classes
    <b>Retirar:</b> quando você quiser. /privacy mostra suas fotos uma a uma, /deletemydata apaga tudo.
teaching-agree = Aceitar
teaching-refuse = Não
teaching-nothing-kept = OK, não guardei nada.

# Perguntas até haver um nome e fotos.
teaching-ask-name = Como devo chamar isso? Envie o nome.
teaching-ask-name-in-group = Como devo chamar isso? Responda a esta mensagem com o nome.
teaching-ask-photos = Agora envie fotos de <b>{ $name }</b>, de preferência de vários lados. Depois toque em “Pronto”.
teaching-ask-photos-in-group = Agora responda a esta mensagem com fotos de <b>{ $name }</b>, de preferência de vários lados. Depois toque em “Pronto”.
teaching-got =
    { $count ->
        [one] Tenho { $count } foto de <b>{ $name }</b>. Envie mais ou toque em “Pronto”.
       *[other] Tenho { $count } fotos de <b>{ $name }</b>. Envie mais ou toque em “Pronto”.
    }
teaching-got-in-group =
    { $count ->
        [one] Tenho { $count } foto de <b>{ $name }</b>. Responda a esta mensagem com mais ou toque em “Pronto”.
       *[other] Tenho { $count } fotos de <b>{ $name }</b>. Responda a esta mensagem com mais ou toque em “Pronto”.
    }
teaching-done = Pronto
teaching-cancel = Cancelar
teaching-learning =
    { $count ->
        [one] Estou aprendendo <b>{ $name }</b> com { $count } foto ...
       *[other] Estou aprendendo <b>{ $name }</b> com { $count } fotos ...
    }
teaching-asked-sender =
    { $count ->
        [one] Perguntei a quem enviou essa foto se posso aprender com ela.
       *[other] Perguntei a quem enviou essas { $count } fotos se posso aprender com elas.
    }

# O que eu aprendi. $count é o número de fotos e $added o das novas.
teaching-known =
    { $count ->
        [one] Agora conheço aqui <b>{ $name }</b> ({ $count } foto).
       *[other] Agora conheço aqui <b>{ $name }</b> ({ $count } fotos).
    }
teaching-known-better =
    { $count ->
        [one] Agora conheço melhor <b>{ $name }</b> ({ $count } foto, novas: { $added }).
       *[other] Agora conheço melhor <b>{ $name }</b> ({ $count } fotos, novas: { $added }).
    }
teaching-known-before =
    { $count ->
        [one] Conheço <b>{ $name }</b> como antes ({ $count } foto).
       *[other] Conheço <b>{ $name }</b> como antes ({ $count } fotos).
    }
teaching-held-out = Deixando uma de fora por vez, reconheço { $recognised } de { $total }.
teaching-held-out-nearest = Deixando uma de fora por vez, reconheço { $recognised } de { $total }; o mais parecido: { $nearest }.
teaching-one-photo = Uma foto é um bom começo. Com mais duas, de outros lados, vou reconhecer melhor e posso dizer quão bem.
teaching-one-photo-nearest = Uma foto é um bom começo; o mais parecido é { $nearest }. Com mais duas, de outros lados, vou reconhecer melhor e posso dizer quão bem.
teaching-nearest = O mais parecido: { $nearest }.
teaching-weak = Isso ainda não basta. Mais fotos ajudam, de outros lados e com outra luz.
teaching-two-ways = Experimentei duas formas de distinguir tudo o que aprendi aqui: a média das fotos acerta em { NUMBER($mean, style: "percent", maximumFractionDigits: 0) } das fotos deixadas de fora; um classificador treinado, em { NUMBER($head, style: "percent", maximumFractionDigits: 0) }. Uso a melhor.
teaching-one-of-album = Essa foto faz parte de um álbum, e dele só recebi esta. Responda também às outras com /teach para eu aprender com todas.
teaching-left-out =
    { $count ->
        [one] Deixei { $count } foto de fora. { $reason }
       *[other] Deixei { $count } fotos de fora. { $reason }
    }
teaching-had-already =
    { $count ->
        [one] Eu já tinha { $count } das fotos.
       *[other] Eu já tinha { $count } das fotos.
    }
teaching-undo = Desfazer
teaching-undone = OK, esqueci o que aprendi com isso.

# Perguntas sobre fotos; $number é o número da foto.
teaching-near-copy =
    { $single ->
        [yes] É quase igual a uma foto que já tenho, por isso me ensina pouco.
       *[no] A foto { $number } é quase igual a uma que já tenho, por isso me ensina pouco.
    }
teaching-near-copy-remove =
    { $single ->
        [yes] Deixar de fora
       *[no] Deixar de fora a foto { $number }
    }
teaching-two-names =
    { $single ->
        [yes] Também é <b>{ $other }</b>, como aprendi antes. Qual é o certo?
       *[no] A foto { $number } também é <b>{ $other }</b>, como aprendi antes. Qual é o certo?
    }
teaching-looks-like =
    { $single ->
        [yes] Parece-me mais <b>{ $other }</b>. Qual é o certo?
       *[no] A foto { $number } me parece mais <b>{ $other }</b>. Qual é o certo?
    }
teaching-it-is =
    { $single ->
        [yes] É { $name }
       *[no] { $number }: { $name }
    }
teaching-both =
    { $single ->
        [yes] Ambos
       *[no] { $number }: ambos
    }
teaching-choice-removed = OK, deixei de fora.
teaching-choice-made = OK, é { $name }.
teaching-choice-both = OK, fico com ambos.

# Motivos para não aprender com uma foto.
teaching-no-photo = Não há foto na mensagem a que você respondeu. Responda a uma foto com <code>/teach Rex</code>, ou envie só <code>/teach</code> e eu peço fotos.
teaching-elsewhere = Essa foto está em outro chat ou tópico, e o que aprendo fica no chat onde me foi dado. Envie a foto aqui, por favor.
teaching-answer-forgotten = Já não sei de que foto se tratava. Responda à própria foto, por favor.
teaching-from-web = Essa imagem veio de um link. Envie-a aqui como foto, por favor.
teaching-answer-of-others = Responda à própria foto, por favor, para eu perguntar a quem a enviou.
teaching-by-channel = Isso foi publicado por um canal, então não há a quem perguntar. Não posso aprender com isso.
teaching-by-anonymous-admin = Isso foi enviado por um administrador anônimo, a quem não posso perguntar. Não posso aprender com isso.
teaching-by-bot = Isso foi enviado por um bot, e só pessoas podem concordar. Não posso aprender com isso.
teaching-by-former-member = Quem enviou isso já não está aqui, então não posso perguntar. Não posso aprender com isso.
teaching-as-group = Você escreve em nome de um grupo ou canal, então não sei quem você é nem se concorda. Escreva em seu próprio nome para me ensinar.
teaching-in-channel = Num canal não publica ninguém em particular, então ninguém poderia concordar que eu aprenda com uma foto. Ensine-me num grupo ou num chat privado.

# Também avisos de botões, sem formatação e com no máximo 200 caracteres.
teaching-admins-only = Neste grupo só administradores podem me ensinar. Eles podem mudar isso com /settings.
teaching-not-yours = Só quem começou isto pode usar estes botões.
teaching-not-asked = Esta pergunta é para outra pessoa.
teaching-no-photos-yet = Ainda não recebi nenhuma foto.
teaching-undo-not-yours = Só quem me ensinou isto e os administradores deste grupo podem desfazer.
teaching-too-late-to-undo = Isso foi há mais de dez minutos. Você pode remover fotos com /classes.
teaching-request-gone = Já esqueci isso: foi há mais de uma hora ou já está feito. Envie /teach de novo, por favor.
teaching-class-gone = Esse nome já foi esquecido.
teaching-photo-gone = Essa foto já foi removida.
teaching-not-your-photo = Só quem deu esta foto pode retirá-la.
teaching-name-taken = Aqui já há outra coisa com esse nome.
teaching-nothing-taught = Ainda não me ensinaram aqui o bastante para isso.
teaching-other-network = Só consigo comparar um modelo se ele foi feito a partir do que responde aqui, com <code>labelbot retrain --taught</code>.
teaching-too-many-classes = Não consigo lembrar mais nomes aqui ({ $limit }). Faça-me esquecer um antes: /classes
teaching-class-full = Não consigo lembrar mais fotos de uma mesma coisa ({ $limit }).

# Motivos para recusar um nome.
teaching-name-empty = Preciso de um nome com letras ou algum símbolo, como <code>/teach Rex</code>.
teaching-name-too-long = Esse nome é longo demais: pode ter no máximo 64 caracteres.
teaching-name-several-lines = Um nome tem uma só linha. Envie de novo sem quebras de linha, por favor.
teaching-name-command = Um nome não pode começar com uma barra, pois pareceria um comando.
teaching-name-unreadable = Há caracteres nesse nome que não se podem ler. Envie de novo sem eles, por favor.

# Motivos para deixar uma foto de fora.
teaching-photo-no-consent = Quem a enviou não concordou.
teaching-photo-class-full = Não consigo lembrar mais fotos disto.
teaching-photo-model-cannot-learn = O modelo que responde aqui não consegue aprender com fotos. Outro consegue: veja /settings ou pergunte a quem me opera.

# /promote. $right e $right_before contam fotos deste chat; os outros números, fotos alheias.
teaching-promote-usage = Diga qual modelo deve responder aqui, assim: <code>/promote NAME</code>. Ele precisa ter sido treinado com o que aprendi aqui.
teaching-promote-admins-only = Só administradores deste grupo podem escolher o modelo dele.
teaching-promoted = <b>{ $model }</b> responde aqui agora: é melhor que { $before }. Para voltar: <code>/rollback here</code>
teaching-not-promoted = <b>{ $before }</b> continua respondendo aqui: { $model } não é melhor.
teaching-promotion-right = Fotos deste chat com o nome certo: { $model } { $right } de { $total }, { $before } { $right_before } de { $total_before }.
teaching-promotion-mistaken = Fotos alheias tomadas por algo daqui: { $model } { $mistaken } de { $total }, { $before } { $mistaken_before } de { $total_before }.
