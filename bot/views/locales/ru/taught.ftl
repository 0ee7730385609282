# What people taught.

taught-lost = Теперь я работаю здесь с другой моделью и заново посмотрел фотографии, по которым учился. Некоторых из них в Telegram больше нет: { $classes }. Покажите их мне, пожалуйста, ещё раз.
# A class with its number of photos.
taught-lost-class = { $name } ({ NUMBER($count) })
