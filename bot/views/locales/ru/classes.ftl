# /classes: чему меня учили в чате. $name — название. Надписи на кнопках короткие и без разметки.

classes-title = <b>Чему меня здесь учили</b>
classes-none = Здесь меня пока ничему не учили. Ответьте на фото командой <code>/teach Rex</code>, и с тех пор я буду узнавать Rex.
classes-line = <b>{ $name }</b>: { $facts }
classes-photos = { $count } фото
classes-recognised = узнаю { $recognised } из { $total }
classes-seen-never = ещё не встречалось
classes-seen-today = встречалось сегодня
classes-seen =
    { $days ->
        [one] встречалось { $days } день назад
        [few] встречалось { $days } дня назад
       *[many] встречалось { $days } дней назад
    }
# После смены модели фото читаются заново.
classes-waiting = Ещё читаю заново фото: { $count }, потому что теперь здесь отвечает другая модель.
classes-lost = У Telegram больше нет фото: { $count }. Модель, которая теперь здесь отвечает, не может на них учиться.

classes-back = ‹ Назад
classes-previous = ‹
classes-next = ›
classes-show = Фото
classes-rename = Переименовать
classes-merge = Объединить
classes-forget = Забыть

classes-shown = <b>{ $name }</b>: фото с { $first } по { $last } из { $total }. Нажмите на номер, чтобы убрать это фото.
classes-not-shown = Показать нельзя: { $count }. Они пришли файлом, стикером или видео, или их больше нет у Telegram.
classes-removed = Хорошо, фото убрано.
classes-rename-how = Ответьте на это сообщение новым названием вместо <b>{ $name }</b>.
classes-rename-how-in-private = Пришлите новое название вместо <b>{ $name }</b>.
classes-renamed = Хорошо, теперь вместо <b>{ $before }</b> — <b>{ $name }</b>.
classes-merge-which = Что — то же самое, что <b>{ $name }</b>? Фото перейдут к названию, которое вы выберете.
classes-merged = Хорошо, фото <b>{ $before }</b> теперь относятся к <b>{ $name }</b>.
classes-forget-question = Забыть <b>{ $name }</b>? Я удалю то, чему научился на { $count } фото, и перестану это узнавать.
classes-forget-yes = Забыть
classes-forget-no = Оставить
classes-forgotten = Хорошо, я забыл <b>{ $name }</b>.
classes-kept = Хорошо, я по-прежнему знаю <b>{ $name }</b>.
classes-unknown = Здесь меня не учили узнавать <b>{ $name }</b>. Чему учили: /classes
classes-forget-usage = Скажите, что забыть, например: <code>/forget Rex</code>. Чему меня здесь учили: /classes
# Ответ кнопки: без разметки, не длиннее 200 символов.
classes-remove-not-yours = Убрать это фото могут тот, кто его дал, и те, кому можно меня здесь учить.
