# Что администраторы узнают о работающем боте и о том, кто они.

admin-only = Это могут только те, кто мной управляет. (Если это вы, добавьте свой ID { $id } в LABELBOT_ADMINS.)
admin-written-as-group = Я не могу понять, кто вы, пока вы пишете от имени группы. Напишите, пожалуйста, от своего имени.

# /stats

admin-stats-uptime-days = <b>Работаю { $days } д { $hours } ч</b>
admin-stats-uptime-hours = <b>Работаю { $hours } ч { $minutes } мин</b>
admin-stats-uptime-minutes = <b>Работаю { $minutes } мин</b>
admin-stats-photos = Ответов на фото: { $count }, из них { $seen_before } сразу, потому что фото мне уже встречались
admin-stats-latency = Время на новое фото: обычно { NUMBER($p50, maximumFractionDigits: 0) } мс, 19 из 20 за { NUMBER($p95, maximumFractionDigits: 0) } мс
admin-stats-now = Фото за последнюю минуту: { $count } · в работе: { $pending } · сообщений в очереди: { $waiting }
admin-stats-given-up = Отброшено сообщений, которые Telegram не принял вовремя: { $count }
admin-stats-memory = занято памяти: { NUMBER($mb, maximumFractionDigits: 0) } МБ
# Подсчёты за год, в том числе до последнего запуска.
admin-stats-year-title = <b>За последний год</b>
admin-stats-year = Ответов на фото: { $photos }, из них { $seen_before } уже встречались · сообщений без ответа: { $failures }
admin-stats-left-out = Обновлений от Telegram, которые я не смог прочитать: { $count }
admin-stats-unknown-fate = Сообщений, возможно отправленных дважды: { $count }
admin-stats-models = <b>Модели с момента запуска</b>
admin-stats-model = <b>{ $name }</b>: { $figures }
admin-stats-model-photos = ответов на фото: { $count } (уже встречались: { $seen_before })
admin-stats-model-latency = обычно { NUMBER($p50, maximumFractionDigits: 0) } мс, 19 из 20 за { NUMBER($p95, maximumFractionDigits: 0) } мс
admin-stats-not-alike = <i>Каждая модель смотрела другие фото, поэтому время нельзя сравнивать.</i>

# Что говорят люди: $figure — это admin-live-figure или admin-live-too-few.
admin-live-title = <b>Что люди говорят о моих ответах</b>
admin-live-none = Пока никто не сказал мне, верен ли ответ.
admin-live-sure = <b>{ $name }</b>, когда уверена: { $figure }
admin-live-unsure = <b>{ $name }</b>, лучшая догадка, когда не уверена: { $figure }
admin-live-taught = <b>{ $name }</b>, чему её научили: { $figure }
admin-live-figure = верно { NUMBER($share, style: "percent", maximumFractionDigits: 0) } (от { NUMBER($low, style: "percent", maximumFractionDigits: 0) } до { NUMBER($high, style: "percent", maximumFractionDigits: 0) } с уверенностью 95 %) · фото: { $photos }
admin-live-too-few = слишком мало фото, чтобы судить: { $photos } из { $needed }
admin-live-disputed = Фото, которые не учтены, потому что мнения расходятся: { $count }
admin-live-confusion = Часто исправляют, { $name }: { $said } → { $label } · фото: { $photos }
admin-live-note = <i>Подсчитано по фото, которые кто-то оценил кнопкой или с помощью 👍 и 👎 (дней: { $days }). Такие люди — не случайная выборка, поэтому не сравнивайте эти доли с долями в /models.</i>

# /workers: готовы $ready из $count процессов.

admin-workers-ready =
    { $count ->
        [one] готово { $ready } из { $count } процесса
        [few] готово { $ready } из { $count } процессов
       *[many] готово { $ready } из { $count } процессов
    }
admin-workers-hint = <code>/workers { $most }</code> изменит это до перезапуска.
admin-workers-set =
    { $count ->
        [one] Хорошо: { $count } процесс, до перезапуска.
        [few] Хорошо: { $count } процесса, до перезапуска.
       *[many] Хорошо: { $count } процессов, до перезапуска.
    }
admin-workers-refused = Укажите, пожалуйста, число от 1 до { $most }: больше двух на ядро только занимают память.
admin-cluster = Кластер Ray по адресу { $address }, Ray { $ray }, Python { $python }
admin-cluster-node = { $name } · ядра: { $cores } · процессы: { $workers }
admin-cluster-fault = { $name } не может распознавать фото: { $reason }
admin-cluster-unchecked = { $name } только что подключился.
admin-cluster-more = Ещё машин: { $count }
admin-cluster-refused = Укажите, пожалуйста, число от 1 до { $most }: столько ядер в кластере.

# /ban, /unban

admin-ban-usage = Кого? Отправьте <code>/ban ID</code> (человека или чата) или ответьте на сообщение командой <code>/ban</code>.
admin-unban-usage = Кого? Отправьте <code>/unban ID</code>. Список показывает /ban.
admin-banned-list = Не замечаю:
admin-banned-nobody = Не замечаю: никого
admin-banned-more = и ещё { $count }
admin-ban-an-admin = Администраторов нельзя не замечать.
admin-banned = Теперь я не буду замечать { $id }. /unban { $id } это отменит.
admin-unbanned = Я снова замечаю { $id }.
admin-was-not-banned = { $id } и так не в списке.
