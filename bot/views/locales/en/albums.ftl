# One answer for all photos of an album, one photo per line.

# $labels is a list of albums-label, as long as fits.
albums-photo = <b>{ $number }.</b> { $labels }
albums-photo-unsure = <b>{ $number }.</b> Not sure: { $labels }
albums-photo-unfamiliar = <b>{ $number }.</b> Like nothing I have learned; closest: { $labels }
albums-photo-failed = <b>{ $number }.</b> <i>{ $reason }</i>
albums-label = { $name } { $score }
albums-taught = <b>{ $name }</b> { $score } (taught here)
albums-footer = <i>{ $model }</i>
