# What people taught.

taught-lost = Тепер я працюю тут з іншою моделлю й ще раз переглянув фотографії, на яких учився. Деяких із них у Telegram більше немає: { $classes }. Покажіть їх мені, будь ласка, ще раз.
# A class with its number of photos.
taught-lost-class = { $name } ({ NUMBER($count) })
