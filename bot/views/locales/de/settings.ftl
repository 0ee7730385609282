# Die Ansichten von /settings: was Gruppen und Kanäle einstellen können, und private Chats. Texte von Knöpfen sind ohne
# Auszeichnung und kurz: Ein Telefon zeigt etwa zwanzig Zeichen eines Knopfes, der nicht allein steht.

# Der Name dieser Sprache, in ihr selbst.
settings-language-name = Deutsch

settings-title = <b>Einstellungen für { $title }</b>
settings-title-private = <b>Einstellungen für diesen Chat</b>
settings-line = { $name }: <b>{ $value }</b>
settings-name-and-value = { $name }: { $value }
settings-photos-hidden = ⚠️ Telegram verbirgt hier Fotos vor mir, deshalb kann ich mir nicht jedes ansehen. Mach mich zum Admin dieser Gruppe, oder bitte die Leute, die mich betreiben, meinen Privatsphäre-Modus auszuschalten.
settings-back = ‹ Zurück
settings-close = Schließen

# Wie Fotos in einer Gruppe beantwortet werden.
settings-mode = Fotos
settings-mode-about =
    Welche Fotos sehe ich mir an?

    Auf Anfrage: Fotos, auf die jemand mit /label oder meinem Namen antwortet, und Fotos, die mit meinem Namen oder als Antwort an mich geschickt werden.
settings-mode-off = Keine
settings-mode-ask = Auf Anfrage
settings-mode-auto = Jedes Foto

settings-answer-by = Wenn niemand fragt
settings-answer-by-about =
    Wie reagiere ich auf Fotos, nach denen niemand gefragt hat?

    Eine Reaktion 👀 heißt, dass ich weiß, was darauf ist: Antworte mit /label, um das Ergebnis zu sehen.
settings-answer-by-reply = Eine Antwort
settings-answer-by-react = Eine Reaktion 👀

settings-threshold = Still bleiben unter
settings-threshold-about = Wenn niemand fragt, melde ich mich nur, wenn ich mir mindestens so sicher bin.
settings-threshold-none = Standard des Modells
settings-threshold-score = { NUMBER($score, style: "percent", maximumFractionDigits: 0) }

settings-quiet = Ruhezeit
settings-quiet-about = In der Ruhezeit antworte ich nur, wenn jemand fragt.
# Zum Beispiel: Als Nächstes: Mo. 22:00 bis Di. 07:00
settings-quiet-next = Als Nächstes: { $start } bis { $end }
settings-quiet-now = Gerade ist Ruhezeit, bis { $end }.
settings-quiet-none = Keine
settings-quiet-end = Keine Ruhezeit
# Zum Beispiel: 22:00 bis 07:00, Berlin
settings-quiet-hours = { $start } bis { $end }, { $zone }
settings-quiet-from = Von
settings-quiet-from-about = Wann beginnt die Ruhezeit?
settings-quiet-from-none = nicht gesetzt
settings-quiet-to = Bis
settings-quiet-to-about = Wann endet die Ruhezeit?
settings-quiet-to-none = nicht gesetzt
settings-time-zone = Zeitzone
settings-time-zone-about = Wie spät ist es bei euch?
settings-time-zone-places = An diesen Orten ist es jetzt { $time }. Welcher hat das ganze Jahr eure Zeit?

settings-top-k = Begriffe
settings-top-k-about = Wie viele Begriffe zeige ich?

settings-model = Modell
settings-model-about = Welches Modell sieht sich die Fotos dieses Chats an?
settings-model-none = Wie anderswo
settings-model-trying = Ich probiere es aus ...
settings-model-refused = ⚠️ Dieses Modell funktioniert nicht, deshalb hat sich nichts geändert.
settings-model-gone = Dieses Modell ist nicht mehr installiert.

settings-language = Sprache
settings-language-about = Welche Sprache spreche ich hier?
# In einem privaten Chat: die der App der Person. In einer Gruppe: Englisch.
settings-language-automatic = Automatisch
settings-language-english = Standard: Englisch

