# O que acontece com mensagens que não puderam ser respondidas a tempo.

inbox-too-old = Desculpe, eu não estava e perdi o que foi enviado. Envie de novo se ainda quiser uma resposta.
inbox-retired = Desculpe, tentei várias vezes e não consegui responder a isso. Não envie de novo, por favor; quem me administra já sabe.

# A quem administra o bot; $id é o da atualização, como no registro.
inbox-retired-for-admins =
    { $count ->
        [one] Desisti da atualização { $id }: fui reiniciado { $count } vez enquanto trabalhava nela. O registro diz mais.
       *[other] Desisti da atualização { $id }: fui reiniciado { $count } vezes enquanto trabalhava nela. O registro diz mais.
    }
