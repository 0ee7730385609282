# Екрани /settings: що можуть налаштувати групи, канали й особисті чати. Тексти кнопок короткі й без розмітки: телефон
# показує близько двадцяти знаків кнопки, яка не сама у своєму ряду.

# Назва цієї мови нею самою.
settings-language-name = Українська

settings-title = <b>Налаштування: { $title }</b>
settings-title-private = <b>Налаштування цього чату</b>
settings-line = { $name }: <b>{ $value }</b>
settings-name-and-value = { $name }: { $value }
settings-photos-hidden = ⚠️ Telegram приховує тут від мене фото, тому всі я дивитися не можу. Зробіть мене адміністратором групи або попросіть тих, хто мною керує, вимкнути режим приватності.
settings-back = ‹ Назад
settings-close = Закрити

# Як бот відповідає на фото в групі.
settings-mode = Фото
settings-mode-about =
    На які фото я дивлюся?

    На прохання: на фото, на які хтось відповідає командою /label або моїм іменем, і на фото, надіслані з моїм іменем або у відповідь мені.
settings-mode-off = На жодні
settings-mode-ask = На прохання
settings-mode-auto = На всі

settings-answer-by = Якщо не просили
settings-answer-by-about =
    Як я відповідаю на фото, про які ніхто не питав?

    Реакція 👀 означає, що я знаю, що на фото: дайте на нього відповідь командою /label, щоб побачити мітки.
settings-answer-by-reply = Відповідь
settings-answer-by-react = Реакцію 👀

settings-threshold = Мовчати нижче
settings-threshold-about = Якщо ніхто не питав, я відповідаю, лише коли впевнений хоча б настільки.
settings-threshold-none = Типово для моделі
settings-threshold-score = { NUMBER($score, style: "percent", maximumFractionDigits: 0) }

settings-quiet = Тихі години
settings-quiet-about = У тихі години я відповідаю, лише коли мене просять.
# Наприклад: Наступні: з пн 22:00 до вт 07:00
settings-quiet-next = Наступні: з { $start } до { $end }
settings-quiet-now = Зараз тихі години, до { $end }.
settings-quiet-none = Немає
settings-quiet-end = Без тихих годин
# Наприклад: з 22:00 до 07:00, UTC+02:00
settings-quiet-hours = з { $start } до { $end }, { $zone }
settings-quiet-from = З
settings-quiet-from-about = Коли починаються тихі години?
settings-quiet-from-none = не задано
settings-quiet-to = До
settings-quiet-to-about = Коли закінчуються тихі години?
settings-quiet-to-none = не задано
settings-time-zone = Часовий пояс
settings-time-zone-about = Котра у вас зараз година?
settings-time-zone-places = У цих місцях зараз { $time }. Де час цілий рік такий самий, як у вас?

settings-top-k = Мітки
settings-top-k-about = Скільки міток показувати?

settings-model = Модель
settings-model-about = Яка модель дивиться на фото цього чату?
settings-model-none = Як в інших чатах
settings-model-trying = Пробую її ...
settings-model-refused = ⚠️ Ця модель не працює, тому нічого не змінилося.
settings-model-gone = Цю модель більше не встановлено.

settings-language = Мова
settings-language-about = Якою мовою мені тут говорити?
# В особистому чаті: мова застосунку. У групі: англійська.
settings-language-automatic = Автоматично
settings-language-english = Початкова: англійська

# Назви, які ніколи не звучать у чаті.
settings-never-say = Не називати
settings-never-say-about = Цього в моїх відповідях не буде. Назва цілого виду, наприклад «собака», стосується всього, що до нього входить.
settings-never-say-hint = Щоб додати назву, дайте її у відповідь на це повідомлення.
settings-never-say-none = Нічого
settings-never-say-add = Додати
settings-never-say-added = Гаразд, ніколи не назву: <b>{ $names }</b>
settings-never-say-unknown = Я не знаю назви <b>{ $name }</b>.
settings-never-say-similar = Я не знаю назви <b>{ $name }</b>. Може, { $names }?
settings-never-say-full = Список повний, більше ніж { $count } назв у ньому не вміщується. Спершу натисніть на одну з них, щоб прибрати її.

# Кнопки під відповідями.
settings-corrections = Питати, чи правильно
settings-corrections-about =
    Під якими відповідями я питаю, чи вони правильні?

    Сказати може будь-хто тут. Якщо не вибрано «Ніколи», враховуються і 👍 та 👎 на відповіді, коли Telegram мені їх показує: у групах для цього я маю бути адміністратором.
settings-corrections-always = Завжди
settings-corrections-unsure = Коли не певен
settings-corrections-never = Ніколи

settings-teachers = Хто може мене навчати
settings-teachers-about =
    Хто може навчати мене нових назв командою /teach і змінювати їх?

    Упізнавши щось, я кажу його назву при всіх, тому спочатку навчати мене можуть лише адміністратори.
settings-teachers-admins = Адміністратори
settings-teachers-everyone = Усі

settings-channel-posts = Дописи каналу
settings-channel-posts-about =
    Що робити з фото, які публікує канал?

    У групі обговорень каналу я можу їх коментувати. У каналі, де мені дозволено змінювати дописи, я можу писати мітки під ними.
settings-channel-posts-none = Нічого
settings-channel-posts-comment = Коментар
settings-channel-posts-caption = Мітки під ними

settings-chats = Групи й канали
settings-chats-about = Чиї налаштування показати?
settings-chats-none = Серед груп і каналів, де я є, немає тих, де ви адміністратор. Додайте мене до свого й загляньте сюди знову.
settings-chats-more = Груп більше, ніж я можу перевірити за раз. Якщо вашої тут немає, шукайте далі.
settings-chats-none-here = Серед груп і каналів, які я встиг перевірити, немає тих, де ви адміністратор.
settings-chats-further = Шукати далі ›

# Показується на мить тим, хто натиснув кнопку чи запитав; щонайбільше 200 знаків, без розмітки.
settings-saved = Збережено.
settings-admins-only = Налаштовувати мою роботу тут можуть лише адміністратори групи.
settings-not-yours = Змінювати ці налаштування можуть лише адміністратори.
settings-old-button = Ця кнопка від попередньої моєї версії. Надішліть /settings, щоб отримати нові.
settings-group-moved = Ця група стала супергрупою. Ось її налаштування.
settings-group-moved-there = Ця група стала супергрупою, і кнопка більше не працює. Надішліть там /settings, щоб отримати нові.
settings-photos-hidden-alert = Telegram приховує тут від мене фото. Зробіть мене адміністратором групи або попросіть тих, хто мною керує, вимкнути режим приватності.
settings-never-say-how = Дайте відповідь на це повідомлення з назвою, яку мені ніколи не казати.
settings-never-say-how-in-private = Надішліть назву, яку мені ніколи не казати.
