# Що адміністратори дізнаються про запущеного бота і про те, хто вони.

admin-only = Це можуть лише ті, хто мною керує. (Якщо це ви, додайте свій ID { $id } до LABELBOT_ADMINS.)
admin-written-as-group = Я не можу зрозуміти, хто ви, доки ви пишете від імені групи. Напишіть, будь ласка, від свого імені.

# /stats

admin-stats-uptime-days = <b>Працюю { $days } д { $hours } год</b>
admin-stats-uptime-hours = <b>Працюю { $hours } год { $minutes } хв</b>
admin-stats-uptime-minutes = <b>Працюю { $minutes } хв</b>
admin-stats-photos = { $count } фото
admin-stats-seen-before = з них { $count } уже траплялося
admin-stats-latency = половина за { NUMBER($p50, maximumFractionDigits: 0) } мс, 95 зі 100 за { NUMBER($p95, maximumFractionDigits: 0) } мс
admin-stats-last-minute = { $count } за останню хвилину
# Що полічено за рік, зокрема до останнього запуску; failures — повідомлення, на які прийшло вибачення.
admin-stats-year = За рік: { $photos } фото · з них { $seen_before } уже траплялося · { $failures } без відповіді
admin-stats-model = <b>{ $name }</b>: { $figures }
admin-stats-pending = { $count } фото в роботі
admin-stats-messages = Повідомлень у черзі: { $waiting } · відкинуто: { $given_up }
admin-stats-memory = разом { NUMBER($mb, maximumFractionDigits: 0) } МБ
# Оновлення Telegram, які бот не зміг прочитати, за рік; їхній вид указано в журналі.
admin-stats-left-out = Оновлень, які не вдалося прочитати: { $count }
admin-stats-unknown-fate = Повідомлень, можливо надісланих двічі: { $count }

# /workers: готові $ready із $count процесів.

admin-workers-ready =
    { $count ->
        [one] готово { $ready } з { $count } процесу
        [few] готово { $ready } з { $count } процесів
       *[many] готово { $ready } з { $count } процесів
    }
admin-workers-hint = <code>/workers 4</code> змінить це до перезапуску.
admin-workers-set =
    { $count ->
        [one] Гаразд: { $count } процес, до перезапуску.
        [few] Гаразд: { $count } процеси, до перезапуску.
       *[many] Гаразд: { $count } процесів, до перезапуску.
    }
admin-workers-refused = Укажіть, будь ласка, число від 1 до { $most }: більше двох на ядро лише займають пам’ять.

# /ban, /unban

admin-ban-usage = Кого? Надішліть <code>/ban ID</code> (людини або чату) чи дайте відповідь на повідомлення командою <code>/ban</code>.
admin-unban-usage = Кого? Надішліть <code>/unban ID</code>. Список показує /ban.
admin-banned-list = Не помічаю:
admin-banned-nobody = Не помічаю: нікого
admin-banned-more = і ще { $count }
admin-ban-an-admin = Адміністраторів не можна не помічати.
admin-banned = Відтепер я не помічатиму { $id }. /unban { $id } це скасує.
admin-unbanned = Я знову помічаю { $id }.
admin-was-not-banned = { $id } і так не в списку.
