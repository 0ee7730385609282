# O que é guardado, e como é apagado.

# $days é por quanto tempo.
privacy-kept =
    <b>Não guardo imagens nem nomes, e o que você escreve só até ser respondido.</b> Uma foto fica na memória deste computador enquanto olho para ela, e depois em lugar nenhum.

    O que guardo, como números que o Telegram deu:
    • de cada resposta, por { $days ->
        [one] { $days } dia
        [many] { $days } de dias
       *[other] { $days } dias
    }: que mensagem perguntou, de quem era, o ID da foto no Telegram e suas etiquetas. Os botões sob a resposta precisam disso;
    • de cada foto que olhei, pelo mesmo tempo: o ID dela no Telegram e suas etiquetas, não de quem era nem onde estava. Assim a mesma foto é respondida na hora;
    • o que foi ajustado neste chat com /top ou /settings, até ser apagado, e se posso escrever aqui;
    • IDs das mensagens, por um dia, para não responder a nenhuma duas vezes;
    • pessoas e chats que ignoro.

    /deletemydata apaga o que sei sobre você, ou sobre um grupo que você administra. Quando sou removido de um grupo, esqueço na hora tudo menos o ID dele.

privacy-delete-private = Devo esquecer seus ajustes e todas as respostas que dei a você, aqui e em grupos? As mensagens em si ficam: você pode apagá-las.
privacy-delete-group = Devo esquecer todas as respostas que dei a você, aqui e em outros lugares? Os administradores também podem me fazer esquecer tudo sobre este grupo, inclusive seus ajustes.
privacy-delete-hidden = Devo esquecer tudo sobre este grupo, inclusive seus ajustes? Só seus administradores podem dizer isso.
privacy-delete-me = Esquecer de mim
privacy-delete-chat = Esquecer este grupo
privacy-keep = Manter

privacy-deleted-me = Pronto: esqueci você. Os IDs das suas últimas mensagens somem em um dia.
privacy-deleted-chat = Pronto: esqueci este grupo. Os IDs das últimas mensagens dele somem em um dia.
privacy-kept-all = Tudo está como estava.

# Sem formatação, no máximo 200 caracteres.
privacy-admins-only = Só os administradores deste grupo podem dizer isso.
privacy-not-yours = Outra pessoa pediu isso. Envie você /deletemydata.
