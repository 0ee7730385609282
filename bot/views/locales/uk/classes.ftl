# /classes: чого мене навчали в чаті. $name — назва. Написи на кнопках короткі й без розмітки.

classes-title = <b>Чого мене тут навчали</b>
classes-none = Тут мене поки нічого не навчали. Дайте відповідь на фото командою <code>/teach Rex</code>, і відтоді я впізнаватиму Rex.
classes-line = <b>{ $name }</b>: { $facts }
classes-photos = { $count } фото
classes-recognised = упізнаю { $recognised } з { $total }
classes-seen-never = ще не траплялося
classes-seen-today = траплялося сьогодні
classes-seen =
    { $days ->
        [one] траплялося { $days } день тому
        [few] траплялося { $days } дні тому
       *[many] траплялося { $days } днів тому
    }
# Після зміни моделі фото читаються заново.
classes-waiting = Ще читаю заново фото: { $count }, бо тепер тут відповідає інша модель.
classes-lost = У Telegram більше немає фото: { $count }. Модель, яка тепер тут відповідає, не може на них учитися.

classes-back = ‹ Назад
classes-previous = ‹
classes-next = ›
classes-show = Фото
classes-rename = Перейменувати
classes-merge = Об’єднати
classes-forget = Забути

classes-shown = <b>{ $name }</b>: фото з { $first } по { $last } із { $total }. Натисніть на номер, щоб прибрати це фото.
classes-not-shown = Показати не можна: { $count }. Вони надійшли файлом, стікером або відео, або їх більше немає в Telegram.
classes-removed = Гаразд, фото прибрано.
classes-rename-how = Дайте відповідь на це повідомлення новою назвою замість <b>{ $name }</b>.
classes-rename-how-in-private = Надішліть нову назву замість <b>{ $name }</b>.
classes-renamed = Гаразд, тепер замість <b>{ $before }</b> — <b>{ $name }</b>.
classes-merge-which = Що — те саме, що <b>{ $name }</b>? Фото перейдуть до назви, яку ви оберете.
classes-merged = Гаразд, фото <b>{ $before }</b> тепер належать до <b>{ $name }</b>.
classes-forget-question = Забути <b>{ $name }</b>? Я видалю те, чого навчився на фото ({ $count }), і перестану це впізнавати.
classes-forget-yes = Забути
classes-forget-no = Лишити
classes-forgotten = Гаразд, я забув <b>{ $name }</b>.
classes-kept = Гаразд, я й далі знаю <b>{ $name }</b>.
classes-unknown = Тут мене не навчали впізнавати <b>{ $name }</b>. Чого навчали: /classes
classes-forget-usage = Скажіть, що забути, наприклад: <code>/forget Rex</code>. Чого мене тут навчали: /classes
# Відповідь кнопки: без розмітки, не довша за 200 символів.
classes-remove-not-yours = Прибрати це фото можуть той, хто його дав, і ті, кому можна мене тут навчати.