# Namen, die in einem Chat nie gesagt werden.
settings-never-say = Nie sagen
settings-never-say-about = Das lasse ich in meinen Antworten weg. Der Name einer Art, etwa „Hund“, steht für alles, was dazugehört.
settings-never-say-hint = Um einen Namen hinzuzufügen, antworte mit ihm auf diese Nachricht.
settings-never-say-none = Nichts
settings-never-say-add = Hinzufügen
settings-never-say-added = OK, das sage ich nie: <b>{ $names }</b>
settings-never-say-unknown = Den Namen <b>{ $name }</b> kenne ich nicht.
settings-never-say-similar = Den Namen <b>{ $name }</b> kenne ich nicht. Meinst du { $names }?
settings-never-say-full = Die Liste ist voll: Sie fasst { $count } Namen. Tippe zuerst auf einen, um ihn zu entfernen.

# Knöpfe unter Antworten.
settings-corrections = Nachfragen
settings-corrections-about =
    Unter welchen Antworten frage ich, ob ich richtig lag?

    Alle hier dürfen es mir sagen. Außer bei „Nie“ zählen auch 👍 und 👎 auf einer Antwort, wenn Telegram sie mir zeigt: In Gruppen muss ich dafür Admin sein.
settings-corrections-always = Immer
settings-corrections-unsure = Wenn ich unsicher bin
settings-corrections-never = Nie

settings-teachers = Wer mir etwas beibringen darf
settings-teachers-about =
    Wer darf mir mit /teach neue Namen beibringen und sie ändern?

    Einen Namen sage ich hier zu allen, sobald ich ihn erkenne. Deshalb dürfen mir zuerst nur Admins etwas beibringen.
settings-teachers-admins = Admins
settings-teachers-everyone = Alle

settings-channel-posts = Kanalbeiträge
settings-channel-posts-about =
    Was mache ich mit Fotos, die in einem Kanal veröffentlicht werden?

    In der Diskussionsgruppe eines Kanals kann ich sie kommentieren. In einem Kanal, in dem ich Beiträge bearbeiten darf, kann ich die Begriffe darunter schreiben.
settings-channel-posts-none = Nichts
settings-channel-posts-comment = Einen Kommentar
settings-channel-posts-caption = Begriffe darunter

settings-chats = Gruppen und Kanäle
settings-chats-about = Wessen Einstellungen möchtest du sehen?
settings-chats-none = Du bist in keiner Gruppe und keinem Kanal Admin, in denen ich bin. Füg mich irgendwo hinzu, und sieh dann wieder hier nach.
settings-chats-more = Ich bin in mehr Gruppen, als ich auf einmal durchsehen kann. Fehlt deine, dann such weiter.
settings-chats-none-here = In den Gruppen und Kanälen, die ich bisher durchgesehen habe, bist du kein Admin.
settings-chats-further = Weiter suchen ›

# Kurz gezeigt, wenn jemand einen Knopf gedrückt oder gefragt hat; höchstens 200 Zeichen, ohne Auszeichnung.
settings-saved = Gespeichert.
settings-admins-only = Nur Admins dieser Gruppe können einstellen, wie ich hier arbeite.
settings-not-yours = Nur Admins können diese Einstellungen ändern.
settings-old-button = Dieser Knopf stammt von einer früheren Version von mir. Neue bekommst du mit /settings.
settings-group-moved = Diese Gruppe ist jetzt eine Supergruppe. Hier sind ihre Einstellungen.
settings-group-moved-there = Diese Gruppe ist jetzt eine Supergruppe, darum geht dieser Knopf nicht mehr. Neue bekommst du dort mit /settings.
settings-photos-hidden-alert = Telegram verbirgt hier Fotos vor mir. Mach mich zum Admin dieser Gruppe, oder bitte die Leute, die mich betreiben, meinen Privatsphäre-Modus auszuschalten.
settings-never-say-how = Antworte auf diese Nachricht mit dem Namen, den ich nie sagen soll.
settings-never-say-how-in-private = Schick mir den Namen, den ich nie sagen soll.
