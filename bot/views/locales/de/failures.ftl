# Warum es keine Begriffe gibt.

failures-not-an-image = Das konnte ich nicht als Bild lesen. JPEG, PNG, WebP, GIF, HEIC, AVIF, BMP und TIFF gehen alle.
failures-empty-file = Diese Datei ist leer. Kannst du sie noch einmal schicken?
failures-camera-raw = Das ist eine Rohdatei einer Kamera, und ich finde darin keine Vorschau, die ich lesen kann. Bitte schick sie als JPEG.
failures-truncated-image = Das Bild ist beschädigt, oder ein Teil davon fehlt. Kannst du es noch einmal schicken?
failures-too-many-pixels = Das Bild ist mir zu groß. Schick mir bitte eine kleinere Kopie.
failures-too-many-bytes = Die Datei ist zu groß für mich: Ich kann höchstens 20 MB abrufen. Schick mir bitte eine kleinere Kopie.
failures-image = Das Bild konnte ich mir nicht ansehen. Kannst du es mit einem anderen versuchen?
failures-unexpected-image = Mit diesem Bild komme ich nicht zurecht, und ich habe das vermerkt. Versuchst du es mit einer anderen Kopie?
failures-address-refused = Diesen Link kann ich nicht öffnen: Er führt nicht ins öffentliche Internet.
failures-download = Ich konnte von diesem Link kein Bild herunterladen. Kannst du mir das Foto selbst schicken?
failures-overloaded = Es warten so viele Fotos, dass ich kein weiteres annehmen kann. Versuch es bitte in einer Minute noch einmal.
failures-deadline-exceeded = Das hat zu lange gedauert, deshalb habe ich aufgegeben. Versuch es bitte noch einmal, oder schick eine kleinere Kopie.
failures-worker-crashed = Beim Ansehen dieses Bildes ist etwas kaputtgegangen. Kannst du es mit einer anderen Kopie versuchen?
failures-out-of-memory = Für dieses Bild reicht mein Speicher nicht. Schick mir bitte eine kleinere Kopie.
failures-pool-closed = Ich starte gerade neu und konnte mir das nicht ansehen. Schick es bitte in einer Minute noch einmal.
failures-not-in-catalog = Ich kenne kein veröffentlichtes Modell mit diesem Namen.
failures-wrong-file = Die heruntergeladene Datei ist nicht die, die veröffentlicht wurde. Wer mich betreibt, kann das beheben.
failures-model-not-found = Das Modell, das hier antworten sollte, ist nicht installiert. Wer mich betreibt, kann das beheben.
failures-model-not-built = Das Modell, das hier antworten sollte, wird noch vorbereitet. Bitte versuch es gleich noch einmal.
failures-missing-extra = Dem Modell, das hier antworten sollte, fehlt ein Programm, das es braucht. Wer mich betreibt, kann das beheben.
failures-cluster = Die Rechner, die Fotos ansehen, sind gerade nicht erreichbar. Bitte versuch es in ein paar Minuten noch einmal.
failures-model = Das Modell, das hier antworten sollte, funktioniert nicht. Wer mich betreibt, kann das beheben.
failures-any = Das konnte ich mir nicht ansehen. Versuch es bitte noch einmal.

# $reference steht zu diesem Fehler im Protokoll.
failures-unexpected = Entschuldigung, bei mir ist etwas schiefgegangen. Versuch es bitte noch einmal. (Kennung: { $reference })
