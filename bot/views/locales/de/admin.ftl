# Was Admins über den laufenden Bot erfahren, und darüber, wer sie sind.

admin-only = Das können nur die Leute, die mich betreiben; deine ID, { $id }, steht nicht in LABELBOT_ADMINS.
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
admin-stats-latency = p50 { NUMBER($p50, maximumFractionDigits: 0) } ms, p95 { NUMBER($p95, maximumFractionDigits: 0) } ms
admin-stats-last-minute = { $count } in der letzten Minute
# Was innerhalb eines Jahres gezählt wurde, auch vor dem letzten Start; failures sind Nachrichten, die eine Entschuldigung bekamen.
admin-stats-year = Insgesamt, höchstens ein Jahr zurück: { $photos ->
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

# /workers: $ready von $count Prozessen sind bereit.

admin-workers-ready =
    { $count ->
        [one] { $ready } von { $count } Prozess bereit
       *[other] { $ready } von { $count } Prozessen bereit
    }
admin-workers-hint = <code>/workers 4</code> ändert das, bis ich neu gestartet werde.
admin-workers-set =
    { $count ->
        [one] Ab jetzt { $count } Prozess, bis ich neu gestartet werde.
       *[other] Ab jetzt { $count } Prozesse, bis ich neu gestartet werde.
    }
admin-workers-refused = Gib mir bitte eine Zahl von 1 bis { $most }: Mehr als zwei je Kern brauchen nur Speicher.

# /ban, /unban

admin-ban-usage = Wen? <code>/ban ID</code>, einer Person oder eines Chats, oder <code>/ban</code> als Antwort auf eine Nachricht.
admin-unban-usage = Wen? <code>/unban ID</code>. /ban zählt alle auf.
admin-banned-list = Ignoriert: { $ids }
admin-banned-nobody = Ignoriert: niemand
admin-banned-more = und { $count } weitere
admin-ban-an-admin = Admins lassen sich nicht ignorieren.
admin-banned = Ab jetzt ignoriere ich { $id }. /unban { $id } beendet das.
admin-unbanned = Ich ignoriere { $id } nicht mehr.
admin-was-not-banned = Ich habe { $id } nicht ignoriert.
