# O que é guardado, e como é apagado.

# $days é por quanto tempo.
privacy-kept =
    <b>Não guardo suas imagens nem seu nome, e guardo sua mensagem só até respondê-la.</b> Uma foto fica na memória deste computador enquanto olho para ela, e depois em lugar nenhum.

    O que guardo, como números do Telegram:
    • de cada resposta, por { $days ->
        [one] { $days } dia
        [many] { $days } de dias
       *[other] { $days } dias
    }: que mensagem perguntou, quem a escreveu, o ID da foto no Telegram e suas etiquetas. Os botões sob a resposta precisam disso;
    • o que me dizem sobre uma resposta, pelo mesmo tempo: se estava certa, a etiqueta certa se alguma foi escolhida, quem disse e quem tinha perguntado. Quem me administra só vê quantas vezes acertei e que etiquetas foram confundidas com frequência;
    • de cada foto que olhei, pelo mesmo tempo: o ID dela no Telegram e suas etiquetas, mas não de quem era nem onde estava. Se a mesma foto vier de novo, posso responder na hora;
    • o que aprendi com /teach, até ser retirado: de cada foto, números que a descrevem, o número dela no Telegram, quem a deu e o nome; e quem concordou com isso;
    • os ajustes deste chat (/top e /settings), até serem apagados, e se posso escrever aqui;
    • IDs das mensagens, por um dia, para responder a cada uma só uma vez;
    • pessoas e chats que ignoro.

    /deletemydata apaga o que sei sobre você, ou sobre um grupo que você administra. Quando sou removido de um grupo, apago na hora tudo o que sei dele, menos o ID. Uma cópia do meu banco de dados de antes de uma atualização pode guardar o que foi apagado pelo mesmo tempo que guardo as respostas.

privacy-delete-private = Apagar seus ajustes, todas as respostas que dei a você e tudo o que aprendi com suas fotos, aqui e em grupos? As mensagens em si ficam: você pode apagá-las.
privacy-delete-group = Apagar todas as respostas que dei a você e tudo o que aprendi com suas fotos, aqui e em outros lugares? Os administradores também podem apagar tudo o que sei sobre este grupo, inclusive seus ajustes.
privacy-delete-hidden = Apagar tudo o que sei sobre este grupo, inclusive seus ajustes? Só os administradores podem fazer isso.
privacy-delete-me = Apagar meus dados
privacy-delete-chat = Apagar dados do grupo
privacy-keep = Manter tudo

privacy-deleted-me = Pronto: seus dados foram apagados. Os IDs das suas últimas mensagens somem em um dia.
privacy-deleted-chat = Pronto: os dados deste grupo foram apagados. Os IDs das últimas mensagens dele somem em um dia.
privacy-kept-all = Certo, nada foi apagado.

# Sem formatação, no máximo 200 caracteres.
privacy-admins-only = Só os administradores podem fazer isso.
privacy-not-yours = Outra pessoa pediu isso. Envie você /deletemydata.

# Fotos que alguém deu com /teach.
privacy-given = <b>O que aprendi com você:</b>
privacy-given-line =
    { $count ->
        [one] • <b>{ $name }</b>, { $chat }: { $count } foto
       *[other] • <b>{ $name }</b>, { $chat }: { $count } fotos
    }
privacy-given-open = { $name } · { $chat }
privacy-given-all = ✕ Tudo · { $chat }
privacy-given-all-question = Retirar tudo o que você deu aqui: { $chat }? Apago o que aprendi com isso lá e pergunto de novo antes de aprender com suas fotos.
privacy-given-all-yes = Retirar tudo
privacy-given-all-no = Manter
privacy-given-all-done = OK, apaguei tudo o que você deu lá.
privacy-given-none = Não tenho fotos que você deu.
privacy-given-here = este chat
privacy-given-elsewhere = outro chat
privacy-given-in-group = Você me deu fotos para aprender aqui. Para vê-las e retirá-las, envie /privacy para mim num chat privado.
