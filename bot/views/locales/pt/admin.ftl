# O que se diz aos administradores sobre o bot em execução, e sobre quem são.

admin-only = Só quem me administra pode fazer isso. (Se for você, adicione seu ID { $id } a LABELBOT_ADMINS.)
admin-written-as-group = Não consigo saber quem você é enquanto escreve como o grupo. Escreva com seu próprio nome.

# /stats

admin-stats-uptime-days = <b>Em execução há { $days } d { $hours } h</b>
admin-stats-uptime-hours = <b>Em execução há { $hours } h { $minutes } min</b>
admin-stats-uptime-minutes = <b>Em execução há { $minutes } min</b>
admin-stats-photos = Fotos respondidas: { $count }, das quais { $seen_before } na hora, porque eu já as conhecia
admin-stats-latency = Tempo para uma foto nova: em geral { NUMBER($p50, maximumFractionDigits: 0) } ms, 19 de 20 em { NUMBER($p95, maximumFractionDigits: 0) } ms
admin-stats-now = Fotos no último minuto: { $count } · em andamento: { $pending } · mensagens à espera: { $waiting }
admin-stats-given-up = Mensagens descartadas porque o Telegram não as aceitou a tempo: { $count }
admin-stats-memory = memória em uso: { NUMBER($mb, maximumFractionDigits: 0) } MB
# O que foi contado em um ano, também antes do último início.
admin-stats-year-title = <b>O último ano</b>
admin-stats-year = Fotos respondidas: { $photos }, das quais { $seen_before } já conhecidas · mensagens que não consegui responder: { $failures }
admin-stats-left-out = Atualizações do Telegram que não consegui ler: { $count }
admin-stats-unknown-fate = Mensagens talvez enviadas duas vezes: { $count }
admin-stats-models = <b>Modelos desde o início</b>
admin-stats-model = <b>{ $name }</b>: { $figures }
admin-stats-model-photos = fotos respondidas: { $count } (já conhecidas: { $seen_before })
admin-stats-model-latency = em geral { NUMBER($p50, maximumFractionDigits: 0) } ms, 19 de 20 em { NUMBER($p95, maximumFractionDigits: 0) } ms
admin-stats-not-alike = <i>Cada modelo viu outras fotos, então os tempos não podem ser comparados.</i>

# O que as pessoas dizem: $figure é admin-live-figure ou admin-live-too-few.
admin-live-title = <b>O que as pessoas dizem das minhas respostas</b>
admin-live-none = Ninguém me disse ainda se uma resposta estava certa.
admin-live-sure = <b>{ $name }</b>, quando tem certeza: { $figure }
admin-live-unsure = <b>{ $name }</b>, melhor palpite quando não tem certeza: { $figure }
admin-live-taught = <b>{ $name }</b>, o que lhe ensinaram: { $figure }
admin-live-figure = { NUMBER($share, style: "percent", maximumFractionDigits: 0) } de acertos (de { NUMBER($low, style: "percent", maximumFractionDigits: 0) } a { NUMBER($high, style: "percent", maximumFractionDigits: 0) } com 95% de confiança) · fotos: { $photos }
admin-live-too-few = fotos de menos para dizer: { $photos } de { $needed }
admin-live-disputed = Fotos que não contam porque as opiniões divergem: { $count }
admin-live-confusion = Corrigido com frequência, { $name }: { $said } → { $label } · fotos: { $photos }
admin-live-note = <i>Contado com as fotos que alguém julgou com um botão ou com 👍 e 👎 (dias: { $days }). Quem faz isso não é uma amostra aleatória: não compare estas porcentagens com as de /models.</i>

# /workers: $ready de $count processos estão prontos.

admin-workers-ready =
    { $count ->
        [one] { $ready } de { $count } processo pronto
       *[other] { $ready } de { $count } processos prontos
    }
admin-workers-hint = <code>/workers { $most }</code> muda isso até que eu seja reiniciado.
admin-workers-set =
    { $count ->
        [one] Certo: { $count } processo, até que eu seja reiniciado.
       *[other] Certo: { $count } processos, até que eu seja reiniciado.
    }
admin-workers-refused = Dê um número de 1 a { $most }: mais de dois por núcleo só ocupam memória.
admin-cluster = Cluster Ray em { $address }, Ray { $ray }, Python { $python }
admin-cluster-node = { $name } · núcleos: { $cores } · processos: { $workers }
admin-cluster-fault = { $name } não consegue reconhecer fotos: { $reason }
admin-cluster-unchecked = { $name } acabou de entrar.
admin-cluster-more = Mais máquinas: { $count }
admin-cluster-refused = Dê um número de 1 a { $most }, os núcleos do cluster.

# /ban, /unban

admin-ban-usage = Quem? Use <code>/ban ID</code> (de uma pessoa ou de um chat), ou responda a uma mensagem com <code>/ban</code>.
admin-unban-usage = Quem? Use <code>/unban ID</code>. /ban mostra a lista.
admin-banned-list = Ignorados:
admin-banned-nobody = Não ignoro ninguém
admin-banned-more = e mais { $count }
admin-ban-an-admin = Não é possível ignorar administradores.
admin-banned = De agora em diante vou ignorar { $id }. /unban { $id } desfaz isso.
admin-unbanned = Não ignoro mais { $id }.
admin-was-not-banned = Eu não estava ignorando { $id }.
