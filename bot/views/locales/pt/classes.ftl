# /classes: o que aprendi num chat. $name é o nome. Textos de botões são curtos, sem formatação.

classes-title = <b>O que aprendi aqui</b>
classes-none = Aqui ainda não aprendi nada. Responda a uma foto com <code>/teach Rex</code> e a partir daí reconheço o Rex.
classes-line = <b>{ $name }</b>: { $facts }
classes-photos =
    { $count ->
        [one] { $count } foto
       *[other] { $count } fotos
    }
classes-recognised = { $recognised } de { $total } reconhecidas
classes-seen-never = ainda não visto
classes-seen-today = visto hoje
classes-seen =
    { $days ->
        [one] visto há { $days } dia
       *[other] visto há { $days } dias
    }
# Depois de uma troca de modelo, as fotos são lidas de novo.
classes-waiting =
    { $count ->
        [one] Estou lendo { $count } foto de novo, porque agora outro modelo responde aqui.
       *[other] Estou lendo { $count } fotos de novo, porque agora outro modelo responde aqui.
    }
classes-lost =
    { $count ->
        [one] O Telegram já não tem { $count } foto, então o modelo que responde aqui agora não pode aprender com ela.
       *[other] O Telegram já não tem { $count } fotos, então o modelo que responde aqui agora não pode aprender com elas.
    }

classes-back = ‹ Voltar
classes-previous = ‹
classes-next = ›
classes-show = Fotos
classes-rename = Renomear
classes-merge = Juntar
classes-forget = Esquecer

classes-shown =
    { $total ->
        [one] Foto { $first } de { $total } de <b>{ $name }</b>. Toque no número para removê-la.
       *[other] Fotos { $first } a { $last } de { $total } de <b>{ $name }</b>. Toque num número para remover essa foto.
    }
classes-not-shown =
    { $count ->
        [one] { $count } delas não pode ser mostrada: veio como arquivo, figurinha ou vídeo, ou o Telegram já não a tem.
       *[other] { $count } delas não podem ser mostradas: vieram como arquivos, figurinhas ou vídeos, ou o Telegram já não as tem.
    }
classes-removed = OK, removi.
classes-rename-how = Responda a esta mensagem com o novo nome de <b>{ $name }</b>.
classes-rename-how-in-private = Envie o novo nome de <b>{ $name }</b>.
classes-renamed = OK, <b>{ $before }</b> se chama <b>{ $name }</b> a partir de agora.
classes-merge-which = O que é o mesmo que <b>{ $name }</b>? As fotos passam para o nome que você escolher.
classes-merged = OK, as fotos de <b>{ $before }</b> agora são de <b>{ $name }</b>.
classes-forget-question =
    { $count ->
        [one] Esquecer <b>{ $name }</b>? Vou apagar o que aprendi com { $count } foto e não o reconhecerei mais.
       *[other] Esquecer <b>{ $name }</b>? Vou apagar o que aprendi com { $count } fotos e não o reconhecerei mais.
    }
classes-forget-yes = Esquecer
classes-forget-no = Manter
classes-forgotten = OK, esqueci <b>{ $name }</b>.
classes-kept = OK, continuo conhecendo <b>{ $name }</b>.
classes-unknown = Não aprendi <b>{ $name }</b> aqui. O que aprendi: /classes
classes-forget-usage = Diga o que devo esquecer, assim: <code>/forget Rex</code>. O que aprendi aqui: /classes
# Aviso sem formatação, com no máximo 200 caracteres.
classes-remove-not-yours = Só quem deu esta foto e quem pode me ensinar aqui pode removê-la.
