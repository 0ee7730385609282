# Чи правильна відповідь: що кажуть люди.

# Кнопки: без розмітки, короткі.
corrections-right = Правильно
corrections-wrong = Неправильно
corrections-which = Що з цього?
corrections-album = Правильно чи ні?
corrections-something-else = Щось інше
corrections-take-back = Скасувати
corrections-back = Назад
# Кнопка, яку вже натиснули; $what — один із текстів вище або назва.
corrections-pressed = ✓ { $what }
corrections-pressed-by = ✓ { $what } · { $count }

# Рядок під відповіддю, поки її кнопки питають.
corrections-which-photo = Про яке фото йдеться?
corrections-is-photo-right = Фото { $number }: правильно?
corrections-said-right = Ви вже сказали, що відповідь правильна. Скасувати?
corrections-what-is-it = Що це?
corrections-what-is-photo = Фото { $number }: що це?
corrections-type = Дайте відповідь на це повідомлення назвою.
corrections-type-in-private = Надішліть мені назву.
corrections-type-again = Дайте, будь ласка, відповідь назвою до { $most } символів, одним рядком.

# Рядок під відповіддю: що це, за словами людей.
corrections-corrected = Виправлено: <b>{ $name }</b>
corrections-corrected-photo = Фото { $number } виправлено: <b>{ $name }</b>
corrections-unknown-name = Записав, що помилився, але не знаю, що таке <b>{ $name }</b>. Щоб навчити мене, дайте відповідь на фото командою <code>/teach { $name }</code>

# Тому, хто натиснув кнопку: без розмітки, не більше 200 символів.
corrections-noted-right = Дякую! Записав, що відповідь правильна.
corrections-noted-wrong = Дякую! Записав, що помилився. Що це?
corrections-noted-name = Дякую! Записав: { $name }
corrections-taken-back = Гаразд, я забув, що ви про це сказали.
corrections-nothing-said = Ви про це нічого не казали.
corrections-type-now = Записав, що помилився. Тепер дайте відповідь на моє повідомлення назвою.
corrections-type-now-in-private = Записав, що помилився. Тепер надішліть мені назву.
corrections-closed = Про це фото я більше не питаю.
