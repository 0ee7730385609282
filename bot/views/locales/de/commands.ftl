# Antworten auf Befehle, die alle geben können, und auf Nachrichten, die keine sind.

commands-start =
    <b>Hallo! Schick mir ein Foto, und ich sage dir, was ich darauf sehe.</b>

    { $knows }

    Bilder als Dateien, Sticker und Adressen von Bildern gehen auch. /help zeigt den Rest.

commands-help =
    <b>Schick mir ein Foto</b>, ein Bild als Datei, einen Sticker oder die Adresse eines Bildes. Von einem GIF oder Video sehe ich mir ein Standbild an.

    { $knows }

    /top 3: drei Begriffe zeigen (1 bis 10)
    /model: welches Modell hier antwortet
    /label: als Antwort auf ein Foto, es ansehen
    /settings: wie ich mich hier verhalte, und in Gruppen und Kanälen, deren Admin du bist
    /privacy: was ich speichere, und was nicht
    /deletemydata: mich vergessen lassen, was ich über dich weiß

    In einer Gruppe antworte ich auf <code>/label</code> oder meinen Namen als Antwort auf ein Foto, und auf Fotos, die mit meinem Namen oder als Antwort an mich geschickt werden. Ihre Admins können mich jedes Foto ansehen lassen.

commands-knows-everyday = Ich kenne tausend Dinge: Tiere, Essen, Fahrzeuge, Dinge des Alltags.
commands-knows-own = Hier antwortet das Modell <b>{ $model }</b>. /model sagt, wie viel es kennt.

commands-label-needs-a-photo = Antworte auf ein Foto mit /label, und ich sage dir, was ich darauf sehe.
commands-send-a-photo = Schick mir ein Foto, und ich sage dir, was ich darauf sehe. /help zeigt, was ich mir sonst noch ansehen kann.
commands-unknown = Diesen Befehl kenne ich nicht. /help zeigt die, die ich kenne.
commands-borrowed = Dieser Befehl wurde weitergeleitet oder von einem anderen Bot geschrieben, deshalb lasse ich ihn liegen. Bitte tippe ihn selbst ein.

# $count ist die Zahl der Begriffe, von $min bis $max.
commands-top =
    { $count ->
        [one] Ich zeige den passendsten Begriff. Ändere das mit einer Zahl von { $min } bis { $max }: <code>/top 3</code>
       *[other] Ich zeige die { $count } passendsten Begriffe. Ändere das mit einer Zahl von { $min } bis { $max }: <code>/top 3</code>
    }
commands-top-set =
    { $count ->
        [one] Ab jetzt zeige ich hier den passendsten Begriff.
       *[other] Ab jetzt zeige ich hier die { $count } passendsten Begriffe.
    }
commands-top-refused = Gib mir bitte eine Zahl von { $min } bis { $max }, zum Beispiel so: <code>/top 3</code>

# $labels ist, wie viele Begriffe das Modell $name kennt; $width und $height sind die Pixel, die es ansieht.
commands-model =
    { $labels ->
        [one] Hier antwortet <b>{ $name }</b>. Es kennt { $labels } Begriff und sieht sich Bilder in { $width } x { $height } Pixeln an.
       *[other] Hier antwortet <b>{ $name }</b>. Es kennt { $labels } Begriffe und sieht sich Bilder in { $width } x { $height } Pixeln an.
    }

    <i>Version { $version } · Lizenz { $licence }</i>
