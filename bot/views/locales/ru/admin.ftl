# Что администраторы узнают о работающем боте и о том, кто они.

admin-only = Это могут только те, кто мной управляет. (Если это вы, добавьте свой ID { $id } в LABELBOT_ADMINS.)
admin-written-as-group = Я не могу понять, кто вы, пока вы пишете от имени группы. Напишите, пожалуйста, от своего имени.

# /stats

admin-stats-uptime-days = <b>Работаю { $days } д { $hours } ч</b>
admin-stats-uptime-hours = <b>Работаю { $hours } ч { $minutes } мин</b>
admin-stats-uptime-minutes = <b>Работаю { $minutes } мин</b>
admin-stats-photos = { $count } фото
admin-stats-seen-before = из них { $count } уже встречалось
admin-stats-latency = половина за { NUMBER($p50, maximumFractionDigits: 0) } мс, 95 из 100 за { NUMBER($p95, maximumFractionDigits: 0) } мс
admin-stats-last-minute = { $count } за последнюю минуту
# Что посчитано за год, в том числе до последнего запуска; failures — сообщения, на которые пришло извинение.
admin-stats-year = За год: { $photos } фото · из них { $seen_before } уже встречалось · { $failures } без ответа
admin-stats-model = <b>{ $name }</b>: { $figures }
admin-stats-pending = { $count } фото в работе
admin-stats-messages = Сообщений в очереди: { $waiting } · отброшено: { $given_up }
admin-stats-memory = всего { NUMBER($mb, maximumFractionDigits: 0) } МБ
# Обновления Telegram, которые бот не смог прочитать, за год; их вид указан в журнале.
admin-stats-left-out = Обновлений, которые не удалось прочитать: { $count }
admin-stats-unknown-fate = Сообщений, возможно отправленных дважды: { $count }

# /workers: готовы $ready из $count процессов.

admin-workers-ready =
    { $count ->
        [one] готово { $ready } из { $count } процесса
        [few] готово { $ready } из { $count } процессов
       *[many] готово { $ready } из { $count } процессов
    }
admin-workers-hint = <code>/workers 4</code> изменит это до перезапуска.
admin-workers-set =
    { $count ->
        [one] Хорошо: { $count } процесс, до перезапуска.
        [few] Хорошо: { $count } процесса, до перезапуска.
       *[many] Хорошо: { $count } процессов, до перезапуска.
    }
admin-workers-refused = Укажите, пожалуйста, число от 1 до { $most }: больше двух на ядро только занимают память.

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
