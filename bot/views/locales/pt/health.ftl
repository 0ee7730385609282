# O que se diz aos administradores nos chats privados quando algo vai mal com o bot em execução, e quando passou.
# $lasted_min é quanto durou.

health-database-file = Meu arquivo de banco de dados, <code>{ $file }</code>, foi apagado ou substituído enquanto estou em execução. O que eu guardar a partir de agora se perde quando eu parar. Pare-me, ponha o arquivo ou um backup no lugar e inicie-me de novo.
health-database-file-over = Meu arquivo de banco de dados está de volta no lugar.
health-clock = O relógio deste computador está errado: está { $minutes } min { $direction ->
        [ahead] adiantado
       *[behind] atrasado
    }. Eu me guio pelo relógio do Telegram, então as mensagens são respondidas mesmo assim. Acerte-o, por favor: os horários do meu registro estão errados, e conexões seguras podem falhar.
health-clock-over = O relógio deste computador está certo de novo.
health-disk = O disco com meus dados está quase cheio: { $free_mb } MB estão livres, { $percent } % dele. Quando encher, não poderei guardar mais nada. Libere espaço, por favor.
health-disk-over = O disco com meus dados tem espaço de novo.
health-polling = Há { $minutes } min não consigo buscar mensagens do Telegram. O Telegram as guarda por um dia. O registro diz mais.
health-polling-over = Consigo buscar mensagens do Telegram de novo, depois de { $lasted_min } min sem conseguir.
health-webhook = O Telegram não consegue me entregar mensagens: { $reason }. Ele as guarda por um dia e continua tentando. Verifique o endereço em LABELBOT_WEBHOOK_URL, o certificado dele e o proxy na frente.
health-webhook-over = O Telegram volta a me entregar mensagens, depois de { $lasted_min } min sem conseguir.
health-webhook-replaced = Outro programa ficou com as minhas mensagens: removeu ou trocou o meu webhook. Eu o defini de novo. Se você não conhece esse programa, peça ao @BotFather que revogue o meu token.
health-webhook-replaced-over = As minhas mensagens voltaram a chegar; outro programa ficou com elas por { $lasted_min } min.
health-workers = Meus processos de trabalho caem sem parar: { $count } vezes nos últimos { $minutes } min. As fotos são respondidas tarde ou nem são. Quase sempre falta memória; o registro diz mais.
health-workers-over = Meus processos de trabalho não caem mais.
health-cluster = Perdi a conexão com o cluster: { $reason }. As fotos novas esperam, e continuo tentando me conectar.
health-cluster-over = Estou conectado ao cluster de novo, depois de { $lasted_min } min sem conexão.
# $models são nomes de modelos, e $instead também.
health-model = Falta ou está danificado: <b>{ $models }</b>. Até que isso seja resolvido, <b>{ $instead }</b> responde no lugar. /models mostra quais modelos há.
health-model-over = Os modelos que devem responder estão todos de volta.
# $reason é uma frase em inglês.
health-backup = O último backup falhou. { $reason }
health-backup-over = Um backup foi feito de novo.
