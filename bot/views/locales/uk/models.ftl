# Як адміністратори вибирають і встановлюють моделі.

models-count =
    { $count ->
        [one] <b>{ $count } модель</b>
        [few] <b>{ $count } моделі</b>
       *[many] <b>{ $count } моделей</b>
    }
models-more = і ще { $count }: <code>labelbot models list</code>

# Рядок списку називає ім’я і такі відомості.
models-fact-broken = несправна
models-fact-labels =
    { $count ->
        [one] { $count } мітка
        [few] { $count } мітки
       *[many] { $count } міток
    }
models-fact-size = { NUMBER($mb, minimumFractionDigits: 1, maximumFractionDigits: 1) } МБ
# Share of right labels; $images is the name of a data set.
models-fact-accuracy = правильно { NUMBER($share, style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1) } на { $images }
models-fact-accuracy-own = правильно { NUMBER($share, style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1) } на власних відкладених фото
models-fact-accuracy-unknown = правильно { NUMBER($share, style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1) }, на невідомих фото
models-fact-everywhere = використовується всюди
models-fact-chats =
    { $count ->
        [one] вибрана в { $count } чаті
        [few] вибрана в { $count } чатах
       *[many] вибрана в { $count } чатах
    }
models-not-alike = <i>Частки, виміряні на різних фото, не можна порівнювати: одні фото складніші за інші.</i>
models-use-button = Вибрати { $name }

# Зміна. $place — "here", лише в цьому чаті, або "everywhere".

models-use-usage = Яку? <code>/use НАЗВА</code> або <code>/use НАЗВА here</code> лише для цього чату. Список показує /models.
models-rollback-usage = Надішліть <code>/rollback</code> або <code>/rollback here</code> лише для цього чату.
models-trying = Пробую { $name } ...
models-as-before =
    { $place ->
        [here] Тут я й далі використовую <b>{ $name }</b>.
       *[everywhere] Я й далі всюди використовую <b>{ $name }</b>.
    }
models-switched =
    { $place ->
        [here] Тепер тут я використовую <b>{ $name }</b>.
       *[everywhere] Тепер я всюди використовую <b>{ $name }</b>.
    }
models-way-back =
    { $place ->
        [here] /rollback here поверне { $name }.
       *[everywhere] /rollback поверне { $name }.
    }
models-seen = На зразку вона бачить { $label } ({ NUMBER($score, style: "percent", maximumFractionDigits: 0) }).
models-works = <b>{ $name }</b> працює.
models-broken = <b>{ $name }</b> не працює: { $reason }
models-removed = Модель { $name } видалено.
models-remove-usage = Яку? <code>/remove НАЗВА</code>. Список показує /models.
models-not-done = Нічого не змінилося: { $reason }

# Чому зміну, видалення чи завантаження відхилено.

models-refused-chosen-already = Нічого не змінилося: модель { $name } уже вибрано.
models-refused-nothing-before = Повертатися немає до чого.
models-refused-in-use = Нічого не змінилося: модель { $name } використовується. Спершу виберіть іншу.
models-refused-installed-already = Нічого не змінилося: модель { $name } вже встановлено. Список показує /models.
models-refused-pull-under-way = Нічого не змінилося: я вже завантажую { $name }, а завантажую я моделі по одній.
models-refused-pull-stopped = Завантаження { $name } зупинено. Наступне продовжить із цього місця.
models-refused-of-a-chat = Модель { $name } створено з того, чого мене навчили в іншому чаті, і це залишається в тому чаті.

# /pull. $subject — назва файлу або мережі.

models-all-installed = Усі опубліковані моделі, які я знаю, встановлено.
models-pull-usage = Установити опубліковану модель: <code>/pull НАЗВА</code>, а з іншої адреси — <code>/pull НАЗВА АДРЕСА</code>:
models-pull-starting = <b>{ $name }</b>: починаю ...
models-pull-downloading = <b>{ $name }</b>: завантажую { $subject } ...
models-pull-unpacking = <b>{ $name }</b>: розпаковую { $subject } ...
models-pull-compiling = <b>{ $name }</b>: компілюю { $subject } ...
models-pull-bytes = { NUMBER($done, minimumFractionDigits: 1, maximumFractionDigits: 1) } з { NUMBER($total, minimumFractionDigits: 1, maximumFractionDigits: 1) } МБ
models-pull-stop-button = Зупинити
models-pulled = Модель <b>{ $name }</b> встановлено.
models-pull-stopping = Зупиняю завантаження.
models-no-pull = Зараз жодна модель не завантажується.

# Кнопки під старими повідомленнями.

models-button-without-model = Цю модель більше не встановлено.
