# Was zu einem Bild gesagt wird, und zu dem, was keines ist.

answers-still = Das bewegt sich, deshalb habe ich mir ein einzelnes Bild daraus angesehen.
answers-frames = Das bewegt sich. Auf { $agreeing } von { $total } Einzelbildern sehe ich:
answers-frames-unsure = Das bewegt sich, deshalb habe ich mir { $total } Einzelbilder daraus angesehen.
answers-preview = Die Datei ist zu groß für mich, deshalb habe ich mir ihre Vorschau angesehen.
answers-unsure = Nicht sicher. Am ehesten:
answers-unfamiliar = Das sieht nach nichts aus, was ich gelernt habe. Am ehesten:

answers-taught = <b>{ $name }: { NUMBER($score, style: "percent", maximumFractionDigits: 0) }</b> · hier gelernt
answers-headline = <b>{ $name }: { $score }</b>
answers-label = { $name } { $bar } { $score }
answers-score = { NUMBER($score, style: "percent", maximumFractionDigits: 0) }
answers-score-below = &lt;{ NUMBER($score, style: "percent", maximumFractionDigits: 0) }

# Die letzte Zeile: welches Modell geantwortet hat, und in wie vielen Millisekunden.
answers-footer = <i>{ $model } · { NUMBER($ms, maximumFractionDigits: 0) } ms</i>
answers-footer-seen-before = <i>{ $model } · schon einmal gesehen</i>
answers-model-gone = <i>Hier sollte { $model } antworten, ist aber nicht mehr installiert.</i>

answers-not-an-image-file = Diese Datei ist kein Bild, das ich mir ansehen kann. Schick mir ein Foto oder ein Bild als Datei.
answers-no-still = Ich habe darin kein Bild gefunden, das ich mir ansehen kann. Schick mir bitte ein Foto davon.
answers-paid-media = Das muss man erst kaufen, und Telegram zeigt es mir nicht. Schick mir bitte ein Foto.
answers-story = Telegram zeigt Bots keine Storys. Schick mir bitte ein Foto davon.
answers-file-unavailable = Ich konnte diese Datei nicht von Telegram bekommen. Kannst du sie noch einmal schicken?
answers-never-said = Alles, was ich vermute, steht auf der Liste dessen, was ich hier nie sage.
