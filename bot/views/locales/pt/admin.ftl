# O que se diz aos administradores sobre o bot em execução, e sobre quem são.

admin-only = Só quem me administra pode fazer isso. (Se for você, adicione seu ID { $id } a LABELBOT_ADMINS.)
admin-written-as-group = Não consigo saber quem você é enquanto escreve como o grupo. Escreva com seu próprio nome.

# /stats

admin-stats-uptime-days = <b>Em execução há { $days } d { $hours } h</b>
admin-stats-uptime-hours = <b>Em execução há { $hours } h { $minutes } min</b>
admin-stats-uptime-minutes = <b>Em execução há { $minutes } min</b>
admin-stats-photos =
    { $count ->
        [one] { $count } foto
        [many] { $count } de fotos
       *[other] { $count } fotos
    }
admin-stats-seen-before =
    { $count ->
        [one] { $count } já vista antes
       *[other] { $count } já vistas antes
    }
admin-stats-latency = metade em { NUMBER($p50, maximumFractionDigits: 0) } ms, 95 de 100 em { NUMBER($p95, maximumFractionDigits: 0) } ms
admin-stats-last-minute = { $count } no último minuto
# O que foi contado em um ano, também antes do último início; failures são mensagens que receberam um pedido de desculpas.
admin-stats-year =
    Último ano: { $photos ->
        [one] { $photos } foto
        [many] { $photos } de fotos
       *[other] { $photos } fotos
    } · { $seen_before ->
        [one] { $seen_before } já vista antes
       *[other] { $seen_before } já vistas antes
    } · { $failures } sem resposta
admin-stats-model = <b>{ $name }</b>: { $figures }
admin-stats-pending =
    { $count ->
        [one] { $count } foto em andamento
       *[other] { $count } fotos em andamento
    }
admin-stats-messages = Mensagens à espera: { $waiting } · descartadas: { $given_up }
admin-stats-memory = { NUMBER($mb, maximumFractionDigits: 0) } MB no total
# Atualizações do Telegram que o bot não conseguiu ler, em um ano; o log diz o tipo de cada uma.
admin-stats-left-out = Atualizações ilegíveis: { $count }
admin-stats-unknown-fate = Mensagens talvez enviadas duas vezes: { $count }

# /workers: $ready de $count processos estão prontos.

admin-workers-ready =
    { $count ->
        [one] { $ready } de { $count } processo pronto
       *[other] { $ready } de { $count } processos prontos
    }
admin-workers-hint = <code>/workers 4</code> muda isso até que eu seja reiniciado.
admin-workers-set =
    { $count ->
        [one] Certo: { $count } processo, até que eu seja reiniciado.
       *[other] Certo: { $count } processos, até que eu seja reiniciado.
    }
admin-workers-refused = Dê um número de 1 a { $most }: mais de dois por núcleo só ocupam memória.

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
