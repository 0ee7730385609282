# Верен ли ответ: что говорят люди.

# Кнопки: без разметки, короткие.
corrections-right = Верно
corrections-wrong = Неверно
corrections-which = Что из этого?
corrections-album = Верно или нет?
corrections-something-else = Что-то другое
corrections-take-back = Отменить
corrections-back = Назад
# Кнопка, которую уже нажали; $what — один из текстов выше или название.
corrections-pressed = ✓ { $what }
corrections-pressed-by = ✓ { $what } · { $count }

# Строка под ответом, пока его кнопки спрашивают.
corrections-which-photo = О каком фото речь?
corrections-is-photo-right = Фото { $number }: верно?
corrections-said-right = Вы уже сказали, что ответ верен. Отменить?
corrections-what-is-it = Что это?
corrections-what-is-photo = Фото { $number }: что это?
corrections-type = Ответьте на это сообщение названием.
corrections-type-in-private = Пришлите мне название.
corrections-type-again = Ответьте, пожалуйста, названием не длиннее { $most } символов, одной строкой.

# Строка под ответом: что это, по словам людей.
corrections-corrected = Исправлено: <b>{ $name }</b>
corrections-corrected-photo = Фото { $number } исправлено: <b>{ $name }</b>
corrections-unknown-name = Записал, что ошибся, но не знаю, что такое <b>{ $name }</b>. Чтобы научить меня, ответьте на фото командой <code>/teach { $name }</code>

# Тому, кто нажал кнопку: без разметки, не больше 200 символов.
corrections-noted-right = Спасибо! Записал, что ответ верен.
corrections-noted-wrong = Спасибо! Записал, что ошибся. Что это?
corrections-noted-name = Спасибо! Записал: { $name }
corrections-taken-back = Хорошо, я забыл, что вы об этом сказали.
corrections-nothing-said = Вы об этом ничего не говорили.
corrections-type-now = Записал, что ошибся. Теперь ответьте на моё сообщение названием.
corrections-type-now-in-private = Записал, что ошибся. Теперь пришлите мне название.
corrections-closed = Об этом фото я больше не спрашиваю.
