# Was Admins über den laufenden Bot erfahren, und darüber, wer sie sind.

admin-only = Das können nur die Leute, die mich betreiben. (Wenn du dazugehörst: Trag deine ID { $id } in LABELBOT_ADMINS ein.)
admin-written-as-group = Ich kann nicht erkennen, wer du bist, solange du als die Gruppe schreibst. Schreib bitte unter deinem eigenen Namen.

# /stats

admin-stats-uptime-days = <b>In Betrieb seit { $days } T. { $hours } Std.</b>
admin-stats-uptime-hours = <b>In Betrieb seit { $hours } Std. { $minutes } Min.</b>
admin-stats-uptime-minutes = <b>In Betrieb seit { $minutes } Min.</b>
admin-stats-photos =
    { $count ->
        [one] { $count } Foto
       *[other] { $count } Fotos
    }
admin-stats-seen-before = { $count } schon einmal gesehen
admin-stats-latency = die Hälfte in { NUMBER($p50, maximumFractionDigits: 0) } ms, 95 von 100 in { NUMBER($p95, maximumFractionDigits: 0) } ms
admin-stats-last-minute = { $count } in der letzten Minute
# Was innerhalb eines Jahres gezählt wurde, auch vor dem letzten Start; failures sind Nachrichten, die eine Entschuldigung bekamen.
admin-stats-year =
    Letztes Jahr: { $photos ->
        [one] { $photos } Foto
       *[other] { $photos } Fotos
    } · { $seen_before } schon einmal gesehen · { $failures } unbeantwortet
admin-stats-model = <b>{ $name }</b>: { $figures }
admin-stats-pending =
    { $count ->
        [one] { $count } Foto in Arbeit
       *[other] { $count } Fotos in Arbeit
    }
admin-stats-messages = Wartende Nachrichten: { $waiting } · aufgegeben: { $given_up }
admin-stats-memory = zusammen { NUMBER($mb, maximumFractionDigits: 0) } MB
# Updates von Telegram, die der Bot nicht lesen konnte, innerhalb eines Jahres; das Log nennt ihre Art.
admin-stats-left-out = Nicht lesbare Updates: { $count }
admin-stats-unknown-fate = Vielleicht doppelt gesendete Nachrichten: { $count }

# /workers: $ready von $count Prozessen sind bereit.

admin-workers-ready =
    { $count ->
        [one] { $ready } von { $count } Prozess bereit
       *[other] { $ready } von { $count } Prozessen bereit
    }
admin-workers-hint = <code>/workers 4</code> ändert die Zahl, bis ich neu gestartet werde.
admin-workers-set =
    { $count ->
        [one] OK, { $count } Prozess, bis ich neu gestartet werde.
       *[other] OK, { $count } Prozesse, bis ich neu gestartet werde.
    }
admin-workers-refused = Gib mir bitte eine Zahl von 1 bis { $most }. Mehr als zwei Prozesse je Kern kosten nur Speicher.

# /ban, /unban

admin-ban-usage = Wen? Schick <code>/ban ID</code> (einer Person oder eines Chats), oder antworte auf eine Nachricht mit <code>/ban</code>.
admin-unban-usage = Wen? Schick <code>/unban ID</code>. /ban zählt alle auf.
admin-banned-list = Ignoriert:
admin-banned-nobody = Ich ignoriere niemanden.
admin-banned-more = und { $count } weitere
admin-ban-an-admin = Admins lassen sich nicht ignorieren.
admin-banned = { $id } ignoriere ich ab jetzt. /unban { $id } macht das rückgängig.
admin-unbanned = Ich ignoriere { $id } nicht mehr.
admin-was-not-banned = { $id } wurde gar nicht ignoriert.
