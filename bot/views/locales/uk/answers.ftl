# Що кажуть про зображення і про те, що ним не є.

answers-still = Це рухається, тому взято один кадр.
answers-preview = Файл завеликий, тому взято його прев'ю.
answers-unsure = Точно не скажу. Найімовірніше:
answers-score = { NUMBER($score, style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1) }

# Останній рядок: яка модель відповіла і за скільки мілісекунд.
answers-footer = <i>{ $model } · { NUMBER($ms, maximumFractionDigits: 0) } мс</i>
answers-footer-seen-before = <i>{ $model } · уже траплялося</i>
answers-model-gone = <i>Тут має відповідати { $model }, але її вже немає.</i>

answers-not-an-image-file = Цей файл — не зображення, яке я можу подивитися. Надішліть фото або зображення файлом.
answers-no-still = Тут немає кадру, який можна було б подивитися. Надішліть фото.
answers-file-unavailable = Telegram не віддав мені цей файл. Надішліть його, будь ласка, ще раз.
