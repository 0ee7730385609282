# Wie Admins die Modelle wählen und installieren.

models-count =
    { $count ->
        [one] <b>{ $count } Modell</b>
       *[other] <b>{ $count } Modelle</b>
    }
models-more = und { $count } weitere: <code>labelbot models list</code>

# Eine Zeile der Liste nennt den Namen und Angaben wie diese.
models-fact-broken = defekt
models-fact-labels =
    { $count ->
        [one] { $count } Begriff
       *[other] { $count } Begriffe
    }
models-fact-size = { NUMBER($mb, minimumFractionDigits: 1, maximumFractionDigits: 1) } MB
# Share of right labels; $images is the name of a data set.
models-fact-accuracy = { NUMBER($share, style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1) } richtig auf { $images }
models-fact-accuracy-own = { NUMBER($share, style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1) } richtig auf eigenen, zurückgehaltenen Fotos
models-fact-accuracy-unknown = { NUMBER($share, style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1) } richtig, auf unbekannten Fotos
models-fact-everywhere = überall verwendet
models-fact-chats =
    { $count ->
        [one] in { $count } Chat gewählt
       *[other] in { $count } Chats gewählt
    }
models-not-alike = <i>Anteile, die auf verschiedenen Fotos gemessen wurden, lassen sich nicht vergleichen: Manche Fotos sind schwerer.</i>
models-use-button = { $name } verwenden

# Wechseln. $place ist "here", nur in diesem Chat, oder "everywhere".

models-use-usage = Welches? <code>/use NAME</code>, oder <code>/use NAME here</code> nur für diesen Chat. /models zählt sie auf.
models-rollback-usage = Schick <code>/rollback</code>, oder <code>/rollback here</code> nur für diesen Chat.
models-trying = Ich probiere { $name } aus ...
models-as-before =
    { $place ->
        [here] Ich verwende hier weiterhin <b>{ $name }</b>.
       *[everywhere] Ich verwende weiterhin überall <b>{ $name }</b>.
    }
models-switched =
    { $place ->
        [here] Ich verwende hier jetzt <b>{ $name }</b>.
       *[everywhere] Ich verwende jetzt überall <b>{ $name }</b>.
    }
models-way-back =
    { $place ->
        [here] /rollback here führt zurück zu { $name }.
       *[everywhere] /rollback führt zurück zu { $name }.
    }
models-seen = Auf dem Beispielfoto sieht es { $label } ({ NUMBER($score, style: "percent", maximumFractionDigits: 0) }).
models-works = <b>{ $name }</b> funktioniert.
models-broken = <b>{ $name }</b> funktioniert nicht: { $reason }
models-removed = { $name } wurde entfernt.
models-remove-usage = Welches? <code>/remove NAME</code>. /models zählt sie auf.
models-not-done = Es hat sich nichts geändert: { $reason }

# Warum ein Wechsel, ein Entfernen oder ein Abholen abgelehnt wurde.

models-refused-chosen-already = Es hat sich nichts geändert: { $name } war schon gewählt.
models-refused-nothing-before = Es gibt kein vorheriges Modell.
models-refused-in-use = Es hat sich nichts geändert: { $name } wird verwendet. Wähl zuerst ein anderes Modell.
models-refused-installed-already = Es hat sich nichts geändert: { $name } ist schon installiert. /models zeigt, was installiert ist.
models-refused-pull-under-way = Es hat sich nichts geändert: { $name } wird gerade heruntergeladen, und ich lade ein Modell nach dem anderen.
models-refused-pull-stopped = Das Herunterladen von { $name } wurde abgebrochen. Das nächste macht dort weiter.
models-refused-of-a-chat = { $name } ist aus dem entstanden, was mir ein anderer Chat beigebracht hat, und das bleibt in jenem Chat.

# /pull. $subject ist der Name einer Datei oder eines Netzes.

models-all-installed = Alle veröffentlichten Modelle, die ich kenne, sind installiert.
models-pull-usage = Ein veröffentlichtes Modell installierst du mit <code>/pull NAME</code>, oder von einer anderen Adresse mit <code>/pull NAME ADRESSE</code>:
models-pull-starting = <b>{ $name }</b>: Es geht los ...
models-pull-downloading = <b>{ $name }</b>: { $subject } wird heruntergeladen ...
models-pull-unpacking = <b>{ $name }</b>: { $subject } wird ausgepackt ...
models-pull-compiling = <b>{ $name }</b>: { $subject } wird übersetzt ...
models-pull-bytes = { NUMBER($done, minimumFractionDigits: 1, maximumFractionDigits: 1) } von { NUMBER($total, minimumFractionDigits: 1, maximumFractionDigits: 1) } MB
models-pull-stop-button = Abbrechen
models-pulled = <b>{ $name }</b> ist installiert.
models-pull-stopping = Ich breche das Herunterladen ab.
models-no-pull = Es wird gerade kein Modell heruntergeladen.

# Knöpfe unter alten Nachrichten.

models-button-without-model = Dieses Modell ist nicht mehr installiert.
