# Die Ansichten von /settings: was Gruppen und Kanäle einstellen können, und private Chats. Texte von Knöpfen sind ohne
# Auszeichnung und kurz: Ein Telefon zeigt etwa zwanzig Zeichen eines Knopfes, der nicht allein steht.

# Der Name dieser Sprache, in ihr selbst.
settings-language-name = Deutsch

settings-title = <b>Einstellungen von { $title }</b>
settings-title-private = <b>Einstellungen dieses Chats</b>
settings-line = { $name }: <b>{ $value }</b>
settings-name-and-value = { $name }: { $value }
settings-photos-hidden = ⚠️ Telegram verbirgt hier Fotos vor mir, deshalb kann ich mir nicht jedes ansehen. Mach mich zum Admin dieser Gruppe, oder bitte die Leute, die mich betreiben, meinen Privatsphäre-Modus auszuschalten.
settings-back = ‹ Zurück
settings-close = Schließen

# Wie Fotos in einer Gruppe beantwortet werden.
settings-mode = Fotos
settings-mode-about =
    Welche Fotos sehe ich mir an?

    Auf Anfrage: die, auf die jemand mit /label oder meinem Namen antwortet, und die, die mit meinem Namen oder als Antwort an mich geschickt werden.
settings-mode-off = Keine
settings-mode-ask = Auf Anfrage
settings-mode-auto = Jedes Foto

settings-answer-by = Ungefragt
settings-answer-by-about =
    Was bekommt ein Foto, nach dem niemand gefragt hat?

    Eine Reaktion 👀 sagt, dass ich weiß, was darauf ist: /label als Antwort bringt das Ergebnis.
settings-answer-by-reply = Eine Antwort
settings-answer-by-react = Eine Reaktion 👀

settings-threshold = Still unter
settings-threshold-about = Zu einem Foto, nach dem niemand gefragt hat, sage ich nichts, wenn mein bester Tipp unsicherer ist als das.
settings-threshold-none = Wie das Modell meint
settings-threshold-score = { NUMBER($score, style: "percent", maximumFractionDigits: 0) }

settings-quiet = Ruhezeit
settings-quiet-about = In dieser Zeit sehe ich mir nur Fotos an, nach denen jemand fragt.
settings-quiet-none = Keine
settings-quiet-end = Keine Ruhezeit
# Zum Beispiel: 22:00 bis 07:00, UTC+02:00
settings-quiet-hours = { $start } bis { $end }, { $offset }
settings-quiet-from = Von
settings-quiet-from-about = Wann beginnt die Ruhezeit?
settings-quiet-from-none = nicht gesetzt
settings-quiet-to = Bis
settings-quiet-to-about = Wann endet die Ruhezeit?
settings-quiet-to-none = nicht gesetzt
settings-utc-offset-min = Uhr
settings-utc-offset-min-about = Um wie viel weicht eure Uhr von UTC ab?

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

settings-channel-posts = Kanalbeiträge
settings-channel-posts-about =
    Was bekommen Fotos, die ein Kanal veröffentlicht?

    In der Diskussionsgruppe eines Kanals kann ich sie kommentieren. In einem Kanal, in dem ich Beiträge bearbeiten darf, kann ich die Begriffe darunter schreiben.
settings-channel-posts-none = Nichts
settings-channel-posts-comment = Einen Kommentar
settings-channel-posts-caption = Begriffe darunter

settings-chats = Gruppen und Kanäle
settings-chats-about = Wovon möchtest du die Einstellungen sehen?
settings-chats-none = In keiner Gruppe und keinem Kanal, wo ich bin, bist du Admin. Füg mich zu einem davon hinzu, und sieh dann wieder hier nach.
settings-chats-more = Ich bin in zu vielen Gruppen, um nach allen zu fragen: Fehlt deine, dann schick dort /settings.

# Kurz gezeigt, wenn jemand einen Knopf gedrückt oder gefragt hat; höchstens 200 Zeichen, ohne Auszeichnung.
settings-saved = Gespeichert.
settings-admins-only = Nur Admins dieser Gruppe können ändern, wie ich mich hier verhalte.
settings-not-yours = Nur Admins können diese Einstellungen ändern.
settings-old-button = Dieser Knopf stammt von einer früheren Version von mir. /settings bringt neue.
settings-photos-hidden-alert = Telegram verbirgt hier Fotos vor mir. Mach mich zum Admin dieser Gruppe, oder lass meinen Privatsphäre-Modus ausschalten.
