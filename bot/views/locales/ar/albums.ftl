# إجابة واحدة عن كل صور الألبوم: سطر لكل صورة.

# $labels هي قائمة بما يقوله albums-label، بقدر ما يتسع له.
albums-photo = <b>{ $number }.</b> { $labels }
albums-photo-unsure = <b>{ $number }.</b> لست متأكدًا: { $labels }
albums-photo-unfamiliar = <b>{ $number }.</b> لا يشبه شيئًا تعلّمته؛ الأقرب: { $labels }
albums-photo-failed = <b>{ $number }.</b> <i>{ $reason }</i>
albums-label = { $name } { $score }
albums-taught = <b>{ $name }</b> { $score } (تعلّمته هنا)
albums-footer = <i>{ $model }</i>
