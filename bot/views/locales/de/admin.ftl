# Was Admins über den laufenden Bot erfahren, und darüber, wer sie sind.

admin-only = Das können nur die Leute, die mich betreiben. (Wenn du dazugehörst: Trag deine ID { $id } in LABELBOT_ADMINS ein.)
admin-written-as-group = Ich kann nicht erkennen, wer du bist, solange du als die Gruppe schreibst. Schreib bitte unter deinem eigenen Namen.

# /stats

admin-stats-uptime-days = <b>In Betrieb seit { $days } T. { $hours } Std.</b>
admin-stats-uptime-hours = <b>In Betrieb seit { $hours } Std. { $minutes } Min.</b>
admin-stats-uptime-minutes = <b>In Betrieb seit { $minutes } Min.</b>
admin-stats-photos = Beantwortete Fotos: { $count }, davon { $seen_before } sofort, weil ich sie schon kannte
admin-stats-latency = Dauer bei einem neuen Foto: meist { NUMBER($p50, maximumFractionDigits: 0) } ms, 19 von 20 in { NUMBER($p95, maximumFractionDigits: 0) } ms
admin-stats-now = Fotos in der letzten Minute: { $count } · in Arbeit: { $pending } · wartende Nachrichten: { $waiting }
admin-stats-given-up = Aufgegebene Nachrichten, weil Telegram sie nicht rechtzeitig annahm: { $count }
admin-stats-memory = belegter Speicher: { NUMBER($mb, maximumFractionDigits: 0) } MB
# Zählungen des letzten Jahres, auch vor dem letzten Start.
admin-stats-year-title = <b>Das letzte Jahr</b>
admin-stats-year = Beantwortete Fotos: { $photos }, davon { $seen_before } schon bekannt · unbeantwortete Nachrichten: { $failures }
admin-stats-left-out = Updates von Telegram, die ich nicht lesen konnte: { $count }
admin-stats-unknown-fate = Vielleicht doppelt gesendete Nachrichten: { $count }
admin-stats-models = <b>Modelle seit dem Start</b>
admin-stats-model = <b>{ $name }</b>: { $figures }
admin-stats-model-photos = beantwortete Fotos: { $count } (schon bekannt: { $seen_before })
admin-stats-model-latency = meist { NUMBER($p50, maximumFractionDigits: 0) } ms, 19 von 20 in { NUMBER($p95, maximumFractionDigits: 0) } ms
admin-stats-not-alike = <i>Jedes Modell sah andere Fotos, deshalb lassen sich die Zeiten nicht vergleichen.</i>

# Was Leute sagen: $figure ist admin-live-figure oder admin-live-too-few.
admin-live-title = <b>Was Leute zu meinen Antworten sagen</b>
admin-live-none = Noch hat mir niemand gesagt, ob eine Antwort stimmt.
admin-live-sure = <b>{ $name }</b>, wenn sicher: { $figure }
admin-live-unsure = <b>{ $name }</b>, beste Vermutung, wenn unsicher: { $figure }
admin-live-taught = <b>{ $name }</b>, was ihm beigebracht wurde: { $figure }
admin-live-figure = { NUMBER($share, style: "percent", maximumFractionDigits: 0) } richtig ({ NUMBER($low, style: "percent", maximumFractionDigits: 0) } bis { NUMBER($high, style: "percent", maximumFractionDigits: 0) } bei 95 % Sicherheit) · Fotos: { $photos }
admin-live-too-few = zu wenige Fotos für eine Aussage: { $photos } von { $needed }
admin-live-disputed = Fotos, die nicht zählen, weil die Meinungen auseinandergehen: { $count }
admin-live-confusion = Oft korrigiert, { $name }: { $said } → { $label } · Fotos: { $photos }
admin-live-note = <i>Gezählt bei Fotos, die jemand mit einem Knopf oder mit 👍 und 👎 beurteilt hat (Tage: { $days }). Wer das tut, ist keine Zufallsstichprobe; vergleiche diese Anteile deshalb nicht mit denen in /models.</i>

# /workers: $ready von $count Prozessen sind bereit.

admin-workers-ready =
    { $count ->
        [one] { $ready } von { $count } Prozess bereit
       *[other] { $ready } von { $count } Prozessen bereit
    }
admin-workers-hint = <code>/workers { $most }</code> ändert die Zahl, bis ich neu gestartet werde.
admin-workers-set =
    { $count ->
        [one] OK, { $count } Prozess, bis ich neu gestartet werde.
       *[other] OK, { $count } Prozesse, bis ich neu gestartet werde.
    }
admin-workers-refused = Gib mir bitte eine Zahl von 1 bis { $most }. Mehr als zwei Prozesse je Kern kosten nur Speicher.
admin-cluster = Ray-Cluster unter { $address }, Ray { $ray }, Python { $python }
admin-cluster-node = { $name } · Kerne: { $cores } · Prozesse: { $workers }
admin-cluster-fault = { $name } kann nichts erkennen: { $reason }
admin-cluster-unchecked = { $name } ist gerade dazugekommen.
admin-cluster-more = Weitere Rechner: { $count }
admin-cluster-refused = Gib mir bitte eine Zahl von 1 bis { $most }, so viele Kerne hat der Cluster.

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
