# Что говорится об изображении и о том, что им не является.

answers-still = Это анимация, поэтому взят один кадр.
answers-frames = Это анимация. На { $agreeing } из { $total } кадров видно:
answers-frames-unsure = Это анимация. Просмотрено кадров: { $total }.
answers-preview = Файл слишком большой, поэтому взято его превью.
answers-unsure = Точно не скажу. Скорее всего:
answers-unfamiliar = Это не похоже ни на что из того, чему меня учили. Ближе всего:

answers-taught = <b>{ $name }: { NUMBER($score, style: "percent", maximumFractionDigits: 0) }</b> · выучено здесь
answers-headline = <b>{ $name }: { $score }</b>
answers-label = { $name } { $bar } { $score }
answers-score = { NUMBER($score, style: "percent", maximumFractionDigits: 0) }
answers-score-below = &lt;{ NUMBER($score, style: "percent", maximumFractionDigits: 0) }

# Последняя строка: какая модель ответила и за сколько миллисекунд.
answers-footer = <i>{ $model } · { NUMBER($ms, maximumFractionDigits: 0) } мс</i>
answers-footer-seen-before = <i>{ $model } · уже встречалось</i>
answers-model-gone = <i>Здесь должна отвечать { $model }, но она больше не установлена.</i>

answers-not-an-image-file = Этот файл — не изображение, которое я могу посмотреть. Отправьте фото или изображение файлом.
answers-no-still = Здесь не нашлось кадра, который можно посмотреть. Отправьте, пожалуйста, фото.
answers-paid-media = Это сначала нужно купить, и Telegram мне этого не показывает. Отправьте, пожалуйста, фото.
answers-story = Telegram не показывает ботам истории. Отправьте, пожалуйста, фото.
answers-file-unavailable = Не получилось загрузить этот файл из Telegram. Отправьте его, пожалуйста, ещё раз.
answers-never-said = Все мои догадки в списке того, чего я здесь никогда не называю.
