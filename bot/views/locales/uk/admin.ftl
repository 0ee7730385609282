# Що адміністратори дізнаються про запущеного бота і про те, хто вони.

admin-only = Це можуть лише ті, хто мною керує. (Якщо це ви, додайте свій ID { $id } до LABELBOT_ADMINS.)
admin-written-as-group = Я не можу зрозуміти, хто ви, доки ви пишете від імені групи. Напишіть, будь ласка, від свого імені.

# /stats

admin-stats-uptime-days = <b>Працюю { $days } д { $hours } год</b>
admin-stats-uptime-hours = <b>Працюю { $hours } год { $minutes } хв</b>
admin-stats-uptime-minutes = <b>Працюю { $minutes } хв</b>
admin-stats-photos = Відповідей на фото: { $count }, з них { $seen_before } одразу, бо фото мені вже траплялися
admin-stats-latency = Час на нове фото: зазвичай { NUMBER($p50, maximumFractionDigits: 0) } мс, 19 із 20 за { NUMBER($p95, maximumFractionDigits: 0) } мс
admin-stats-now = Фото за останню хвилину: { $count } · у роботі: { $pending } · повідомлень у черзі: { $waiting }
admin-stats-given-up = Відкинуто повідомлень, які Telegram не прийняв вчасно: { $count }
admin-stats-memory = зайнято пам’яті: { NUMBER($mb, maximumFractionDigits: 0) } МБ
# Полічене за рік, зокрема до останнього запуску.
admin-stats-year-title = <b>За останній рік</b>
admin-stats-year = Відповідей на фото: { $photos }, з них { $seen_before } уже траплялися · повідомлень без відповіді: { $failures }
admin-stats-left-out = Оновлень від Telegram, які я не зміг прочитати: { $count }
admin-stats-unknown-fate = Повідомлень, можливо надісланих двічі: { $count }
admin-stats-models = <b>Моделі від запуску</b>
admin-stats-model = <b>{ $name }</b>: { $figures }
admin-stats-model-photos = відповідей на фото: { $count } (уже траплялися: { $seen_before })
admin-stats-model-latency = зазвичай { NUMBER($p50, maximumFractionDigits: 0) } мс, 19 із 20 за { NUMBER($p95, maximumFractionDigits: 0) } мс
admin-stats-not-alike = <i>Кожна модель дивилася інші фото, тому час не можна порівнювати.</i>

# Що кажуть люди: $figure — це admin-live-figure або admin-live-too-few.
admin-live-title = <b>Що люди кажуть про мої відповіді</b>
admin-live-none = Поки ніхто не сказав мені, чи правильна відповідь.
admin-live-sure = <b>{ $name }</b>, коли впевнена: { $figure }
admin-live-unsure = <b>{ $name }</b>, найкращий здогад, коли не впевнена: { $figure }
admin-live-taught = <b>{ $name }</b>, чого її навчили: { $figure }
admin-live-figure = правильно { NUMBER($share, style: "percent", maximumFractionDigits: 0) } (від { NUMBER($low, style: "percent", maximumFractionDigits: 0) } до { NUMBER($high, style: "percent", maximumFractionDigits: 0) } з певністю 95 %) · фото: { $photos }
admin-live-too-few = замало фото, щоб судити: { $photos } із { $needed }
admin-live-disputed = Фото, які не враховано, бо думки розходяться: { $count }
admin-live-confusion = Часто виправляють, { $name }: { $said } → { $label } · фото: { $photos }
admin-live-note = <i>Полічено за фото, які хтось оцінив кнопкою або за допомогою 👍 і 👎 (днів: { $days }). Такі люди — не випадкова вибірка, тож не порівнюйте ці частки з частками в /models.</i>

# /workers: готові $ready із $count процесів.

admin-workers-ready =
    { $count ->
        [one] готово { $ready } з { $count } процесу
        [few] готово { $ready } з { $count } процесів
       *[many] готово { $ready } з { $count } процесів
    }
admin-workers-hint = <code>/workers { $most }</code> змінить це до перезапуску.
admin-workers-set =
    { $count ->
        [one] Гаразд: { $count } процес, до перезапуску.
        [few] Гаразд: { $count } процеси, до перезапуску.
       *[many] Гаразд: { $count } процесів, до перезапуску.
    }
admin-workers-refused = Укажіть, будь ласка, число від 1 до { $most }: більше двох на ядро лише займають пам’ять.
admin-cluster = Кластер Ray за адресою { $address }, Ray { $ray }, Python { $python }
admin-cluster-node = { $name } · ядра: { $cores } · процеси: { $workers }
admin-cluster-fault = { $name } не може розпізнавати фото: { $reason }
admin-cluster-unchecked = { $name } щойно приєднався.
admin-cluster-more = Ще машин: { $count }
admin-cluster-refused = Укажіть, будь ласка, число від 1 до { $most }: стільки ядер у кластері.

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
