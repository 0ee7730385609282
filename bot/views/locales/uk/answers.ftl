# Що кажуть про зображення і про те, що ним не є.

answers-still = Це анімація, тому взято один кадр.
answers-frames = Це анімація. На { $agreeing } з { $total } кадрів видно:
answers-frames-unsure = Це анімація. Переглянуто кадрів: { $total }.
answers-preview = Файл завеликий, тому взято його прев'ю.
answers-unsure = Точно не скажу. Найімовірніше:
answers-unfamiliar = Це не схоже ні на що з того, чого мене вчили. Найближче:

answers-taught = <b>{ $name }: { NUMBER($score, style: "percent", maximumFractionDigits: 0) }</b> · вивчено тут
answers-headline = <b>{ $name }: { $score }</b>
answers-label = { $name } { $bar } { $score }
answers-score = { NUMBER($score, style: "percent", maximumFractionDigits: 0) }
answers-score-below = &lt;{ NUMBER($score, style: "percent", maximumFractionDigits: 0) }

# Останній рядок: яка модель відповіла і за скільки мілісекунд.
answers-footer = <i>{ $model } · { NUMBER($ms, maximumFractionDigits: 0) } мс</i>
answers-footer-seen-before = <i>{ $model } · уже траплялося</i>
answers-model-gone = <i>Тут має відповідати { $model }, але її вже не встановлено.</i>

answers-not-an-image-file = Цей файл — не зображення, яке я можу подивитися. Надішліть фото або зображення файлом.
answers-no-still = Тут не знайшлося кадру, який можна подивитися. Надішліть, будь ласка, фото.
answers-paid-media = Це спершу треба купити, і Telegram мені цього не показує. Надішліть, будь ласка, фото.
answers-story = Telegram не показує ботам історії. Надішліть, будь ласка, фото.
answers-file-unavailable = Не вдалося завантажити цей файл із Telegram. Надішліть його, будь ласка, ще раз.
answers-never-said = Усі мої здогади в списку того, чого я тут ніколи не називаю.
