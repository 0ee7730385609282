# Один ответ на все фото альбома: по строке на фото.

# $labels — список того, что говорит albums-label, сколько поместится.
albums-photo = <b>{ $number }.</b> { $labels }
albums-photo-unsure = <b>{ $number }.</b> Точно не скажу: { $labels }
albums-photo-unfamiliar = <b>{ $number }.</b> Не похоже на то, чему меня учили; ближе всего: { $labels }
albums-photo-failed = <b>{ $number }.</b> <i>{ $reason }</i>
albums-label = { $name } { $score }
albums-taught = <b>{ $name }</b> { $score } (выучено здесь)
albums-footer = <i>{ $model }</i>
