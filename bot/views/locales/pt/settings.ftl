# As telas de /settings: o que grupos, canais e chats privados podem ajustar. Os textos dos botões são curtos e sem
# formatação: um telefone mostra uns vinte caracteres de um botão que divide a linha com outro.

# O nome deste idioma, nele mesmo.
settings-language-name = Português

settings-title = <b>Ajustes de { $title }</b>
settings-title-private = <b>Ajustes deste chat</b>
settings-line = { $name }: <b>{ $value }</b>
settings-name-and-value = { $name }: { $value }
settings-photos-hidden = ⚠️ O Telegram esconde fotos de mim aqui, então não posso olhar todas. Torne-me administrador deste grupo, ou peça a quem me administra que desative meu modo de privacidade.
settings-back = ‹ Voltar
settings-close = Fechar

# Como as fotos de um grupo são respondidas.
settings-mode = Fotos
settings-mode-about =
    Que fotos eu olho?

    Se pedirem: as fotos a que alguém responde com /label ou com meu nome, e as enviadas com meu nome ou em resposta a mim.
settings-mode-off = Nenhuma
settings-mode-ask = Se pedirem
settings-mode-auto = Todas

settings-answer-by = Se ninguém pedir
settings-answer-by-about =
    Como respondo a fotos sobre as quais ninguém perguntou?

    Uma reação 👀 significa que sei o que a foto mostra: responda com /label para ver o resultado.
settings-answer-by-reply = Uma resposta
settings-answer-by-react = Uma reação 👀

settings-threshold = Calar abaixo de
settings-threshold-about = Se ninguém pedir, só falo quando tenho pelo menos esta certeza.
settings-threshold-none = O padrão do modelo
settings-threshold-score = { NUMBER($score, style: "percent", maximumFractionDigits: 0) }

settings-quiet = Horas de silêncio
settings-quiet-about = Nas horas de silêncio só respondo quando perguntam.
# Por exemplo: Próximas: de seg. 22:00 a ter. 07:00
settings-quiet-next = Próximas: de { $start } a { $end }
settings-quiet-now = Agora são horas de silêncio, até { $end }.
settings-quiet-none = Nenhuma
settings-quiet-end = Sem horas de silêncio
# Por exemplo: das 22:00 às 07:00, UTC+02:00
settings-quiet-hours = das { $start } às { $end }, { $zone }
settings-quiet-from = Das
settings-quiet-from-about = Quando começam as horas de silêncio?
settings-quiet-from-none = não definido
settings-quiet-to = Às
settings-quiet-to-about = Quando terminam as horas de silêncio?
settings-quiet-to-none = não definido
settings-time-zone = Fuso horário
settings-time-zone-about = Que horas são aí?
settings-time-zone-places = Nestes lugares são agora { $time }. Qual deles tem a sua hora o ano todo?

settings-top-k = Etiquetas
settings-top-k-about = Quantas etiquetas eu mostro?

settings-model = Modelo
settings-model-about = Que modelo olha as fotos deste chat?
settings-model-none = O mesmo que nos outros
settings-model-trying = Estou testando ...
settings-model-refused = ⚠️ Esse modelo não funciona, então nada mudou.
settings-model-gone = Esse modelo não está mais instalado.

settings-language = Idioma
settings-language-about = Que idioma eu falo aqui?
# Em um chat privado: o do aplicativo da pessoa. Em um grupo: inglês.
settings-language-automatic = Automático
settings-language-english = De fábrica: inglês

# Nomes que nunca são ditos em um chat.
settings-never-say = Nunca dizer
settings-never-say-about = Deixo isto fora das minhas respostas. O nome de um tipo, como “cão”, vale para tudo desse tipo.
settings-never-say-hint = Para adicionar um nome, responda a esta mensagem com ele.
settings-never-say-none = Nada
settings-never-say-add = Adicionar
settings-never-say-added = Certo, nunca direi: <b>{ $names }</b>
settings-never-say-unknown = Não conheço o nome <b>{ $name }</b>.
settings-never-say-similar = Não conheço o nome <b>{ $name }</b>. Você quis dizer { $names }?
settings-never-say-full = A lista está cheia: cabem { $count } nomes. Toque primeiro em um para removê-lo.

# Botões abaixo das respostas.
settings-corrections = Perguntar se acertei
settings-corrections-about =
    Abaixo de quais respostas eu pergunto se acertei?

    Qualquer pessoa aqui pode me dizer. Exceto com “Nunca”, 👍 e 👎 em uma resposta também contam, se o Telegram me mostrar: em grupos preciso ser administrador.
settings-corrections-always = Sempre
settings-corrections-unsure = Quando tenho dúvida
settings-corrections-never = Nunca

settings-teachers = Quem pode me ensinar
settings-teachers-about =
    Quem pode me ensinar nomes novos com /teach, e mudá-los?

    Digo um nome a todos aqui sempre que o reconheço, por isso no começo só administradores podem me ensinar.
settings-teachers-admins = Administradores
settings-teachers-everyone = Todos

settings-channel-posts = Publicações
settings-channel-posts-about =
    O que faço com fotos publicadas em um canal?

    No grupo de discussão de um canal posso comentá-las. Em um canal onde posso editar publicações posso escrever as etiquetas embaixo delas.
settings-channel-posts-none = Nada
settings-channel-posts-comment = Um comentário
settings-channel-posts-caption = Etiquetas embaixo

settings-chats = Grupos e canais
settings-chats-about = De qual grupo ou canal você quer ver os ajustes?
settings-chats-none = Você não administra nenhum grupo ou canal em que eu esteja. Adicione-me a um deles e volte a olhar aqui.
settings-chats-more = Estou em mais grupos do que consigo consultar de uma vez. Se o seu não aparece, continue procurando.
settings-chats-none-here = Você não administra nenhum dos grupos e canais que consultei até agora.
settings-chats-further = Procurar mais ›

# Mostrado por um momento a quem apertou um botão ou perguntou; no máximo 200 caracteres, sem formatação.
settings-saved = Salvo.
settings-admins-only = Só os administradores deste grupo podem mudar como funciono aqui.
settings-not-yours = Só os administradores podem mudar estes ajustes.
settings-old-button = Este botão é de uma versão anterior de mim. Envie /settings para ter novos.
settings-group-moved = Este grupo virou um supergrupo. Aqui estão os ajustes dele.
settings-group-moved-there = Este grupo virou um supergrupo, e este botão não funciona mais. Envie /settings lá para ter novos.
settings-photos-hidden-alert = O Telegram esconde fotos de mim aqui. Torne-me administrador deste grupo, ou peça a quem me administra que desative meu modo de privacidade.
settings-never-say-how = Responda a esta mensagem com o nome que nunca devo dizer.
settings-never-say-how-in-private = Envie o nome que nunca devo dizer.
