# Одна відповідь на всі фото альбому: по рядку на фото.

# $labels — список того, що каже albums-label, скільки вміститься.
albums-photo = <b>{ $number }.</b> { $labels }
albums-photo-unsure = <b>{ $number }.</b> Точно не скажу: { $labels }
albums-photo-unfamiliar = <b>{ $number }.</b> Не схоже на те, чого мене вчили; найближче: { $labels }
albums-photo-failed = <b>{ $number }.</b> <i>{ $reason }</i>
albums-label = { $name } { $score }
albums-taught = <b>{ $name }</b> { $score } (вивчено тут)
albums-footer = <i>{ $model }</i>
