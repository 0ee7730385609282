# /classes: was ich in einem Chat gelernt habe. $name ist der Name. Texte von Knöpfen sind kurz, ohne Auszeichnung.

classes-title = <b>Was ich hier gelernt habe</b>
classes-none = Hier habe ich noch nichts gelernt. Antworte auf ein Foto mit <code>/teach Rex</code>, und ich erkenne Rex ab dann.
classes-line = <b>{ $name }</b>: { $facts }
classes-photos =
    { $count ->
        [one] { $count } Foto
       *[other] { $count } Fotos
    }
classes-recognised = { $recognised } von { $total } erkannt
classes-seen-never = noch nicht gesehen
classes-seen-today = heute gesehen
classes-seen =
    { $days ->
        [one] vor { $days } Tag gesehen
       *[other] vor { $days } Tagen gesehen
    }
# Nach einem Wechsel des Modells werden Fotos neu gelesen.
classes-waiting =
    { $count ->
        [one] { $count } Foto lese ich gerade neu, weil hier jetzt ein anderes Modell antwortet.
       *[other] { $count } Fotos lese ich gerade neu, weil hier jetzt ein anderes Modell antwortet.
    }
classes-lost =
    { $count ->
        [one] { $count } Foto hat Telegram nicht mehr. Das Modell, das hier jetzt antwortet, kann daraus nicht lernen.
       *[other] { $count } Fotos hat Telegram nicht mehr. Das Modell, das hier jetzt antwortet, kann daraus nicht lernen.
    }

classes-back = ‹ Zurück
classes-previous = ‹
classes-next = ›
classes-show = Fotos
classes-rename = Umbenennen
classes-merge = Zusammenlegen
classes-forget = Vergessen

classes-shown =
    { $total ->
        [one] Foto { $first } von { $total } von <b>{ $name }</b>. Tippe auf die Nummer, um es zu entfernen.
       *[other] Fotos { $first } bis { $last } von { $total } von <b>{ $name }</b>. Tippe auf eine Nummer, um das Foto zu entfernen.
    }
classes-not-shown =
    { $count ->
        [one] { $count } davon kann ich nicht zeigen: Es kam als Datei, Sticker oder Video, oder Telegram hat es nicht mehr.
       *[other] { $count } davon kann ich nicht zeigen: Sie kamen als Dateien, Sticker oder Videos, oder Telegram hat sie nicht mehr.
    }
classes-removed = OK, es ist entfernt.
classes-rename-how = Antworte auf diese Nachricht mit dem neuen Namen für <b>{ $name }</b>.
classes-rename-how-in-private = Schick mir den neuen Namen für <b>{ $name }</b>.
classes-renamed = OK, <b>{ $before }</b> heißt ab jetzt <b>{ $name }</b>.
classes-merge-which = Was ist dasselbe wie <b>{ $name }</b>? Die Fotos gehören dann zu dem Namen, den du wählst.
classes-merged = OK, die Fotos von <b>{ $before }</b> gehören jetzt zu <b>{ $name }</b>.
classes-forget-question =
    { $count ->
        [one] <b>{ $name }</b> vergessen? Ich lösche, was ich aus { $count } Foto gelernt habe, und erkenne es nicht mehr.
       *[other] <b>{ $name }</b> vergessen? Ich lösche, was ich aus { $count } Fotos gelernt habe, und erkenne es nicht mehr.
    }
classes-forget-yes = Vergessen
classes-forget-no = Behalten
classes-forgotten = OK, ich habe <b>{ $name }</b> vergessen.
classes-kept = OK, ich kenne <b>{ $name }</b> weiterhin.
classes-unknown = <b>{ $name }</b> habe ich hier nicht gelernt. Was ich gelernt habe: /classes
classes-forget-usage = Sag mir, was ich vergessen soll, zum Beispiel so: <code>/forget Rex</code>. Was ich hier gelernt habe: /classes
# Meldung ohne Auszeichnung, höchstens 200 Zeichen.
classes-remove-not-yours = Das kann nur entfernen, wer das Foto gegeben hat oder mir hier etwas beibringen darf.
