# Экраны /settings: что могут настроить группы, каналы и личные чаты. Тексты кнопок короткие и без разметки: телефон
# показывает около двадцати знаков кнопки, которая не одна в своём ряду.

# Название этого языка на нём самом.
settings-language-name = Русский

settings-title = <b>Настройки: { $title }</b>
settings-title-private = <b>Настройки этого чата</b>
settings-line = { $name }: <b>{ $value }</b>
settings-name-and-value = { $name }: { $value }
settings-photos-hidden = ⚠️ Telegram скрывает здесь от меня фото, поэтому все я смотреть не могу. Сделайте меня администратором группы или попросите тех, кто мной управляет, выключить режим приватности.
settings-back = ‹ Назад
settings-close = Закрыть

# Как бот отвечает на фото в группе.
settings-mode = Фото
settings-mode-about =
    На какие фото я смотрю?

    По просьбе: на фото, на которые кто-то отвечает командой /label или моим именем, и на фото, отправленные с моим именем или в ответ мне.
settings-mode-off = Ни на какие
settings-mode-ask = По просьбе
settings-mode-auto = На все

settings-answer-by = Если не просили
settings-answer-by-about =
    Как я отвечаю на фото, о которых никто не спрашивал?

    Реакция 👀 означает, что я знаю, что на фото: ответьте на него командой /label, чтобы увидеть метки.
settings-answer-by-reply = Ответ
settings-answer-by-react = Реакцию 👀

settings-threshold = Молчать ниже
settings-threshold-about = Если никто не спрашивал, я отвечаю, только когда уверен хотя бы настолько.
settings-threshold-none = По умолчанию модели
settings-threshold-score = { NUMBER($score, style: "percent", maximumFractionDigits: 0) }

settings-quiet = Тихие часы
settings-quiet-about = В тихие часы я отвечаю, только когда меня просят.
# Например: Следующие: с пн 22:00 до вт 07:00
settings-quiet-next = Следующие: с { $start } до { $end }
settings-quiet-now = Сейчас тихие часы, до { $end }.
settings-quiet-none = Нет
settings-quiet-end = Без тихих часов
# Например: с 22:00 до 07:00, UTC+02:00
settings-quiet-hours = с { $start } до { $end }, { $zone }
settings-quiet-from = С
settings-quiet-from-about = Когда начинаются тихие часы?
settings-quiet-from-none = не задано
settings-quiet-to = До
settings-quiet-to-about = Когда заканчиваются тихие часы?
settings-quiet-to-none = не задано
settings-time-zone = Часовой пояс
settings-time-zone-about = Который у вас сейчас час?
settings-time-zone-places = В этих местах сейчас { $time }. Где время круглый год такое же, как у вас?

settings-top-k = Метки
settings-top-k-about = Сколько меток показывать?

settings-model = Модель
settings-model-about = Какая модель смотрит на фото этого чата?
settings-model-none = Как в других чатах
settings-model-trying = Пробую её ...
settings-model-refused = ⚠️ Эта модель не работает, поэтому ничего не изменилось.
settings-model-gone = Эта модель больше не установлена.

settings-language = Язык
settings-language-about = На каком языке мне здесь говорить?
# В личном чате: язык приложения. В группе: английский.
settings-language-automatic = Автоматически
settings-language-english = Исходный: английский

# Названия, которые никогда не звучат в чате.
settings-never-say = Не называть
settings-never-say-about = Этого в моих ответах не будет. Название целого вида, например «собака», относится ко всему, что в него входит.
settings-never-say-hint = Чтобы добавить название, ответьте им на это сообщение.
settings-never-say-none = Ничего
settings-never-say-add = Добавить
settings-never-say-added = Хорошо, никогда не назову: <b>{ $names }</b>
settings-never-say-unknown = Я не знаю названия <b>{ $name }</b>.
settings-never-say-similar = Я не знаю названия <b>{ $name }</b>. Может быть, { $names }?
settings-never-say-full = Список полон, больше { $count } названий в нём не помещается. Сначала нажмите на одно из них, чтобы убрать его.

# Кнопки под ответами.
settings-corrections = Спрашивать, верно ли
settings-corrections-about =
    Под какими ответами я спрашиваю, верны ли они?

    Сказать может любой здесь. Если не выбрано «Никогда», учитываются и 👍 с 👎 на ответе, когда Telegram мне их показывает: в группах для этого я должен быть администратором.
settings-corrections-always = Всегда
settings-corrections-unsure = Когда не уверен
settings-corrections-never = Никогда

settings-teachers = Кто может меня учить
settings-teachers-about =
    Кто может учить меня новым названиям командой /teach и менять их?

    Узнав что-то, я говорю его название при всех, поэтому сначала учить меня могут только администраторы.
settings-teachers-admins = Администраторы
settings-teachers-everyone = Все

settings-channel-posts = Посты канала
settings-channel-posts-about =
    Что делать с фото, которые публикует канал?

    В группе обсуждений канала я могу их комментировать. В канале, где мне можно изменять посты, я могу писать метки под ними.
settings-channel-posts-none = Ничего
settings-channel-posts-comment = Комментарий
settings-channel-posts-caption = Метки под ними

settings-chats = Группы и каналы
settings-chats-about = Чьи настройки показать?
settings-chats-none = Среди групп и каналов, где я есть, нет тех, где вы администратор. Добавьте меня в свой и загляните сюда снова.
settings-chats-more = Групп больше, чем я могу проверить за раз. Если вашей здесь нет, ищите дальше.
settings-chats-none-here = Среди групп и каналов, которые я успел проверить, нет тех, где вы администратор.
settings-chats-further = Искать дальше ›

# Показывается на миг тем, кто нажал кнопку или спросил; не больше 200 знаков, без разметки.
settings-saved = Сохранено.
settings-admins-only = Настраивать мою работу здесь могут только администраторы группы.
settings-not-yours = Менять эти настройки могут только администраторы.
settings-old-button = Эта кнопка от прежней моей версии. Отправьте /settings, чтобы получить новые.
settings-group-moved = Эта группа стала супергруппой. Вот её настройки.
settings-group-moved-there = Эта группа стала супергруппой, и кнопка больше не работает. Отправьте там /settings, чтобы получить новые.
settings-photos-hidden-alert = Telegram скрывает здесь от меня фото. Сделайте меня администратором группы или попросите тех, кто мной управляет, выключить режим приватности.
settings-never-say-how = Ответьте на это сообщение названием, которое мне никогда не произносить.
settings-never-say-how-in-private = Пришлите название, которое мне никогда не произносить.
