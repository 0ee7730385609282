# Как администраторы выбирают и устанавливают модели.

models-count =
    { $count ->
        [one] <b>{ $count } модель</b>
        [few] <b>{ $count } модели</b>
       *[many] <b>{ $count } моделей</b>
    }
models-more = и ещё { $count }: <code>labelbot models list</code>

# Строка списка называет имя и такие сведения.
models-fact-broken = неисправна
models-fact-labels =
    { $count ->
        [one] { $count } метка
        [few] { $count } метки
       *[many] { $count } меток
    }
models-fact-size = { NUMBER($mb, minimumFractionDigits: 1, maximumFractionDigits: 1) } МБ
# Share of right labels; $images is the name of a data set.
models-fact-accuracy = верно { NUMBER($share, style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1) } на { $images }
models-fact-accuracy-own = верно { NUMBER($share, style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1) } на собственных отложенных фото
models-fact-accuracy-unknown = верно { NUMBER($share, style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1) }, на неизвестных фото
models-fact-everywhere = используется везде
models-fact-chats =
    { $count ->
        [one] выбрана в { $count } чате
        [few] выбрана в { $count } чатах
       *[many] выбрана в { $count } чатах
    }
models-not-alike = <i>Доли, измеренные на разных фото, нельзя сравнивать: одни фото сложнее других.</i>
models-use-button = Выбрать { $name }

# Смена. $place — "here", только в этом чате, или "everywhere".

models-use-usage = Какую? <code>/use ИМЯ</code> или <code>/use ИМЯ here</code> только для этого чата. Список показывает /models.
models-rollback-usage = Отправьте <code>/rollback</code> или <code>/rollback here</code> только для этого чата.
models-trying = Пробую { $name } ...
models-as-before =
    { $place ->
        [here] Здесь я по-прежнему использую <b>{ $name }</b>.
       *[everywhere] Я по-прежнему везде использую <b>{ $name }</b>.
    }
models-switched =
    { $place ->
        [here] Теперь здесь я использую <b>{ $name }</b>.
       *[everywhere] Теперь я везде использую <b>{ $name }</b>.
    }
models-way-back =
    { $place ->
        [here] /rollback here вернёт { $name }.
       *[everywhere] /rollback вернёт { $name }.
    }
models-seen = На образце она видит { $label } ({ NUMBER($score, style: "percent", maximumFractionDigits: 0) }).
models-works = <b>{ $name }</b> работает.
models-broken = <b>{ $name }</b> не работает: { $reason }
models-removed = Модель { $name } удалена.
models-remove-usage = Какую? <code>/remove ИМЯ</code>. Список показывает /models.
models-not-done = Ничего не изменилось: { $reason }

# Почему смена, удаление или загрузка отклонены.

models-refused-chosen-already = Ничего не изменилось: модель { $name } уже выбрана.
models-refused-nothing-before = Возвращаться не к чему.
models-refused-in-use = Ничего не изменилось: модель { $name } используется. Сначала выберите другую.
models-refused-installed-already = Ничего не изменилось: модель { $name } уже установлена. Список показывает /models.
models-refused-pull-under-way = Ничего не изменилось: я уже загружаю { $name }, а загружаю я модели по одной.
models-refused-pull-stopped = Загрузка { $name } остановлена. Следующая продолжит с этого места.
models-refused-of-a-chat = Модель { $name } создана из того, чему меня научили в другом чате, и это остаётся в том чате.

# /pull. $subject — имя файла или сети.

models-all-installed = Все опубликованные модели, которые я знаю, установлены.
models-pull-usage = Установить опубликованную модель: <code>/pull ИМЯ</code>, а с другого адреса — <code>/pull ИМЯ АДРЕС</code>:
models-pull-starting = <b>{ $name }</b>: начинаю ...
models-pull-downloading = <b>{ $name }</b>: загружаю { $subject } ...
models-pull-unpacking = <b>{ $name }</b>: распаковываю { $subject } ...
models-pull-compiling = <b>{ $name }</b>: компилирую { $subject } ...
models-pull-bytes = { NUMBER($done, minimumFractionDigits: 1, maximumFractionDigits: 1) } из { NUMBER($total, minimumFractionDigits: 1, maximumFractionDigits: 1) } МБ
models-pull-stop-button = Остановить
models-pulled = Модель <b>{ $name }</b> установлена.
models-pull-stopping = Останавливаю загрузку.
models-no-pull = Сейчас никакая модель не загружается.

# Кнопки под старыми сообщениями.

models-button-without-model = Эта модель больше не установлена.
